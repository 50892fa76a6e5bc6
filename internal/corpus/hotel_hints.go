package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// htHintCases are races between a read and a write, and what prevents them.
func htHintCases() []Case {
	insert := "!INSERT INTO guests (name, email, points, deleted_at) VALUES ('new', ?, 0, 0)"
	return []Case{
		{Name: "hotel/balance-in-go", About: "the balance is read, less the price, and written", Setup: htOf("accounts"), Run: htBalance, Want: csLost("accounts")},
		{Name: "hotel/balance-and-state", Values: true, About: "a computed column, and a plain one beside it", Setup: htOf("accounts"), Run: htSequence("SELECT balance, state FROM accounts WHERE guest_id = ?", 7, ";", "!UPDATE accounts SET balance = ?, state = 'active' WHERE guest_id = ?", 12000, 7), Want: csLost("accounts")},
		{Name: "hotel/gorm-balance", About: "GORM: First, and Update with the difference", Setup: htOf("accounts"), Run: htGormBalance, Want: csLost("accounts")},
		{Name: "hotel/balance-in-transaction", Systems: htServers, About: "READ COMMITTED prevents nothing", Setup: htOf("accounts"), Run: htBalanceTx(nil, ""), Want: csLost("accounts")},
		{Name: "hotel/balance-serializable", Systems: htServers, About: "SERIALIZABLE", Setup: htOf("accounts"), Run: htBalanceTx(&sql.TxOptions{Isolation: sql.LevelSerializable}, "")},
		{Name: "hotel/balance-locked", Systems: htServers, About: "FOR UPDATE", Setup: htOf("accounts"), Run: htBalanceTx(nil, " FOR UPDATE")},
		{Name: "hotel/balance-in-sqlite", Systems: []string{"sqlite"}, About: "a transaction of SQLite", Setup: htOf("accounts"), Run: htBalanceTx(nil, "")},
		{Name: "hotel/balance-by-version", About: "AND version = ?", Setup: htOf("accounts"), Run: htSequence("SELECT balance, version FROM accounts WHERE guest_id = ?", 7, ";", "!UPDATE accounts SET balance = ?, version = version + 1 WHERE guest_id = ? AND version = ?", 12000, 7, 1)},
		{Name: "hotel/balance-in-sql", About: "it is checked in Go and computed in SQL", Setup: htOf("accounts"), Run: htSequence("SELECT balance FROM accounts WHERE guest_id = ?", 7, ";", "!UPDATE accounts SET balance = balance - ? WHERE guest_id = ?", 900, 7)},
		{Name: "hotel/form-of-a-guest", About: "SET of what the user typed", Setup: htOf("guests"), Run: htSequence("SELECT id FROM guests WHERE id = ?", 9, ";", "!UPDATE guests SET name = ?, country = ? WHERE id = ?", "Ada", "pt", 9)},
		{Name: "hotel/email-of-others", About: "id <> ? is no key", Setup: htOf("guests"), Run: htSequence("SELECT id, email FROM guests WHERE email = ? AND id <> ?", "x@example.org", 9, ";", "!UPDATE guests SET email = ? WHERE id = ?", "x@example.org", 9)},
		{Name: "hotel/limit-is-no-key", About: "eight rooms, and the room 8 is written", Setup: htOf("rooms"), Run: htSequence("SELECT price FROM rooms WHERE hotel_id = ? ORDER BY price LIMIT ?", 3, 8, ";", "!UPDATE rooms SET price = ? WHERE id = ?", 7700, 8)},
		{Name: "hotel/count-then-insert", About: "count(*) by the address, and an INSERT of it", Setup: htOf("guests"), Run: htSequence("SELECT count(*) FROM guests WHERE email = ?", "n@example.org", ";", insert, "n@example.org"), Want: csRace("guests")},
		{Name: "hotel/exists-then-insert", About: "EXISTS, and an INSERT", Setup: htOf("guests"), Run: htSequence("SELECT EXISTS(SELECT 1 FROM guests WHERE email = ? AND deleted_at = 0)", "n@example.org", ";", insert, "n@example.org"), Want: csRace("guests")},
		{Name: "hotel/second-exists-of-key-alone", About: "EXISTS of the address alone, and an INSERT", Setup: htOf("guests"), Run: htSequence("SELECT EXISTS(SELECT 1 FROM guests WHERE email = ?)", "n@example.org", ";", insert, "n@example.org"), Want: csRace("guests")},
		{Name: "hotel/second-row-not-deleted", About: "the row is looked for by its address where it is not deleted, and an INSERT", Setup: htOf("guests"), Run: htSequence("SELECT id FROM guests WHERE email = ? AND deleted_at = 0", "n@example.org", ";", insert, "n@example.org"), Want: csRace("guests")},
		{Name: "hotel/second-two-columns", About: "a day of a room is looked for, and booked", Setup: htOf("tasks"), Run: htSequence("SELECT count(*) FROM tasks WHERE room_id = ? AND day = ?", 4, 950, ";", "!INSERT INTO tasks (room_id, maid_id, day, state) VALUES (?, ?, ?, 'new')", 4, 3, 950), Want: csRace("tasks")},
		{Name: "hotel/update-or-insert", About: "an UPDATE that hits nothing, and an INSERT: an upsert", Setup: htOf("accounts"), Run: htUpdateOrInsert, Want: csRace("accounts")},
		{Name: "hotel/gorm-first-then-create", About: "GORM: First finds nothing, Create", Setup: htOf("guests"), Run: htGormFirstCreate, Want: csRace("guests")},
		{Name: "hotel/insert-or-nothing", About: "the look is followed by an INSERT that leaves a row alone", Setup: htOf("settings"), Run: htInsertOrNothing},
		{Name: "hotel/empty-list-of-another", About: "no open invoice, and then a review is written", Setup: htOf("invoices reviews"), Run: htSequence("SELECT id FROM invoices WHERE guest_id = ? AND state = 'void'", 4, ";", "!INSERT INTO reviews (hotel_id, guest_id, stars, body) VALUES (?, ?, 5, 'fine')", 7, 4)},
		{Name: "hotel/empty-before-seeds", About: "is the table empty? then it is seeded", Setup: htOf("outbox"), Run: htSequence("SELECT count(*) FROM outbox", ";", "!INSERT INTO outbox (topic, payload, state) VALUES ('start', ?, 'new')", "x")},
		{Name: "hotel/second-look-under-mutex", About: "a look, the mutex, a second look and the INSERT", Setup: htOf("settings"), Run: htUnderMutex},
		{Name: "hotel/insert-where-not-exists", About: "the INSERT itself looks", Setup: htOf("guests"), Run: htWhereNotExists},
	}
}

