package corpus

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// htWriteCases write a row at a time.
func htWriteCases() []Case {
	return []Case{
		{Name: "hotel/nights-of-an-invoice", About: "the lines of a form are inserted one by one, in a transaction", Setup: htOf("invoice_lines"), Run: htNights, Want: pmW("htNights.func1", "invoice_lines", none)},
		{Name: "hotel/prices-with-a-function", About: "COALESCE with two literals is no list of keys", Setup: htOf("rooms"), Run: htPrices, Want: pmW("htPrices", "rooms", "rooms")},
		{Name: "hotel/four-currencies", Values: true, About: "four rows are read, and each is written: few, and certain", Setup: append(htOf("currencies"), "DELETE FROM currencies WHERE code = 'C07'"), Run: htCurrencies, Want: pmW("htCurrencies", "currencies", "currencies")},
		{Name: "hotel/views-one-by-one", About: "the same UPDATE with the same arguments six times", Setup: htOf("hotels"), Run: htViews, Want: pmW("htViews", "hotels", none)},
		{Name: "hotel/check-out-and-log", About: "each booking is closed and logged, by two functions: one finding", Setup: htOf("bookings audit"), Run: htCheckOut, Want: []Want{{Kind: "write-loop", Parent: "bookings", Also: []string{"INSERT"}}}},
		{Name: "hotel/charge-each-account", About: "an account is read and written for each: one finding, the write's", Setup: htOf("invoices accounts"), Run: htCharge, Want: []Want{{Kind: "write-loop", Table: "accounts", Parent: "invoices", Also: reads}}},
		{Name: "hotel/prune-one-by-one", About: "old events are listed, and deleted each by itself", Setup: htOf("events"), Run: htPrune, Want: pmW("htPrune", "events", "events")},
		{Name: "hotel/guests-who-move", About: "a business table with migration in its name", Setup: htOf("guest_migrations"), Run: htMigrations, Want: pmW("htMigrations", "guest_migrations", none)},
		{Name: "hotel/null-in-the-text", About: "the agency of each guest is written into the text, NULL for some", Setup: htOf("guests"), Run: htNullInText, Want: pmW("htNullInText", "guests", "guests")},
		{Name: "hotel/call-for-each", Values: true, Systems: htPg, About: "CALL for each hotel", Setup: append(htOf("hotels"), "CREATE PROCEDURE close_day(h BIGINT) LANGUAGE sql AS 'UPDATE hotels SET views = 0 WHERE id = h'"), Run: htCall, Want: pmW("htCall", "", "hotels")},
		{Name: "hotel/writing-cte", Values: true, Systems: htPg, About: "a SELECT over a CTE that deletes, for each", Setup: htOf("jobs"), Run: htWritingCTE, Want: pmW("htWritingCTE", "jobs", "jobs")},
		{Name: "hotel/replace-into", Systems: []string{"sqlite", "mysql"}, About: "REPLACE INTO for each rate of a form", Setup: htOf("rates"), Run: htReplace, Want: pmW("htReplace", "rates", none)},
		{Name: "hotel/upsert-each", About: "an upsert for each guest that was counted", Setup: htOf("bookings accounts"), Run: htUpserts, Want: pmW("htUpserts", "accounts", "bookings")},
		{Name: "hotel/goroutines-write", About: "a goroutine for each task writes its room", Setup: htOf("tasks rooms"), Run: htGoroutines, Want: pmW("", "rooms", "tasks")},
		{Name: "hotel/buffer-of-one", Values: true, About: "a buffer that is flushed after each element", Setup: htOf("outbox guests"), Run: htBufferOfOne, Want: pmW("flush", "outbox", "guests")},
		{Name: "hotel/moved-row-by-row", Values: true, About: "INSERT ... SELECT and DELETE for each row that is archived: one loop", Setup: append(htOf("reviews"), "CREATE TABLE old_reviews (id BIGINT, hotel_id BIGINT, stars BIGINT)"), Run: htArchive, Want: []Want{{Kind: "write-loop", Func: "htArchive.func1", Parent: "reviews", Also: []string{"DELETE"}}}},
	}
}

func htNights(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for night, amount := range []int64{9100, 9100, 11900, 11900, 8700, 500} { // of the form
			if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO invoice_lines (invoice_id, label, amount) VALUES (?, ?, ?)"), 14, fmt.Sprint("night ", night), amount); err != nil {
				return err
			}
		}
		return nil
	})
}

func htPrices(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE floor IN (2, 4) ORDER BY number DESC") {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE rooms SET state = COALESCE(NULLIF(state, 'dirty'), 'clean'), note = COALESCE(note, 'a', 'b') WHERE id = ?"), id); err != nil {
			return err
		}
	}
	return nil
}

func htCurrencies(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, code := range pmTexts(ctx, s, "SELECT code FROM currencies ORDER BY rate DESC") {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE currencies SET rate = ? WHERE code = ?"), 70+i*3, code); err != nil {
			return err
		}
	}
	return nil
}

func htViews(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for range 6 { // visitors
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE hotels SET views = views + 1 WHERE id = ?"), 9); err != nil {
			return err
		}
	}
	return nil
}

func (b htBookings) leave(ctx context.Context, id int64) {
	done(b.db.ExecContext(ctx, b.q("UPDATE bookings SET state = 'left' WHERE id = ?"), id))
}

type htAudit struct{ whStore }

