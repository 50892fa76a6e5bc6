package corpus

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// tiNotLostCases write what cannot be lost, or what was not computed from the row.
func tiNotLostCases() []Case {
	return []Case{
		{Name: "ticketing/compare-and-swap", About: "the UPDATE asks for the value that was read", Setup: tiOf("categories"), Run: tiCompareAndSwap},
		{Name: "ticketing/lock-of-the-parent", About: "whoever sells locks the event first, so the category of it can be read and written", Systems: whServers, Setup: tiOf("events categories"), Run: tiLockOfParent},
		{Name: "ticketing/locked-by-an-update", Values: true, About: "the UPDATE of the state has locked the row, then the total is read and written", Systems: whServers, Setup: tiOf("orders"), Run: tiLockedByUpdate},
		{Name: "ticketing/advisory-lock", About: "a lock of the database for each voucher", Systems: tiPostgres, Setup: tiOf("vouchers"), Run: tiAdvisoryLock},
		{Name: "ticketing/named-lock", About: "GET_LOCK around the read and the write", Systems: tiMySQL, Setup: tiOf("vouchers"), Run: tiNamedLock},
		{Name: "ticketing/check-and-subtract", About: "the number is read for the message, the database subtracts", Setup: tiOf("categories"), Run: tiCheckAndSubtract},
		{Name: "ticketing/typed-by-the-user", About: "the form shows the title and writes what was typed", Setup: tiOf("events"), Run: tiTypedByUser},
		{Name: "ticketing/sum-of-the-tickets", About: "the total is the sum of other rows, and the order itself was not read", Setup: tiOf("orders tickets categories"), Run: tiSumOfTickets},
		{Name: "ticketing/other-table-same-id", About: "the sold of event 6 is read, the left of category 6 is written", Setup: tiOf("events categories"), Run: tiOtherTable},
		{Name: "ticketing/own-new-row", Values: true, About: "the transaction has inserted the row, which nobody else can see", Systems: whServers, Setup: tiOf("orders"), Run: tiOwnNewRow},
		{Name: "ticketing/repeatable-read-postgres", About: "PostgreSQL refuses the second write at REPEATABLE READ", Systems: tiPostgres, Setup: tiOf("promoters"), Run: tiRepeatableRead},
		{Name: "ticketing/stamped", About: "the time of the last look is written to the row that was read", Setup: tiOf("scanners"), Run: tiStamped},
		{Name: "ticketing/guarded-state", About: "the state was read for the message, and the UPDATE asks for it", Setup: tiOf("payouts"), Run: tiGuardedState},
		{Name: "ticketing/skip-locked", About: "a queue's row is locked with SKIP LOCKED, and its attempts are counted in Go", Systems: whServers, Setup: tiOf("jobs"), Run: tiSkipLocked},
	}
}

func tiCompareAndSwap(ctx context.Context, e *Env) error {
	s := whOpen(e)
	left := tiNumber(ctx, s, "SELECT left_n FROM categories WHERE id = ?", 20)
	if tiHit(s.db.ExecContext(ctx, s.q("UPDATE categories SET left_n = ? WHERE id = ? AND left_n = ?"), left-2, 20, left)) == 0 {
		return errors.New("others were faster")
	}
	return nil
}

func tiLockOfParent(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(t whStore) error {
		if tiNumber(ctx, t, "SELECT capacity FROM events WHERE id = ? FOR UPDATE", 10) == 0 {
			return errors.New("no such event")
		}
		r := tiStock{t}
		if left := r.left(ctx, 19); left >= 5 {
			r.setLeft(ctx, 19, left-5)
		}
		return nil
	})
}

func tiLockedByUpdate(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(t whStore) error {
		if tiHit(t.db.ExecContext(ctx, t.q("UPDATE orders SET state = 'pricing' WHERE id = ? AND state = 'paid'"), 11)) == 0 {
			return errors.New("not paid")
		}
		total := tiNumber(ctx, t, "SELECT total FROM orders WHERE id = ?", 11)
		tiExec(ctx, t, "UPDATE orders SET total = ?, state = 'paid' WHERE id = ?", total*95/100, 11)
		return nil
	})
}

