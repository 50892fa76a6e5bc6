package corpus

import (
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// tiInsertCases look whether a row is there, and insert it.
func tiInsertCases() []Case {
	return []Case{
		{Name: "ticketing/join-the-waiting-list", About: "no index forbids the second entry of one customer", Setup: tiOf("waiting"), Run: tiJoinWaiting, Want: whRace("waiting")},
		{Name: "ticketing/room-by-count", About: "the tickets are counted, and one more is inserted below the capacity: two requests sell the last one", Setup: tiOf("tickets"), Run: tiRoomByCount, Want: whRace("tickets")},
		{Name: "ticketing/refund-once", About: "a refund is looked for by its ticket: the unique index would say it", Setup: tiOf("refunds"), Run: tiRefundOnce, Want: whRace("refunds")},
		{Name: "ticketing/reply-of-a-request", About: "the idempotency key is looked for, the work is done, the reply is inserted: two requests do it twice", Setup: tiOf("replies outbox"), Run: tiReplyOfRequest, Want: whRace("replies")},
		{Name: "ticketing/update-then-insert", About: "an UPDATE that hits nothing, and then an INSERT: an upsert", Setup: tiOf("tallies"), Run: tiUpdateThenInsert, Want: whRace("tallies")},
		{Name: "ticketing/bun-exists-then-insert", About: "Exists, and Insert if not", Setup: tiOf("waiting"), Run: tiBunExistsThenInsert, Want: whRace("waiting")},
		{Name: "ticketing/gorm-errors-is", About: "Take, ErrRecordNotFound, Create in a transaction of the default level", Systems: whServers, Setup: tiOf("waiting"), Run: tiGORMErrorsIs, Want: whRace("waiting")},
		{Name: "ticketing/seat-is-not-held", About: "NOT EXISTS is asked first, the hold is inserted after it", Setup: tiOf("holds"), Run: tiSeatNotHeld, Want: whRace("holds")},
		{Name: "ticketing/two-services-look-and-insert", About: "the check is in one service, the INSERT in another, with reads of other tables between", Setup: tiOf("customers events"), Run: tiTwoServices, Want: whRace("customers")},
	}
}

// tiEnter puts a customer on the waiting list of an event, once.
func tiEnter(ctx context.Context, s whStore, event, customer int64) error {
	if tiNumber(ctx, s, "SELECT id FROM waiting WHERE event_id = ? AND customer_id = ?", event, customer) != 0 {
		return errors.New("you wait already")
	}
	tiExec(ctx, s, "INSERT INTO waiting (event_id, customer_id, place, wanted, state) VALUES (?, ?, 900, 2, 'waiting')", event, customer)
	return nil
}

func tiJoinWaiting(ctx context.Context, e *Env) error { return tiEnter(ctx, whOpen(e), 12, 7) }

func tiRoomByCount(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if tiNumber(ctx, s, "SELECT count(*) FROM tickets WHERE event_id = ?", 8) >= 40 {
		return errors.New("sold out")
	}
	tiExec(ctx, s, "INSERT INTO tickets (order_id, event_id, category_id, code, state) VALUES (?, ?, ?, ?, 'valid')", 15, 8, 16, "walk-in-1")
	return nil
}

func tiRefundOnce(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if tiNumber(ctx, s, "SELECT id FROM refunds WHERE ticket_id = ?", 47) != 0 {
		return errors.New("refunded already")
	}
	tiExec(ctx, s, "INSERT INTO refunds (ticket_id, amount, state) VALUES (?, ?, 'new')", 47, 5_150)
	return nil
}

func tiReplyOfRequest(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const key = "6f1d-0c72"
	var body string
	if one(s.db.QueryRowContext(ctx, s.q("SELECT body FROM replies WHERE request_key = ?"), key), &body) {
		return nil
	}
	tiExec(ctx, s, "INSERT INTO outbox (topic, payload, sent) VALUES ('charge', ?, 0)", "order 9")
	tiExec(ctx, s, "INSERT INTO replies (request_key, body) VALUES (?, ?)", key, "charged")
	return nil
}

func tiUpdateThenInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if tiHit(s.db.ExecContext(ctx, s.q("UPDATE tallies SET n = n + ? WHERE name = ?"), 3, "cloakroom")) == 0 {
		tiExec(ctx, s, "INSERT INTO tallies (name, n) VALUES (?, ?)", "cloakroom", 3)
	}
	return nil
}

