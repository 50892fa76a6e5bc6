package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"sync"

	"golang.org/x/sync/errgroup"
)

// htHiddenCases are loops of reads that hide in shapes of code.
func htHiddenCases() []Case {
	return []Case{
		{Name: "hotel/worker-pool", About: "three workers take ids from a channel", Setup: htOf("hotels reviews"), Run: htPool, Want: pmN("", "reviews", "hotels")},
		{Name: "hotel/errgroup-with-limit", About: "a goroutine for each guest, and two statements in each: one finding", Setup: htOf("guests points invoices"), Run: htGroup, Want: []Want{{Kind: "n+1", Parent: "guests", Also: []string{"SELECT"}}}},
		{Name: "hotel/iterator", About: "iter.Seq2 reads a row for each element that it yields", Setup: htOf("tasks rooms"), Run: htIterator, Want: pmN("", "rooms", "tasks")},
		{Name: "hotel/generic-repository", About: "Repo[T].Get for each", Setup: htOf("invoices guests"), Run: htGeneric, Want: pmN("Get", "guests", "invoices")},
		{Name: "hotel/decorators", About: "the statement is sent below a cache that never hits and a tracer", Setup: htOf("bookings rooms"), Run: htDecorated, Want: pmN("Number", "rooms", "bookings")},
		{Name: "hotel/retry-helper", About: "each statement passes a helper that tries again: the loop is in the function above", Setup: htOf("hotels rooms"), Run: htRetried, Want: pmN("", "rooms", "hotels")},
		{Name: "hotel/visitor", About: "a callback for each row of a list that was read before", Setup: htOf("bookings accounts"), Run: htVisited, Want: pmN("", "accounts", "bookings")},
		{Name: "hotel/loader-of-one", About: "a data loader whose batch is always one", Setup: htOf("reviews guests"), Run: htLoaderOfOne, Want: pmN("load", "guests", "reviews")},
		{Name: "hotel/prepared-in-the-loop", About: "Prepare, Query and Close for each row", Setup: htOf("rooms tasks"), Run: htPreparedInLoop, Want: pmN("htPreparedInLoop", "tasks", "rooms")},
		{Name: "hotel/key-in-the-text", About: "Sprintf writes the key into the text", Setup: htOf("guests bookings"), Run: htKeyInText, Want: pmN("htKeyInText", "bookings", "guests")},
		{Name: "hotel/bool-in-the-text", About: "TRUE or FALSE stands in the text, by the row: one loop", Setup: htOf("hotels rooms"), Run: htBoolInText, Want: pmN("htBoolInText", "rooms", "hotels")},
		{Name: "hotel/switch-in-the-body", About: "one of two tables is asked, by the state of a row: one loop", Setup: htOf("bookings invoices tasks"), Run: htSwitch, Want: []Want{{Kind: "n+1", Parent: "bookings"}}},
		{Name: "hotel/columns-that-are-verbs", Systems: htPg, About: "columns called delete and merge: a read for each user", Setup: append(htOf("users"), "CREATE TABLE grants (user_id BIGINT, insert BOOLEAN, delete BOOLEAN, merge BOOLEAN)"), Run: htFor("SELECT id FROM users ORDER BY login", "SELECT g.delete, merge, insert FROM grants g WHERE user_id = ?"), Want: pmN("htFor.func1", "grants", "users")},
		{Name: "hotel/replace-is-a-function", About: "replace() in the list of a SELECT", Setup: htOf("bookings guests"), Run: htFor("SELECT guest_id FROM bookings WHERE state = 'left' ORDER BY to_day DESC", "SELECT replace(name, ' ', '-') FROM guests WHERE id = ?"), Want: pmN("htFor.func1", "guests", "bookings")},
		{Name: "hotel/transaction-that-reads-each", About: "in one transaction, by a helper that gets the Tx", Setup: htOf("accounts points"), Run: htTxReads, Want: pmN("htSumOf", "points", "accounts")},
		{Name: "hotel/three-levels", About: "hotels, the rooms of each, the tasks of each room", Setup: htOf("hotels rooms tasks"), Run: htThreeLevels, Want: append(pmN("pmIDs", "rooms", "hotels"), pmN("htThreeLevels", "tasks", "rooms")...)},
		{Name: "hotel/function-of-the-database", Systems: htPg, About: "SELECT f(?) for each hotel, of a function that reads", Setup: append(htOf("hotels rooms"), "CREATE FUNCTION cheapest(h BIGINT) RETURNS BIGINT LANGUAGE sql STABLE AS 'SELECT min(price) FROM rooms WHERE hotel_id = h'"), Run: htFor("SELECT id FROM hotels ORDER BY name", "SELECT cheapest(?)"), Want: pmN("htFor.func1", "", "hotels")},
	}
}

