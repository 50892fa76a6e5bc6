package corpus

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// tiWriteCases write a row at a time.
func tiWriteCases() []Case {
	return []Case{
		{Name: "ticketing/ticket-of-each-hold", About: "an INSERT for each seat that the cart holds, in one transaction", Setup: tiOf("holds tickets"), Run: tiTicketOfHold, Want: whWrites("tickets", "holds")},
		{Name: "ticketing/code-from-the-new-id", About: "each ticket is inserted with RETURNING, and its code, which has the id in it, is set by an UPDATE", Setup: tiOf("holds tickets"), Run: tiCodeFromNewID, Want: whWrites("tickets", "holds")},
		{Name: "ticketing/holds-released-in-goroutines", About: "goroutines delete one expired hold each", Systems: whServers, Setup: tiOf("holds"), Run: tiHoldsReleased, Want: whWrites("holds", "holds")},
		{Name: "ticketing/prune-one-by-one", About: "the oldest scan is deleted, twelve times, by one text without arguments", Setup: tiOf("scans"), Run: tiPruneOneByOne, Want: whWrites("scans", "")},
		{Name: "ticketing/scanners-seen", About: "the request has the state of nine devices, and each is an UPDATE", Setup: tiOf("scanners"), Run: tiScannersSeen, Want: whWrites("scanners", none)},
		{Name: "ticketing/tally-of-each-gate", About: "an upsert for each entry of a map that was summed from the request", Setup: tiOf("tallies"), Run: tiTallyOfGates, Want: whWrites("tallies", none)},
		{Name: "ticketing/gorm-soft-delete", About: "GORM sets deleted_at of each ticket of the order", Setup: tiOf("tickets"), Run: tiSoftDelete, Want: whWrites("tickets", "tickets")},
		{Name: "ticketing/message-to-each-waiting", About: "a message for each of those who wait, whose names came by a JOIN", Setup: tiOf("waiting customers messages"), Run: tiMessageToWaiting, Want: whWrites("messages", "")},
		{Name: "ticketing/audited-store", About: "a store that writes the audit, too, blocks eight seats of the request: one loop with two statements", Setup: tiOf("seats audit"), Run: tiAuditedStore, Want: whWrites("seats", none)},
		{Name: "ticketing/new-places", About: "the waiting list is numbered anew, entry by entry", Setup: tiOf("waiting"), Run: tiNewPlaces, Want: whWrites("waiting", "waiting")},
		{Name: "ticketing/transaction-of-one-statement", About: "each UPDATE has a transaction of its own, with nothing else in it: one transaction", Setup: tiOf("payouts"), Run: tiTransactionOfOne, Want: whWrites("payouts", "payouts")},
		{Name: "ticketing/import-ignores-known", About: "ON CONFLICT DO NOTHING for each row of an uploaded file", Setup: tiOf("customers"), Run: tiImportIgnores, Want: whWrites("customers", none)},
		{Name: "ticketing/count-each-scan", About: "an offline scanner uploads twelve scans of three gates: a sum for each gate is enough", Setup: tiOf("gates"), Run: tiCountEachScan, Want: whWrites("gates", none)},
		{Name: "ticketing/seated-or-standing", About: "each ticket is inserted by one of two statements, with a seat or with none", Setup: tiOf("categories tickets"), Run: tiSeatedOrStanding, Want: whWrites("tickets", "")},
		{Name: "ticketing/buffer-of-one", Values: true, About: "the writer of batches is flushed after each row", Setup: tiOf("holds outbox"), Run: tiBufferOfOne, Want: whWrites("outbox", "holds")},
		{Name: "ticketing/gates-of-each-event", Values: true, About: "INSERT ... SELECT for each event: one INSERT ... SELECT does it for all", Setup: tiOf("events gates"), Run: tiGatesOfEvents, Want: whWrites("gates", "events")},
		{Name: "ticketing/update-or-insert-each", About: "for each tally of the request an UPDATE, and an INSERT where it hits nothing: upserts of several rows", Hints: NoHints, Setup: tiOf("tallies"), Run: tiUpdateOrInsert, Want: whWrites("tallies", none)},
		{Name: "ticketing/read-and-write-each", About: "each waiting customer's e-mail is read, and a message is inserted", Setup: tiOf("waiting customers messages"), Run: tiReadAndWriteEach, Want: []Want{{Kind: budget.WriteLoop, Table: "messages", Parent: "waiting"}}},
		{Name: "ticketing/closures-run-at-commit", Values: true, About: "the writes are gathered as closures while the tickets are gone through, and run one after another", Setup: tiOf("tickets outbox"), Run: tiClosuresAtCommit, Want: whWrites("outbox", "tickets")},
	}
}