func tiBunExistsThenInsert(ctx context.Context, e *Env) error {
	entry := tiWaiting{EventID: 13, CustomerID: 5, Place: 901, State: "waiting"}
	is, err := e.Bun().NewSelect().Model((*tiWaiting)(nil)).Where("event_id = ?", entry.EventID).Where("customer_id = ?", entry.CustomerID).Exists(ctx)
	if err != nil || is {
		return err
	}
	_, err = e.Bun().NewInsert().Model(&entry).Exec(ctx)
	return err
}

func tiGORMErrorsIs(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var entry tiWaiting
		err := tx.Where("event_id = ? AND customer_id = ?", 14, 9).Take(&entry).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return tx.Create(&tiWaiting{EventID: 14, CustomerID: 9, Place: 902, State: "waiting"}).Error
		}
		return err
	})
}

func tiSeatNotHeld(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var free bool
	one(s.db.QueryRowContext(ctx, s.q("SELECT NOT EXISTS (SELECT 1 FROM holds WHERE event_id = ? AND seat_id = ?)"), 9, 33), &free)
	if !free {
		return errors.New("held")
	}
	tiExec(ctx, s, "INSERT INTO holds (event_id, seat_id, holder, expires_at) VALUES (?, ?, 'cart-88', 99000)", 9, 33)
	return nil
}

type (
	tiSignUp   struct{ whStore }
	tiAccounts struct{ whStore }
)

func (a tiAccounts) taken(ctx context.Context, email string) bool {
	return tiNumber(ctx, a.whStore, "SELECT id FROM customers WHERE email = ?", email) != 0
}

func (u tiSignUp) run(ctx context.Context, email, name string) error {
	if tiAccounts(u).taken(ctx, email) {
		return errors.New("taken")
	}
	next := tiNumber(ctx, u.whStore, "SELECT id FROM events WHERE starts_at > ? ORDER BY starts_at LIMIT 1", 43_000)
	if next == 0 {
		return errors.New("nothing to sign up for")
	}
	tiExec(ctx, u.whStore, "INSERT INTO customers (email, name, points, locale, tenant_id) VALUES (?, ?, 10, 'en', 1)", email, name)
	return nil
}

func tiTwoServices(ctx context.Context, e *Env) error {
	return tiSignUp{whOpen(e)}.run(ctx, "ira@example.net", "Ira")
}

// tiNoInsertCases insert without a race, or look for something else.
func tiNoInsertCases() []Case {
	return []Case{
		{Name: "ticketing/ignored-by-the-index", About: "the look spares work, the INSERT leaves a row alone that is there", Setup: tiOf("refunds"), Run: tiIgnoredByIndex},
		{Name: "ticketing/look-under-the-lock", About: "the event is locked before the look", Systems: whServers, Setup: tiOf("events waiting"), Run: tiLookUnderLock},
		{Name: "ticketing/key-first", About: "the idempotency key is inserted first, and read only if it was there", Setup: tiOf("replies outbox"), Run: tiKeyFirst},
		{Name: "ticketing/where-not-exists", About: "one INSERT ... SELECT ... WHERE NOT EXISTS", Setup: tiOf("waiting events"), Run: tiWhereNotExists},
		{Name: "ticketing/first-templates", About: "is the table empty? Then it gets its first rows", Setup: append(tiOf("settings"), "DELETE FROM settings"), Run: tiFirstSettings},
		{Name: "ticketing/is-not-blocked", About: "the look is for a setting that forbids payouts, and the payout is inserted", Setup: tiOf("settings payouts"), Run: tiIsNotBlocked},
		{Name: "ticketing/carry-over", About: "the last payout is read for what is carried over: the INSERT is made with it or without", Setup: tiOf("payouts"), Run: tiCarryOver},
		{Name: "ticketing/serializable", About: "SERIALIZABLE refuses the second one", Systems: tiPostgres, Setup: tiOf("waiting"), Run: tiSerializable},
		{Name: "ticketing/gorm-on-conflict", About: "Take, and Create with OnConflict", Setup: tiOf("refunds"), Run: tiGORMOnConflict},
	}
}