func htBalance(ctx context.Context, e *Env) error {
	var balance int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT balance FROM accounts WHERE guest_id = ?"), 11), &balance)
	if balance -= 470; balance < 0 {
		return errors.New("402")
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE accounts SET balance = ? WHERE guest_id = ?"), balance, 11))
	return nil
}

func htGormBalance(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var a htAccountModel
	if err := db.First(&a, 13).Error; err != nil {
		return err
	}
	return db.Model(&a).Update("balance", a.Balance-150).Error
}

func htBalanceTx(opts *sql.TxOptions, lock string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		return whOpen(e).atomically(ctx, opts, func(s whStore) error {
			var balance int64
			one(s.db.QueryRowContext(ctx, s.q("SELECT balance FROM accounts WHERE guest_id = ?"+lock), 5), &balance)
			done(s.db.ExecContext(ctx, s.q("UPDATE accounts SET balance = ? WHERE guest_id = ?"), balance-333, 5))
			return nil
		})
	}
}

func htUpdateOrInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if n := done(s.db.ExecContext(ctx, s.q("UPDATE accounts SET balance = ? WHERE guest_id = ?"), 500, 77)); n > 0 {
		return fmt.Errorf("%d rows", n)
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO accounts (guest_id, balance, state, version) VALUES (?, ?, 'active', 1)"), 77, 500))
	return nil
}

func htGormFirstCreate(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var g htGuestModel
	if err := db.Where("email = ?", "new@example.org").First(&g).Error; err == nil {
		return errors.New("409")
	}
	return db.Create(&htGuestModel{Name: "new", Email: "new@example.org"}).Error
}

func htInsertOrNothing(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if htSetting(ctx, s, "greeting") == "" {
		tiExec(ctx, s, tiIgnore(e, "INTO settings (name, value) VALUES ('greeting', ?)"), "hello")
	}
	return nil
}

func htWhereNotExists(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM guests WHERE name = ?"), "guest 4"), new(int64)) {
		return errors.New("404")
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO guests (name, email, points) SELECT 'x', 'x@example.org', 0 WHERE NOT EXISTS (SELECT 1 FROM guests WHERE email = ?)"), "x@example.org"))
	return nil
}
