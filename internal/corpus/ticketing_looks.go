package corpus

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"
)

// tiNoDuplicateCases ask again, for the answer may be another one.
func tiNoDuplicateCases() []Case {
	queue := append(tiOf("holds tickets"), "CREATE FUNCTION release_holds(c VARCHAR) RETURNS BIGINT LANGUAGE sql AS $$ WITH gone AS (DELETE FROM holds WHERE holder = c RETURNING 1) SELECT count(*) FROM gone $$")
	return []Case{
		{Name: "ticketing/look-then-lock", About: "a cheap look first, and the same again under FOR UPDATE", Systems: whServers, Setup: tiOf("seats"), Run: tiLookThenLock},
		{Name: "ticketing/lock-of-the-event-between", About: "the tickets are counted again after the row of their event was locked", Systems: whServers, Setup: tiOf("events tickets"), Run: tiLockOfEventBetween},
		{Name: "ticketing/recheck-under-a-mutex", About: "read, lock the mutex, read again, and insert if nobody did", Setup: tiOf("tallies"), Run: tiRecheckUnderMutex},
		{Name: "ticketing/advisory-lock-between", About: "the waiting list is read again after the lock of the database was got", Systems: tiPostgres, Setup: tiOf("waiting"), Run: tiAdvisoryBetween},
		{Name: "ticketing/named-lock-between", About: "the same with GET_LOCK", Systems: tiMySQL, Setup: tiOf("waiting"), Run: tiNamedLockBetween},
		{Name: "ticketing/after-the-terminal", About: "the customer pays at a terminal, which another process books: the order is read before and after", Setup: tiOf("orders"), Run: tiAfterTerminal},
		{Name: "ticketing/moved-by-a-cte", About: "one statement deletes the holds in a CTE and inserts tickets, and the holds are read before and after", Systems: tiPostgres, Setup: tiOf("holds tickets"), Run: tiMovedByCTE},
		{Name: "ticketing/function-between", About: "a function of the database, which may write, is called between", Systems: tiPostgres, Setup: queue, Run: tiFunctionBetween},
		{Name: "ticketing/tenant-switched", About: "another tenant is set between two equal texts", Systems: tiPostgres, Setup: tiOf("events"), Run: tiTenantSwitched},
		{Name: "ticketing/tenant-in-a-variable", About: "the tenant is a variable of the session, and the text is the same", Systems: tiMySQL, Setup: tiOf("customers"), Run: tiTenantVariable},
		{Name: "ticketing/draw-of-lots", About: "two seats are drawn by lot", Setup: tiOf("seats"), Run: tiDrawOfLots},
		{Name: "ticketing/two-numbers", About: "each call of nextval gives another number", Systems: tiPostgres, Setup: append(tiOf("orders"), "CREATE SEQUENCE ticket_numbers"), Run: tiTwoNumbers},
		{Name: "ticketing/savepoint-rolled-back", About: "what was tried is rolled back to a savepoint, and the seat is read again", Setup: tiOf("seats"), Run: tiSavepointBack},
		{Name: "ticketing/expired-are-removed", About: "expired holds are removed between: none was, but nobody could know", Setup: tiOf("holds"), Run: tiExpiredRemoved},
		{Name: "ticketing/same-number-other-table", About: "hall 5 and venue 5, event 5 and its category 5", Setup: tiOf("halls venues events categories"), Run: tiSameNumber},
		{Name: "ticketing/watch-the-doors", About: "a screen asks again after some time", Setup: tiOf("gates"), Run: tiWatchDoors},
		{Name: "ticketing/gorm-reload-after-update", About: "an UPDATE with an expression, and the row again for the answer", Setup: tiOf("categories"), Run: tiReloadAfterUpdate},
	}
}

func tiLookThenLock(ctx context.Context, e *Env) error {
	s := whOpen(e)
	state := func(s whStore, suffix string) (v string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM seats WHERE id = ?"+suffix), 29), &v)
		return v
	}
	if state(s, "") != "free" {
		return errors.New("taken")
	}
	return s.atomically(ctx, nil, func(t whStore) error {
		if state(t, " FOR UPDATE") != "free" {
			return errors.New("taken meanwhile")
		}
		tiExec(ctx, t, "UPDATE seats SET state = 'sold', taken_by = ? WHERE id = ?", 8, 29)
		return nil
	})
}

