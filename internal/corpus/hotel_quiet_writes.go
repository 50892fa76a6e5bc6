package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// htQuietWriteCases are batches of writes, workers, retries and set-up.
func htQuietWriteCases() []Case {
	return []Case{
		{Name: "hotel/several-values", About: "thirty nights in six INSERTs of five", Setup: htOf("invoice_lines"), Run: htSeveralValues},
		{Name: "hotel/update-from-values", Systems: htPg, About: "one UPDATE FROM VALUES", Setup: htOf("rooms"), Run: htSequence("!UPDATE rooms SET price = v.price FROM (VALUES (3, 9000), (4, 9100), (9, 9900)) AS v(id, price) WHERE rooms.id = v.id AND rooms.floor > ?", 0)},
		{Name: "hotel/worker-of-jobs", Systems: htServers, About: "a worker claims a job, does it, commits, and takes the next", Setup: htOf("jobs"), Run: htWorker},
		{Name: "hotel/delete-by-limit", Systems: htNoMySQL, About: "old points are deleted by fives until none is left", Setup: htOf("points"), Run: htDeleteByLimit},
		{Name: "hotel/update-by-ranges", About: "an UPDATE over ranges of ids, in steps", Setup: htOf("points"), Run: htUpdateRanges},
		{Name: "hotel/code-until-free", About: "a random code is inserted again while it is taken", Setup: htOf("bookings"), Run: htCodeUntilFree},
		{Name: "hotel/migrator", About: "a migrator of the team's own: DDL, and a row for each version", Run: htMigrator},
		{Name: "hotel/table-with-defaults", About: "a table is made at the first start, and filled", Run: htDefaults},
		{Name: "hotel/columns-of-each-table", Systems: htServers, About: "the schema is read, table by table", Setup: htOf("hotels rooms guests bookings rates invoices"), Run: htIntrospect},
		{Name: "hotel/auto-migrate", About: "GORM: AutoMigrate of four models", Run: htAutoMigrate},
		{Name: "hotel/two-accounts", About: "money goes from one account to another: two UPDATEs", Setup: htOf("accounts points"), Run: htTransfer},
		{Name: "hotel/buffer-of-eight", About: "a buffer that is flushed at eight", Setup: htOf("outbox guests"), Run: func(ctx context.Context, e *Env) error { return htBuffered(ctx, e, 8) }},
		{Name: "hotel/insert-select", About: "INSERT with SELECT, and one DELETE", Setup: htOf("reviews events"), Run: htSequence("!INSERT INTO events (guest_id, kind, day) SELECT guest_id, 'review', day FROM reviews WHERE stars > ?", 2, ";", "!DELETE FROM reviews WHERE stars > ?", 2)},
		{Name: "hotel/booking-with-four-parts", About: "one booking writes five tables, by five functions of a line each", Setup: htOf("bookings invoices invoice_lines outbox audit rooms"), Run: htBook},
		{Name: "hotel/three-lines-of-a-form", About: "three rows of a form, one by one: below what a batch would save", Setup: htOf("invoice_lines"), Run: htThreeLines},
	}
}

func htSeveralValues(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for invoice := range 6 {
		var args []any
		for night := range 5 {
			args = append(args, invoice+1, fmt.Sprint("night ", night), 9000+night*invoice)
		}
		done(s.db.ExecContext(ctx, s.q("INSERT INTO invoice_lines (invoice_id, label, amount) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", 5), ", ")), args...))
	}
	return nil
}

func htWorker(ctx context.Context, e *Env) error {
	for {
		left := false
		err := whOpen(e).atomically(ctx, nil, func(s whStore) error {
			var id int64
			var payload string
			if left = one(s.db.QueryRowContext(ctx, "SELECT id, payload FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), &id, &payload); !left {
				return nil
			}
			tiExec(ctx, s, "UPDATE jobs SET state = 'done', attempts = attempts + 1 WHERE id = ?", id)
			return nil
		})
		if err != nil || !left {
			return err
		}
	}
}

func htDeleteByLimit(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for {
		if done(s.db.ExecContext(ctx, s.q("DELETE FROM points WHERE id IN (SELECT id FROM points WHERE amount < ? ORDER BY id LIMIT 5)"), 85)) == 0 {
			return nil
		}
	}
}

func htUpdateRanges(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for from := 0; from < 48; from += 8 {
		done(s.db.ExecContext(ctx, s.q("UPDATE points SET reason = 'old' WHERE id > ? AND id <= ?"), from, from+8))
	}
	return nil
}

func htCodeUntilFree(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for try := range 8 {
		code := fmt.Sprintf("B%04d", (try+1)*271) // it is random, elsewhere
		if try == 6 {
			code = "B-free"
		}
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO bookings (ref, guest_id, room_id, state) VALUES (?, ?, ?, 'open')"), code, 8, 3); err == nil {
			return nil
		}
	}
	return errors.New("no code is free")
}