func htPool(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := make(chan int64)
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for id := range ids {
				var n int64
				_ = s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM reviews WHERE hotel_id = ? AND stars > 2"), id).Scan(&n)
			}
		}()
	}
	for _, id := range pmIDs(ctx, s, "SELECT id FROM hotels ORDER BY name DESC") {
		ids <- id
	}
	close(ids)
	wg.Wait()
	return nil
}

func htGroup(ctx context.Context, e *Env) error {
	s := whOpen(e)
	guests := pmIDs(ctx, s, "SELECT id FROM guests WHERE country = 'jp' ORDER BY email")
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for _, id := range guests {
		g.Go(func() error {
			var points, amount sql.NullInt64
			if err := s.db.QueryRowContext(gctx, s.q("SELECT SUM(amount) FROM points WHERE guest_id = ?"), id).Scan(&points); err != nil {
				return err
			}
			return s.db.QueryRowContext(gctx, s.q("SELECT MAX(amount) FROM invoices WHERE guest_id = ?"), id).Scan(&amount)
		})
	}
	return g.Wait()
}

func htTasksWithRooms(ctx context.Context, s whStore) iter.Seq2[int64, string] {
	return func(yield func(int64, string) bool) {
		for _, t := range pairs(s.db.QueryContext(ctx, s.q("SELECT id, room_id FROM tasks WHERE minutes > ? ORDER BY day, minutes"), 25)) {
			var number string
			one(s.db.QueryRowContext(ctx, s.q("SELECT number FROM rooms WHERE id = ?"), t[1]), &number)
			if !yield(t[0], number) {
				return
			}
		}
	}
}

func htIterator(ctx context.Context, e *Env) error {
	for id, number := range htTasksWithRooms(ctx, whOpen(e)) {
		if number == "" {
			return fmt.Errorf("task %d has no room", id)
		}
	}
	return nil
}

type htRepo[T any] struct {
	whStore
	table, columns string
	into           func(*T) []any
}

// Get is a row by its id.
func (r htRepo[T]) Get(ctx context.Context, id int64) (v T, err error) {
	err = r.db.QueryRowContext(ctx, r.q("SELECT "+r.columns+" FROM "+r.table+" WHERE id = ?"), id).Scan(r.into(&v)...)
	return v, err
}