func tiIgnoredByIndex(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if tiNumber(ctx, s, "SELECT id FROM refunds WHERE ticket_id = ?", 45) != 0 {
		return nil
	}
	tiHit(s.db.ExecContext(ctx, s.q(tiIgnore(e, "INTO refunds (ticket_id, amount, state) VALUES (?, ?, 'new')")), 45, 4_900))
	return nil
}

func tiLookUnderLock(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(t whStore) error {
		if tiNumber(ctx, t, "SELECT version FROM events WHERE id = ? FOR UPDATE", 12) == 0 {
			return errors.New("no such event")
		}
		return tiEnter(ctx, t, 12, 6)
	})
}

func tiKeyFirst(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const key = "77aa-31fe"
	if tiHit(s.db.ExecContext(ctx, s.q(tiIgnore(e, "INTO replies (request_key, body) VALUES (?, '')")), key)) == 0 {
		var body string
		one(s.db.QueryRowContext(ctx, s.q("SELECT body FROM replies WHERE request_key = ?"), key), &body)
		return nil
	}
	tiExec(ctx, s, "INSERT INTO outbox (topic, payload, sent) VALUES ('charge', ?, 0)", "order 13")
	tiExec(ctx, s, "UPDATE replies SET body = ? WHERE request_key = ?", "charged", key)
	return nil
}

func tiWhereNotExists(ctx context.Context, e *Env) error {
	tiExec(ctx, whOpen(e), `INSERT INTO waiting (event_id, customer_id, place, wanted, state) SELECT id, 3, 903, 1, 'waiting' FROM events
		WHERE id = ? AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.event_id = events.id AND w.customer_id = 3)`, 11)
	return nil
}

func tiFirstSettings(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if tiNumber(ctx, s, "SELECT count(*) FROM settings") > 0 {
		return nil
	}
	tiExec(ctx, s, "INSERT INTO settings (name, value) VALUES ('theme', 'dark'), ('currency', 'EUR')")
	return nil
}

func tiIsNotBlocked(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if (tiConfig{s}).get(ctx, "payouts-stopped-4") != "" {
		return errors.New("stopped")
	}
	tiExec(ctx, s, "INSERT INTO payouts (promoter_id, amount, state, ref) VALUES (?, ?, 'due', 'ref-401')", 4, 33_000)
	return nil
}

func tiCarryOver(ctx context.Context, e *Env) error {
	s := whOpen(e)
	carried := tiNumber(ctx, s, "SELECT amount FROM payouts WHERE promoter_id = ? AND state = 'carried' ORDER BY id DESC LIMIT 1", 6)
	tiExec(ctx, s, "INSERT INTO payouts (promoter_id, amount, state, ref) VALUES (?, ?, 'due', ?)", 6, 18_700+carried, "ref-402")
	return nil
}

func tiSerializable(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(t whStore) error {
		return tiEnter(ctx, t, 12, 11)
	})
}

// tiRefund is a row of refunds.
type tiRefund struct {
	ID       int64 `gorm:"primaryKey"`
	TicketID int64
	Amount   int64
	State    string
}

func (tiRefund) TableName() string { return "refunds" }

func tiGORMOnConflict(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var known tiRefund
	err := g.Where("ticket_id = ?", 46).Take(&known).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	return g.Clauses(clause.OnConflict{DoNothing: true}).Create(&tiRefund{TicketID: 46, Amount: 4_300, State: "new"}).Error
}