func htMigrator(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiDDL := func(text string) { done(s.db.ExecContext(ctx, text)) }
	tiDDL("CREATE TABLE IF NOT EXISTS applied (version BIGINT PRIMARY KEY, title VARCHAR(30))")
	for i, step := range []string{"CREATE TABLE pools (id BIGINT)", "ALTER TABLE pools ADD COLUMN depth BIGINT", "CREATE INDEX pools_depth ON pools (depth)", "CREATE TABLE saunas (id BIGINT)", "ALTER TABLE saunas ADD COLUMN heat BIGINT", "CREATE TABLE bars (id BIGINT)"} {
		var n int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM applied WHERE version = ?"), i+1), &n)
		if n > 0 {
			continue
		}
		tiDDL(step)
		done(s.db.ExecContext(ctx, s.q("INSERT INTO applied (version, title) VALUES (?, ?)"), i+1, step[:12]))
	}
	return nil
}

func htDefaults(ctx context.Context, e *Env) error {
	s := whOpen(e)
	done(s.db.ExecContext(ctx, "CREATE TABLE tariffs (code VARCHAR(10) PRIMARY KEY, price BIGINT)"))
	for i, code := range []string{"flex", "early", "week", "month", "group", "staff"} {
		done(s.db.ExecContext(ctx, s.q("INSERT INTO tariffs (code, price) VALUES (?, ?)"), code, 100*i))
	}
	return nil
}

func htIntrospect(ctx context.Context, e *Env) error {
	s := whOpen(e)
	schema := map[string]string{"postgres": "current_schema()", "mysql": "DATABASE()"}[e.System]
	for _, table := range pmTexts(ctx, s, "SELECT table_name FROM information_schema.tables WHERE table_schema = "+schema+" ORDER BY table_name") {
		drain(s.db.QueryContext(ctx, s.q("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = "+schema+" AND table_name = ? ORDER BY ordinal_position"), table))
	}
	return nil
}

func htAutoMigrate(ctx context.Context, e *Env) error {
	type pool struct {
		ID    int64
		Name  string `gorm:"size:20"`
		Depth int64  `gorm:"index"`
	}
	type sauna struct {
		ID   int64
		Heat int64 `gorm:"index"`
	}
	type bar struct {
		ID    int64
		Seats int64
	}
	type lift struct {
		ID    int64
		Floor int64 `gorm:"index"`
	}
	return e.GORM().WithContext(ctx).AutoMigrate(&pool{}, &sauna{}, &bar{}, &lift{})
}

func htTransfer(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "UPDATE accounts SET balance = balance - ? WHERE guest_id = ? AND balance >= ?", 700, 4, 700)
		tiExec(ctx, s, "UPDATE accounts SET balance = balance + ? WHERE guest_id = ?", 700, 17)
		tiExec(ctx, s, "INSERT INTO points (guest_id, amount, reason) VALUES (?, ?, 'gift')", 17, 7)
		return nil
	})
}

func htBook(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		steps := []func(){
			func() {
				tiExec(ctx, s, "INSERT INTO bookings (ref, guest_id, room_id, state) VALUES ('B-NEW', ?, ?, 'open')", 8, 3)
			},
			func() {
				tiExec(ctx, s, "INSERT INTO invoices (number, booking_id, guest_id, amount) VALUES ('R-NEW', ?, ?, ?)", 41, 8, 9000)
			},
			func() {
				tiExec(ctx, s, "INSERT INTO invoice_lines (invoice_id, label, amount) VALUES (?, 'night', ?)", 25, 9000)
			},
			func() { tiExec(ctx, s, "UPDATE rooms SET state = 'booked' WHERE id = ?", 3) },
			func() {
				tiExec(ctx, s, "INSERT INTO outbox (topic, payload, state) VALUES ('booked', ?, 'new')", "B-NEW")
			},
			func() { tiExec(ctx, s, "INSERT INTO audit (actor, action) VALUES ('desk', ?)", "books B-NEW") },
		}
		for _, step := range steps {
			step()
		}
		return nil
	})
}

func htThreeLines(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, label := range []string{"night", "breakfast", "parking"} { // of the form
		done(s.db.ExecContext(ctx, s.q("INSERT INTO invoice_lines (invoice_id, label, amount) VALUES (?, ?, 900)"), 3, label))
	}
	return nil
}