func tiLockOfEventBetween(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		sold := func() int64 { return tiNumber(ctx, s, "SELECT count(*) FROM tickets WHERE event_id = ?", 7) }
		if sold() > 900 {
			return errors.New("surely full")
		}
		if room := tiNumber(ctx, s, "SELECT capacity FROM events WHERE id = ? FOR UPDATE", 7); sold() >= room {
			return errors.New("full")
		}
		tiExec(ctx, s, "UPDATE events SET sold = sold + 1 WHERE id = ?", 7)
		return nil
	})
}

func tiRecheckUnderMutex(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var mu sync.Mutex
	known := func(name string) bool { return tiNumber(ctx, s, "SELECT n FROM tallies WHERE name = ?", name) > 0 }
	if known("merch-stand") {
		return nil
	}
	mu.Lock()
	defer mu.Unlock()
	if !known("merch-stand") {
		tiExec(ctx, s, "INSERT INTO tallies (name, n) VALUES (?, 1)", "merch-stand")
	}
	return nil
}

func tiFirstWaiting(ctx context.Context, s whStore) int64 {
	return tiNumber(ctx, s, "SELECT customer_id FROM waiting WHERE event_id = ? AND state = 'waiting' ORDER BY place LIMIT 1", 5)
}

func tiOffer(ctx context.Context, s whStore) error {
	customer := tiFirstWaiting(ctx, s)
	if customer == 0 {
		return errors.New("nobody waits any more")
	}
	tiExec(ctx, s, "UPDATE waiting SET state = 'offered' WHERE event_id = ? AND customer_id = ?", 5, customer)
	return nil
}

func tiAdvisoryBetween(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if tiFirstWaiting(ctx, s) == 0 {
		return nil
	}
	return s.atomically(ctx, nil, func(t whStore) error {
		tiExec(ctx, t, "SELECT pg_advisory_xact_lock(?)", 5)
		return tiOffer(ctx, t)
	})
}

func tiNamedLockBetween(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	s := whStore{conn, e}
	if tiFirstWaiting(ctx, s) == 0 {
		return nil
	}
	tiNumber(ctx, s, "SELECT GET_LOCK('waiting-5', 3)")
	err = tiOffer(ctx, s)
	tiNumber(ctx, s, "SELECT RELEASE_LOCK('waiting-5')")
	return err
}

func tiAfterTerminal(ctx context.Context, e *Env) error {
	s := whOpen(e)
	paid := func() bool { return tiNumber(ctx, s, "SELECT version FROM orders WHERE id = ?", 16) > 2 }
	if paid() {
		return nil
	}
	whByOthers(func(terminal context.Context) {
		tiExec(terminal, s, "UPDATE orders SET state = 'paid', version = 3 WHERE id = 16")
	})
	if !paid() {
		return errors.New("not paid")
	}
	return nil
}

func tiMovedByCTE(ctx context.Context, e *Env) error {
	s := whOpen(e)
	held := func() int64 { return tiNumber(ctx, s, "SELECT count(*) FROM holds WHERE holder = ?", "cart-71") }
	before := held()
	tiExec(ctx, s, `WITH moved AS (DELETE FROM holds WHERE holder = ? RETURNING event_id, seat_id)
		INSERT INTO tickets (order_id, event_id, seat_id, code, state) SELECT 14, event_id, seat_id, 'moved-' || seat_id, 'valid' FROM moved`, "cart-71")
	if held() >= before {
		return errors.New("still held")
	}
	return nil
}

func tiFunctionBetween(ctx context.Context, e *Env) error {
	s := whOpen(e)
	held := func() int64 { return tiNumber(ctx, s, "SELECT count(*) FROM holds WHERE event_id = ?", 4) }
	before := held()
	released := tiNumber(ctx, s, "SELECT release_holds(?)", "cart-70")
	if held() != before-released {
		return errors.New("others were faster")
	}
	return nil
}