// tiUseVoucher counts a voucher down.
func tiUseVoucher(ctx context.Context, s whStore, code string) {
	left := tiNumber(ctx, s, "SELECT left_n FROM vouchers WHERE code = ?", code)
	tiExec(ctx, s, "UPDATE vouchers SET left_n = ? WHERE code = ?", left-1, code)
}

func tiAdvisoryLock(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(t whStore) error {
		tiExec(ctx, t, "SELECT pg_advisory_xact_lock(hashtext(?))", "FEST-3")
		tiUseVoucher(ctx, t, "FEST-3")
		return nil
	})
}

func tiNamedLock(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	s := whStore{conn, e}
	if tiNumber(ctx, s, "SELECT GET_LOCK(?, 5)", "voucher FEST-3") != 1 {
		return errors.New("busy")
	}
	tiUseVoucher(ctx, s, "FEST-3")
	tiNumber(ctx, s, "SELECT RELEASE_LOCK(?)", "voucher FEST-3")
	return nil
}

func tiCheckAndSubtract(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if (tiStock{s}).left(ctx, 18) < 3 {
		return errors.New("only a few are left")
	}
	if tiHit(s.db.ExecContext(ctx, s.q("UPDATE categories SET left_n = left_n - ? WHERE id = ? AND left_n >= ?"), 3, 18, 3)) == 0 {
		return errors.New("sold out")
	}
	return nil
}

func tiTypedByUser(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var title string
	one(s.db.QueryRowContext(ctx, s.q("SELECT title FROM events WHERE id = ?"), 8), &title)
	if typed := "An evening with others"; typed != title {
		tiExec(ctx, s, "UPDATE events SET title = ? WHERE id = ?", typed, 8)
	}
	return nil
}

func tiSumOfTickets(ctx context.Context, e *Env) error {
	s := whOpen(e)
	total := tiNumber(ctx, s, "SELECT SUM(c.price) FROM tickets t JOIN categories c ON c.id = t.category_id WHERE t.order_id = ?", 6)
	tiExec(ctx, s, "UPDATE orders SET total = ? WHERE id = ?", total, 6)
	return nil
}

func tiOtherTable(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sold := tiNumber(ctx, s, "SELECT sold FROM events WHERE id = ?", 6)
	tiStock{s}.setLeft(ctx, 6, 900-sold)
	return nil
}

func tiOwnNewRow(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(t whStore) error {
		id := tiNumber(ctx, t, "INSERT INTO orders (number, customer_id, event_id, state, total, placed_at, version) VALUES ('T-9100', 4, 11, 'open', 12000, 61200, 1) RETURNING id")
		total := tiNumber(ctx, t, "SELECT total FROM orders WHERE id = ?", id)
		tiExec(ctx, t, "UPDATE orders SET total = ? WHERE id = ?", total+490, id)
		return nil
	})
}

func tiRepeatableRead(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, func(t whStore) error {
		balance := tiNumber(ctx, t, "SELECT balance FROM promoters WHERE id = ?", 3)
		tiExec(ctx, t, "UPDATE promoters SET balance = ? WHERE id = ?", balance-9_000, 3)
		return nil
	})
}

func tiStamped(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id, seen int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id, last_seen FROM scanners WHERE device = ?"), "dev-582"), &id, &seen) {
		return errors.New("unknown device")
	}
	if now := time.Now().Unix(); now-seen > 60 {
		tiExec(ctx, s, "UPDATE scanners SET last_seen = ? WHERE id = ?", now, id)
	}
	return nil
}

func tiGuardedState(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var state string
	one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM payouts WHERE id = ?"), 9), &state)
	if state != "due" {
		return errors.New("it is " + state)
	}
	if tiHit(s.db.ExecContext(ctx, s.q("UPDATE payouts SET state = ? WHERE id = ? AND state = ?"), "approved", 9, state)) == 0 {
		return errors.New("somebody else has approved it")
	}
	return nil
}

func tiSkipLocked(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(t whStore) error {
		var id, tried int64
		if !one(t.db.QueryRowContext(ctx, "SELECT id, done_n FROM jobs WHERE state = 'new' ORDER BY id DESC LIMIT 1 FOR UPDATE SKIP LOCKED"), &id, &tried) {
			return nil
		}
		tiExec(ctx, t, "UPDATE jobs SET done_n = ?, state = 'busy' WHERE id = ?", tried+1, id)
		return nil
	})
}