func htGeneric(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type guest struct{ name, tier string }
	guests := htRepo[guest]{s, "guests", "name, tier", func(g *guest) []any { return []any{&g.name, &g.tier} }}
	for _, id := range pmIDs(ctx, s, "SELECT guest_id FROM invoices WHERE state = 'due' ORDER BY due_at") {
		if _, err := guests.Get(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

type htNumbers interface {
	Number(ctx context.Context, id int64) string
}

type htCached struct {
	next htNumbers
	kept map[string]string
}

func (c htCached) Number(ctx context.Context, id int64) string {
	key := fmt.Sprintf("%d-%d", id, len(c.kept)) // never hits
	if v, is := c.kept[key]; is {
		return v
	}
	c.kept[key] = c.next.Number(ctx, id)
	return c.kept[key]
}

type htTraced struct {
	next htNumbers
	n    *int
}

func (t htTraced) Number(ctx context.Context, id int64) string {
	*t.n++
	return t.next.Number(ctx, id)
}

func htDecorated(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var rooms htNumbers = htCached{htTraced{htRooms{s}, new(int)}, map[string]string{}}
	for _, b := range (htBookings{s}).Where(ctx, "state = 'arrived' ORDER BY from_day DESC") {
		if rooms.Number(ctx, b.room) == "" {
			return errors.New("no room")
		}
	}
	return nil
}

func htRetry(do func() error) (err error) {
	for range 3 {
		if err = do(); err == nil {
			return nil
		}
	}
	return err
}

func htRetried(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var hotels []int64
	try(htRetry(func() error { hotels = pmIDs(ctx, s, "SELECT id FROM hotels ORDER BY code DESC"); return nil }))
	for _, h := range hotels {
		var n int64
		try(htRetry(func() error {
			return s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM rooms WHERE hotel_id = ? AND state = 'free'"), h).Scan(&n)
		}))
	}
	return nil
}

func (b htBookings) Each(ctx context.Context, where string, do func(htBooking) error) error {
	for _, v := range b.Where(ctx, where) {
		if err := do(v); err != nil {
			return err
		}
	}
	return nil
}

func htVisited(ctx context.Context, e *Env) error {
	s := whOpen(e)
	return htBookings{s}.Each(ctx, "total > 25000 ORDER BY ref", func(b htBooking) error {
		var balance int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT balance FROM accounts WHERE guest_id = ?"), b.guest), &balance)
		return nil
	})
}

type htLoader struct {
	whStore
	asked []int64
	names map[int64]string
}

func (l *htLoader) load(ctx context.Context) {
	type guest struct {
		id   int64
		name string
	}
	for _, g := range whScan[guest](l.db.QueryContext(ctx, l.q("SELECT id, name FROM guests WHERE id IN ("+whMarks(len(l.asked))+")"), whArgs(l.asked)...))(func(g *guest) []any { return []any{&g.id, &g.name} }) {
		l.names[g.id] = g.name
	}
	l.asked = nil
}

func (l *htLoader) want(ctx context.Context, id int64, batch int) {
	if l.asked = append(l.asked, id); len(l.asked) >= batch {
		l.load(ctx)
	}
}

func htLoaderOfOne(ctx context.Context, e *Env) error { return htLoad(ctx, e, 1) }

func htLoad(ctx context.Context, e *Env, batch int) error {
	l := htLoader{whStore: whOpen(e), names: map[int64]string{}}
	for _, id := range pmIDs(ctx, l.whStore, "SELECT guest_id FROM reviews WHERE stars > 1 ORDER BY day") {
		l.want(ctx, id, batch)
	}
	if len(l.asked) > 0 {
		l.load(ctx)
	}
	return nil
}

func htPreparedInLoop(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, room := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE kind = 'family' ORDER BY number") {
		stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT day, state FROM tasks WHERE room_id = ?"))
		if err != nil {
			return err
		}
		drain(stmt.QueryContext(ctx, room))
		try(stmt.Close()) //nolint:sqlclosecheck // one for each round
	}
	return nil
}

func htKeyInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM guests WHERE points > 300 ORDER BY points") {
		drain(s.db.QueryContext(ctx, fmt.Sprintf("SELECT ref FROM bookings WHERE guest_id = %d AND state = 'open'", id)))
	}
	return nil
}

func htBoolInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, h := range pairs(s.db.QueryContext(ctx, "SELECT id, stars FROM hotels ORDER BY name")) {
		smoking := map[bool]string{true: "TRUE", false: "FALSE"}[h[1]%2 == 0]
		drain(s.db.QueryContext(ctx, s.q("SELECT number, price FROM rooms WHERE hotel_id = ? AND smoking = "+smoking), h[0]))
	}
	return nil
}

func htSwitch(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, b := range (htBookings{s}).Where(ctx, "id < ? ORDER BY id", 22) {
		switch b.state {
		case "left":
			drain(s.db.QueryContext(ctx, s.q("SELECT number FROM invoices WHERE booking_id = ?"), b.id))
		default:
			drain(s.db.QueryContext(ctx, s.q("SELECT state FROM tasks WHERE room_id = ?"), b.room))
		}
	}
	return nil
}

func htSumOf(ctx context.Context, tx *sql.Tx, query string, guest int64) (sum sql.NullInt64, err error) {
	err = tx.QueryRowContext(ctx, query, guest).Scan(&sum)
	return sum, err
}

func htTxReads(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	for _, guest := range ints(tx.QueryContext(ctx, "SELECT guest_id FROM accounts WHERE balance > 30500 ORDER BY balance DESC")) {
		if _, err := htSumOf(ctx, tx, e.Q("SELECT SUM(amount) FROM points WHERE guest_id = ?"), guest); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func htThreeLevels(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, h := range pmIDs(ctx, s, "SELECT id FROM hotels WHERE stars >= 4 ORDER BY name") {
		for _, r := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE hotel_id = ? ORDER BY price", h) {
			drain(s.db.QueryContext(ctx, s.q("SELECT day, minutes FROM tasks WHERE room_id = ? AND state = 'new'"), r))
		}
	}
	return nil
}