func (a htAudit) log(ctx context.Context, action string) {
	done(a.db.ExecContext(ctx, a.q("INSERT INTO audit (actor, action) VALUES ('desk', ?)"), action))
}

func htCheckOut(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, b := range (htBookings{s}).Where(ctx, "state = 'arrived' AND to_day < ? ORDER BY room_id", 800) {
		htBookings{s}.leave(ctx, b.id)
		htAudit{s}.log(ctx, b.ref+" has left")
	}
	return nil
}

func htCharge(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT guest_id, amount FROM invoices WHERE state = 'due' ORDER BY number")) {
		var state string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM accounts WHERE guest_id = ?"), v[0]), &state) {
			state = "none"
		}
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE accounts SET balance = balance - ? WHERE guest_id = ?"), v[1], v[0]); err != nil {
			return err
		}
	}
	return nil
}

func htPrune(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM events WHERE day < ? ORDER BY day DESC", 520) {
		if n := done(s.db.ExecContext(ctx, s.q("DELETE FROM events WHERE id = ?"), id)); n != 1 {
			return errors.New("it is gone")
		}
	}
	return nil
}

func htMigrations(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, guest := range []int64{4, 19, 22, 7, 30} { // of the form
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO guest_migrations (guest_id, from_hotel, to_hotel) VALUES (?, ?, ?)"), guest, 3, 8); err != nil {
			return err
		}
	}
	return nil
}

func htNullInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, id := range pmIDs(ctx, s, "SELECT id FROM guests WHERE country = 'pt' ORDER BY email") {
		text := fmt.Sprintf("UPDATE guests SET agency_id = %s WHERE id = %d", []string{"NULL", "2", "3"}[i%3], id)
		if _, err := s.db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func htCall(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM hotels ORDER BY name") {
		if _, err := s.db.ExecContext(ctx, s.q("CALL close_day(?)"), id); err != nil {
			return err
		}
	}
	return nil
}

func htWritingCTE(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM jobs ORDER BY payload DESC") {
		var n int64
		one(s.db.QueryRowContext(ctx, s.q("WITH gone AS (DELETE FROM jobs WHERE id = ? RETURNING id) SELECT count(*) FROM gone"), id), &n)
	}
	return nil
}

func htReplace(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, kind := range []string{"single", "double", "suite", "family", "loft"} { // of the form
		if _, err := s.db.ExecContext(ctx, "REPLACE INTO rates (kind, season, price) VALUES (?, ?, ?)", kind, "season-9", 9000+i*500); err != nil {
			return err
		}
	}
	return nil
}

func htUpserts(ctx context.Context, e *Env) error {
	s := whOpen(e)
	upsert := "INSERT INTO accounts (guest_id, balance, state, version) VALUES (?, ?, 'active', 1) ON CONFLICT (guest_id) DO UPDATE SET balance = excluded.balance"
	if e.System == "mysql" {
		upsert = "INSERT INTO accounts (guest_id, balance, state, version) VALUES (?, ?, 'active', 1) ON DUPLICATE KEY UPDATE balance = VALUES(balance)"
	}
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT guest_id, count(*) FROM bookings GROUP BY guest_id ORDER BY guest_id DESC")) {
		if _, err := s.db.ExecContext(ctx, s.q(upsert), v[0], v[1]*100); err != nil {
			return err
		}
	}
	return nil
}

func htGoroutines(ctx context.Context, e *Env) error {
	s := whOpen(e)
	g, gctx := errgroup.WithContext(ctx)
	for _, room := range pmIDs(ctx, s, "SELECT room_id FROM tasks WHERE day = ? ORDER BY minutes", 802) {
		g.Go(func() error {
			_, err := s.db.ExecContext(gctx, s.q("UPDATE rooms SET state = 'clean' WHERE id = ?"), room)
			return err
		})
	}
	return g.Wait()
}

type htBuffer struct {
	whStore
	size int
	rows []any
}

func (b *htBuffer) add(ctx context.Context, payload string) {
	if b.rows = append(b.rows, payload); len(b.rows) >= b.size {
		b.flush(ctx)
	}
}

func (b *htBuffer) flush(ctx context.Context) {
	if len(b.rows) == 0 {
		return
	}
	text := "INSERT INTO outbox (topic, state, payload) VALUES ('mail', 'new', ?)"
	for range b.rows[1:] {
		text += ", ('mail', 'new', ?)"
	}
	done(b.db.ExecContext(ctx, b.q(text), b.rows...))
	b.rows = nil
}

func htBuffered(ctx context.Context, e *Env, size int) error {
	b := htBuffer{whStore: whOpen(e), size: size}
	for _, email := range pmTexts(ctx, b.whStore, "SELECT email FROM guests WHERE points > 150 ORDER BY country, points") {
		b.add(ctx, email)
	}
	b.flush(ctx)
	return nil
}

func htBufferOfOne(ctx context.Context, e *Env) error { return htBuffered(ctx, e, 1) }

func htArchive(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, id := range pmIDs(ctx, s, "SELECT id FROM reviews WHERE day < ? ORDER BY stars", 615) {
			done(s.db.ExecContext(ctx, s.q("INSERT INTO old_reviews (id, hotel_id, stars) SELECT id, hotel_id, stars FROM reviews WHERE id = ?"), id))
			done(s.db.ExecContext(ctx, s.q("DELETE FROM reviews WHERE id = ?"), id))
		}
		return nil
	})
}