func tiTenantSwitched(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		const count = "SELECT count(*) FROM events WHERE tenant_id = current_setting('app.tenant')::bigint"
		tiExec(ctx, s, "SELECT set_config('app.tenant', ?, true)", "1")
		own := tiNumber(ctx, s, count)
		tiExec(ctx, s, "SELECT set_config('app.tenant', ?, true)", "2")
		if partner := tiNumber(ctx, s, count); partner+own == 0 {
			return errors.New("nothing is on")
		}
		return nil
	})
}

func tiTenantVariable(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		const count = "SELECT count(*) FROM customers WHERE tenant_id = @tenant"
		tiExec(ctx, s, "SET @tenant = 1")
		own := tiNumber(ctx, s, count)
		tiExec(ctx, s, "SET @tenant = 2")
		if partner := tiNumber(ctx, s, count); partner+own == 0 {
			return errors.New("no customers")
		}
		return nil
	})
}

func tiDrawOfLots(ctx context.Context, e *Env) error {
	s := whOpen(e)
	random := "random()"
	if e.System == "mysql" {
		random = "rand()"
	}
	draw := func() int64 {
		return tiNumber(ctx, s, "SELECT id FROM seats WHERE state = 'free' ORDER BY "+random+" LIMIT 1")
	}
	first := draw()
	if second := draw(); first+second == 0 {
		return errors.New("no seat is free")
	}
	return nil
}

func tiTwoNumbers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	order := tiNumber(ctx, s, "SELECT nextval('ticket_numbers')")
	if invoice := tiNumber(ctx, s, "SELECT nextval('ticket_numbers')"); invoice == order {
		return errors.New("one number for two")
	}
	return nil
}

func tiSavepointBack(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		state := func() (v string) {
			one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM seats WHERE id = ?"), 38), &v)
			return v
		}
		tiExec(ctx, s, "SAVEPOINT trial")
		tiExec(ctx, s, "UPDATE seats SET state = 'held' WHERE id = ?", 38)
		tried := state()
		tiExec(ctx, s, "ROLLBACK TO SAVEPOINT trial")
		if state() == tried {
			return errors.New("the trial stayed")
		}
		return nil
	})
}

func tiExpiredRemoved(ctx context.Context, e *Env) error {
	s := whOpen(e)
	free := func() int64 { return 48 - tiNumber(ctx, s, "SELECT count(*) FROM holds WHERE event_id = ?", 5) }
	if free() > 47 {
		return nil
	}
	tiExec(ctx, s, "DELETE FROM holds WHERE expires_at < ?", 90_010)
	if free() == 0 {
		return errors.New("full")
	}
	return nil
}

func tiSameNumber(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, table := range []string{"halls", "venues", "categories"} {
		var name string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM "+table+" WHERE id = ?"), 5), &name)
	}
	tiNumber(ctx, s, "SELECT sold FROM events WHERE id = ?", 5)
	tiNumber(ctx, s, "SELECT sold FROM categories WHERE event_id = ? AND name = 'cat-A'", 5)
	return nil
}

func tiWatchDoors(ctx context.Context, e *Env) error {
	s := whOpen(e)
	inside := func() int64 {
		return tiNumber(ctx, s, "SELECT COALESCE(SUM(scans), 0) FROM gates WHERE event_id = ?", 11)
	}
	last := int64(-1)
	for range 3 {
		time.Sleep(250 * time.Millisecond) // and no ticker, whose ticks come close together on a busy machine
		last = inside()
	}
	if last < 0 {
		return sql.ErrNoRows
	}
	return nil
}

func tiReloadAfterUpdate(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var before, after tiCategory
	if err := g.First(&before, 17).Error; err != nil {
		return err
	}
	if err := g.Exec("UPDATE categories SET left_n = left_n - 2 WHERE id = ? AND left_n >= 2", 17).Error; err != nil {
		return err
	}
	return g.First(&after, 17).Error
}