func tiTicketOfHold(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, h := range tiHolds(ctx, s, "cart-71") {
			tiExec(ctx, s, "INSERT INTO tickets (order_id, event_id, seat_id, category_id, code, state, scans, deleted_at) VALUES (17, ?, ?, 9, ?, 'valid', 0, 0)", h.event, h.seat, fmt.Sprintf("new-%d-%d", h.event, h.seat))
		}
		return nil
	})
}

func tiCodeFromNewID(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, h := range tiHolds(ctx, s, "cart-70") {
			id := tiNumber(ctx, s, "INSERT INTO tickets (order_id, event_id, seat_id, category_id, code, state, scans, deleted_at) VALUES (18, ?, ?, 8, ?, 'new', 0, 0) RETURNING id", h.event, h.seat, fmt.Sprintf("tmp-%d", h.seat))
			tiExec(ctx, s, "UPDATE tickets SET code = ? WHERE id = ?", fmt.Sprintf("E%d-%06d", h.event, id), id)
		}
		return nil
	})
}

func tiHoldsReleased(ctx context.Context, e *Env) error {
	s := whOpen(e)
	expired := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM holds WHERE expires_at < ?"), 90_500))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	for _, id := range expired {
		g.Go(func() error {
			_, err := s.db.ExecContext(gctx, s.q("DELETE FROM holds WHERE id = ?"), id)
			return err
		})
	}
	return g.Wait()
}

func tiPruneOneByOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const oldest = "DELETE FROM scans WHERE id = (SELECT id FROM (SELECT MIN(id) AS id FROM scans WHERE scanned_at < 82000) AS o)"
	for tiHit(s.db.ExecContext(ctx, oldest)) > 0 {
		continue
	}
	return nil
}

func tiScannersSeen(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type report struct {
		device  string
		battery int64
	}
	for _, r := range []report{{"dev-194", 81}, {"dev-485", 64}, {"dev-097", 33}, {"dev-776", 92}, {"dev-291", 75}, {"dev-873", 18}, {"dev-582", 57}, {"dev-388", 40}, {"dev-679", 99}} {
		tiExec(ctx, s, "UPDATE scanners SET battery = ?, last_seen = 82500, state = 'on' WHERE device = ?", r.battery, r.device)
	}
	return nil
}

func tiTallyOfGates(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sums := map[string]int64{}
	for i := range 40 {
		sums[fmt.Sprintf("gate-%d", i*i%23)] += int64(i)
	}
	query := s.q("INSERT INTO tallies (name, n) VALUES (?, ?)" + whUpsert(e, "name", "n"))
	for name, n := range sums {
		tiHit(s.db.ExecContext(ctx, query, name, n))
	}
	return nil
}

// tiSoftTicket is a ticket that GORM keeps when it is deleted.
type tiSoftTicket struct {
	ID        int64 `gorm:"primaryKey"`
	OrderID   int64
	Code      string
	State     string
	DeletedAt int64
}

func (tiSoftTicket) TableName() string { return "tickets" }

func tiSoftDelete(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var tickets []tiSoftTicket
		if err := tx.Where("order_id = ? AND deleted_at = 0", 7).Find(&tickets).Error; err != nil {
			return err
		}
		for i := range tickets {
			if err := tx.Model(&tickets[i]).Update("deleted_at", 83_000).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

func tiMessageToWaiting(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var people []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	if err := db.SelectContext(ctx, &people, db.Rebind("SELECT c.id, c.name FROM waiting w JOIN customers c ON c.id = w.customer_id WHERE w.wanted >= ? ORDER BY w.place"), 2); err != nil {
		return err
	}
	for _, p := range people {
		if _, err := db.ExecContext(ctx, db.Rebind("INSERT INTO messages (customer_id, channel, body, state) VALUES (?, 'mail', ?, 'new')"), p.ID, "Tickets for you, "+p.Name); err != nil {
			return err
		}
	}
	return nil
}

// tiAudited writes each change into the audit.
type tiAudited struct {
	whStore
	actor string
}

func (a tiAudited) exec(ctx context.Context, action string, target int64, query string) {
	tiExec(ctx, a.whStore, query, target)
	tiExec(ctx, a.whStore, "INSERT INTO audit (actor, action, target) VALUES (?, ?, ?)", a.actor, action, fmt.Sprint(target))
}

func tiAuditedStore(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		a := tiAudited{s, "box office"}
		for _, seat := range []int64{12, 35, 7, 41, 28, 19, 33, 46} {
			a.exec(ctx, "block", seat, "UPDATE seats SET state = 'blocked', version = version + 1 WHERE id = ?")
		}
		return nil
	})
}

func tiNewPlaces(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM waiting WHERE state = ? ORDER BY wanted DESC, place"), "waiting")) {
		tiExec(ctx, s, "UPDATE waiting SET place = ? WHERE id = ?", 500+10*i, id)
	}
	return nil
}

func tiTransactionOfOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM payouts WHERE state = ? ORDER BY amount DESC"), "due")) {
		err := s.atomically(ctx, nil, func(t whStore) error {
			tiExec(ctx, t, "UPDATE payouts SET state = 'approved' WHERE id = ?", id)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func tiImportIgnores(ctx context.Context, e *Env) error {
	s := whOpen(e)
	query := s.q(tiIgnore(e, "INTO customers (email, name, points, locale, tenant_id) VALUES (?, ?, 0, 'en', 2)"))
	for _, name := range []string{"ada", "ben", "cem", "dora", "emil", "fay", "gus"} {
		tiHit(s.db.ExecContext(ctx, query, name+"@example.net", name))
	}
	return nil
}

func tiCountEachScan(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, gate := range []int64{5, 5, 2, 5, 7, 2, 5, 7, 7, 5, 2, 5} {
		tiExec(ctx, s, "UPDATE gates SET scans = scans + 1 WHERE id = ?", gate)
	}
	return nil
}

func tiSeatedOrStanding(ctx context.Context, e *Env) error {
	type place struct{ id, event int64 }
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		places := whScan[place](s.db.QueryContext(ctx, s.q("SELECT id, event_id FROM categories WHERE price > ? ORDER BY id"), 6_000))(func(p *place) []any { return []any{&p.id, &p.event} })
		for _, p := range places {
			code := fmt.Sprintf("guest-%d", p.id)
			if p.id%2 == 0 {
				tiExec(ctx, s, "INSERT INTO tickets (order_id, event_id, seat_id, category_id, code, state) VALUES (18, ?, ?, ?, ?, 'valid')", p.event, p.id+9, p.id, code)
			} else {
				tiExec(ctx, s, "INSERT INTO tickets (order_id, event_id, category_id, code, state) VALUES (18, ?, ?, ?, 'valid')", p.event, p.id, code)
			}
		}
		return nil
	})
}

// tiBuffer inserts messages into the outbox, several at a time.
type tiBuffer struct {
	whStore
	size int
	rows []any
}

func (b *tiBuffer) add(ctx context.Context, payload string) {
	b.rows = append(b.rows, payload)
	if len(b.rows) >= b.size {
		b.flush(ctx)
	}
}

func (b *tiBuffer) flush(ctx context.Context) {
	if len(b.rows) == 0 {
		return
	}
	query := "INSERT INTO outbox (topic, payload, sent) VALUES "
	for i := range b.rows {
		if i > 0 {
			query += ", "
		}
		query += "('held', ?, 0)"
	}
	tiExec(ctx, b.whStore, query, b.rows...)
	b.rows = nil
}

func tiBufferOfOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	b := &tiBuffer{whStore: s, size: 1}
	for _, h := range tiHolds(ctx, s, "cart-70") {
		b.add(ctx, fmt.Sprintf("seat %d of event %d", h.seat, h.event))
	}
	b.flush(ctx)
	return nil
}

func tiGatesOfEvents(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, event := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM events WHERE tenant_id = ? ORDER BY starts_at"), 1)) {
		tiExec(ctx, s, "INSERT INTO gates (event_id, name, scans) SELECT id, 'main', 0 FROM events WHERE id = ?", event)
	}
	return nil
}

func tiUpdateOrInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, name := range []string{"tally-3", "bar", "tally-1", "merch", "tally-4", "parking", "camping"} {
		if tiHit(s.db.ExecContext(ctx, s.q("UPDATE tallies SET n = n + ? WHERE name = ?"), 20+i, name)) == 0 {
			tiExec(ctx, s, "INSERT INTO tallies (name, n) VALUES (?, ?)", name, 20+i)
		}
	}
	return nil
}

func tiReadAndWriteEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, customer := range whKeys(s.db.QueryContext(ctx, s.q("SELECT customer_id FROM waiting WHERE place > ? ORDER BY place"), 210)) {
		var email string
		one(s.db.QueryRowContext(ctx, s.q("SELECT email FROM customers WHERE id = ?"), customer), &email)
		tiExec(ctx, s, "INSERT INTO messages (customer_id, channel, body, state) VALUES (?, 'mail', ?, 'new')", customer, "to "+email)
	}
	return nil
}

func tiClosuresAtCommit(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		var later []func()
		for _, t := range (tiTickets{s}).of(ctx, 4) {
			later = append(later, func() {
				tiExec(ctx, s, "INSERT INTO outbox (topic, payload, sent) VALUES ('resold', ?, ?)", fmt.Sprintf("ticket %d", t.id), t.id)
			})
		}
		for _, write := range later {
			write()
		}
		return nil
	})
}
