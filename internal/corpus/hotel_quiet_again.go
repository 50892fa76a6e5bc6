package corpus

import (
	"context"
	"errors"
	"sync"
)

// htQuietAgainCases read again, and must: what was answered may have changed.
func htQuietAgainCases() []Case {
	return []Case{
		{Name: "hotel/other-schema", Systems: htPg, About: "SET search_path to the next tenant between two equal reads", Setup: append(htOf("rooms"), "CREATE SCHEMA {other}", "CREATE TABLE {other}.rooms (id BIGINT, number VARCHAR(6))"), Run: htOtherSchema},
		{Name: "hotel/tenant-by-set-config", Systems: htPg, About: "set_config between two reads by the same condition", Setup: htOf("rooms"), Run: htTenants},
		{Name: "hotel/function-that-writes", Systems: htPg, About: "SELECT of a function between: it may write", Setup: append(htOf("rooms"), "CREATE FUNCTION book_room(r BIGINT) RETURNS BIGINT LANGUAGE sql AS 'UPDATE rooms SET state = ''booked'' WHERE id = r RETURNING id'"), Run: htFunctionBetween},
		{Name: "hotel/sequence-twice", Systems: htPg, About: "nextval gives another number each time", Setup: []string{"CREATE SEQUENCE invoice_numbers"}, Run: htNextval},
		{Name: "hotel/clock", About: "a read that depends on the clock", Setup: []string{"CREATE TABLE holds (id BIGINT PRIMARY KEY, room_id BIGINT, until_at TIMESTAMP NULL)"}, Run: htClock},
		{Name: "hotel/random-room", Systems: htNoMySQL, About: "ORDER BY random() LIMIT 1, twice", Setup: htOf("rooms"), Run: htRandom},
		{Name: "hotel/recheck-in-transaction", About: "a look outside, and again within the transaction that writes", Setup: htOf("rooms bookings"), Run: htRecheck},
		{Name: "hotel/recheck-under-mutex", About: "a look, the mutex, a second look, and the write", Setup: htOf("settings"), Run: htUnderMutex},
		{Name: "hotel/locked-read", Systems: htServers, About: "a plain read, and then FOR UPDATE", Setup: htOf("accounts"), Run: htLocked},
		{Name: "hotel/read-after-update", About: "the row is shown as it is after the UPDATE", Setup: htOf("bookings"), Run: htAfterUpdate},
		{Name: "hotel/count-and-page", About: "the number of all, and the first page", Setup: htOf("bookings"), Run: htSequence("SELECT count(*) FROM bookings WHERE state = ?", "open", ";", "SELECT ref, total FROM bookings WHERE state = ? ORDER BY from_day LIMIT 10", "open")},
		{Name: "hotel/savepoint-rolled-back", Systems: htServers, About: "what was read within a savepoint is read again after its end", Setup: htOf("accounts"), Run: htSavepoint},
		{Name: "hotel/insert-select-between", About: "the table is filled from another between two counts", Setup: htOf("points reviews"), Run: htSequence("SELECT count(*) FROM points WHERE guest_id = ?", 7, ";", "!INSERT INTO points (guest_id, amount, reason) SELECT guest_id, 10, 'review' FROM reviews WHERE guest_id = ?", 7, ";", "SELECT count(*) FROM points WHERE guest_id = ?", 7)},
		{Name: "hotel/cascade-by-join", Systems: []string{"mysql"}, About: "a DELETE of two joined tables between", Setup: htOf("invoices invoice_lines"), Run: htSequence("SELECT count(*) FROM invoice_lines WHERE invoice_id = ?", 6, ";", "!DELETE i, l FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id WHERE i.id = ?", 6, ";", "SELECT count(*) FROM invoice_lines WHERE invoice_id = ?", 6)},
		{Name: "hotel/merge-between", Systems: htPg, About: "a MERGE between", Setup: htOf("accounts"), Run: htSequence("SELECT balance FROM accounts WHERE guest_id = ?", 5, ";", "!MERGE INTO accounts a USING (VALUES (5)) AS v(id) ON a.guest_id = v.id WHEN MATCHED THEN UPDATE SET balance = a.balance + 1", ";", "SELECT balance FROM accounts WHERE guest_id = ?", 5)},
		{Name: "hotel/polling-a-state", Values: true, About: "a state is read until it changes", Setup: htOf("jobs"), Run: htPolling},
		{Name: "hotel/other-page", About: "the same list with another LIMIT", Setup: htOf("reviews"), Run: htSequence("SELECT id, body FROM reviews WHERE stars > ? ORDER BY day LIMIT 3", 1, ";", "SELECT id, body FROM reviews WHERE stars > ? ORDER BY day LIMIT 12", 1)},
		{Name: "hotel/one-hotel-two-lists", About: "two lists of the hotel by other conditions", Setup: htOf("rooms"), Run: htSequence("SELECT id FROM rooms WHERE hotel_id = ? AND state = 'free'", 3, ";", "SELECT id FROM rooms WHERE hotel_id = ? AND smoking", 3)},
	}
}

func htOtherSchema(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the case is over
	here := drain(conn.QueryContext(ctx, "SELECT number FROM rooms WHERE id < $1", 10))
	done(conn.ExecContext(ctx, "SET search_path TO "+e.Other))
	there := drain(conn.QueryContext(ctx, "SELECT number FROM rooms WHERE id < $1", 10))
	if here != 9 || there != 0 {
		return errors.New("one schema")
	}
	e.after = append(e.after, func() error {
		_, err := e.DB.Exec("DROP SCHEMA IF EXISTS " + e.Other + " CASCADE")
		return err
	})
	return nil
}

func htTenants(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, tenant := range []string{"4", "9"} {
			drain(s.db.QueryContext(ctx, "SELECT set_config('app.hotel', $1, true)", tenant))
			drain(s.db.QueryContext(ctx, "SELECT number FROM rooms WHERE state = 'free' AND price < $1", 9900))
		}
		return nil
	})
}

func htFunctionBetween(ctx context.Context, e *Env) error {
	s := whOpen(e)
	state := func() (state string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM rooms WHERE id = ?"), 16), &state)
		return state
	}
	before := state()
	drain(s.db.QueryContext(ctx, s.q("SELECT book_room(?)"), 16))
	if before == state() {
		return errors.New("it is not booked")
	}
	return nil
}

func htNextval(ctx context.Context, e *Env) error {
	next := func() (n int64) {
		one(e.DB.QueryRowContext(ctx, "SELECT nextval('invoice_numbers')"), &n)
		return n
	}
	first := next()
	if next() == first {
		return errors.New("the same number")
	}
	return nil
}

func htClock(ctx context.Context, e *Env) error {
	s := whOpen(e)
	held := func() bool {
		return one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM holds WHERE room_id = ? AND until_at > CURRENT_TIMESTAMP"), 4), new(int64))
	}
	first := held()
	if held() || first {
		return errors.New("it is held")
	}
	return nil
}

func htRandom(ctx context.Context, e *Env) error {
	pick := func() (number string) {
		one(e.DB.QueryRowContext(ctx, "SELECT number FROM rooms WHERE state = 'free' ORDER BY random() LIMIT 1"), &number)
		return number
	}
	if pick()+pick() == "" {
		return errors.New("no room")
	}
	return nil
}

func htRoomState(ctx context.Context, s whStore, id int64) (state string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM rooms WHERE id = ?"), id), &state)
	return state
}

func htRecheck(ctx context.Context, e *Env) error {
	if htRoomState(ctx, whOpen(e), 20) != "free" {
		return errors.New("409")
	}
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		if htRoomState(ctx, s, 20) != "free" {
			return errors.New("409")
		}
		tiExec(ctx, s, "INSERT INTO bookings (ref, guest_id, room_id, state) VALUES ('B-R', ?, ?, 'open')", 3, 20)
		tiExec(ctx, s, "UPDATE rooms SET state = 'booked' WHERE id = ? AND state = 'free'", 20)
		return nil
	})
}

var htMutex sync.Mutex

func htUnderMutex(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if htSetting(ctx, s, "token") != "" {
		return nil
	}
	htMutex.Lock()
	defer htMutex.Unlock()
	if htSetting(ctx, s, "token") != "" {
		return nil
	}
	tiExec(ctx, s, "INSERT INTO settings (name, value) VALUES ('token', ?)", "t-9")
	return nil
}

func htLocked(ctx context.Context, e *Env) error {
	var state string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM accounts WHERE guest_id = ?"), 6), &state)
	if state != "active" {
		return errors.New("403")
	}
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM accounts WHERE guest_id = ? FOR UPDATE"), 6), &state)
		tiExec(ctx, s, "UPDATE accounts SET balance = balance - ? WHERE guest_id = ?", 100, 6)
		return nil
	})
}

func htAfterUpdate(ctx context.Context, e *Env) error {
	b := htBookings{whOpen(e)}
	if b.Where(ctx, "id = ?", 15)[0].state == "left" {
		return errors.New("409")
	}
	b.leave(ctx, 15)
	if b.Where(ctx, "id = ?", 15)[0].state != "left" {
		return errors.New("500")
	}
	return nil
}

func htSavepoint(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	balance := func() (n int64) {
		one(tx.QueryRowContext(ctx, e.Q("SELECT balance FROM accounts WHERE guest_id = ?"), 8), &n)
		return n
	}
	for _, text := range []string{"SAVEPOINT gift", "UPDATE accounts SET balance = balance + 50 WHERE guest_id = 8"} {
		done(tx.ExecContext(ctx, text))
	}
	inside := balance()
	if _, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT gift"); err != nil {
		return err
	}
	if inside == balance() {
		return errors.New("nothing was rolled back")
	}
	return tx.Commit()
}

func htPolling(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for try := range 8 {
		if try == 5 { // the worker, in another process
			done(e.DB.ExecContext(htElsewhere(), s.q("UPDATE jobs SET state = 'done' WHERE id = ?"), 4))
		}
		var state string
		if one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM jobs WHERE id = ?"), 4), &state); state == "done" {
			return nil
		}
	}
	return errors.New("408")
}
