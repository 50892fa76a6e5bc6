package corpus

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// htSecondCases were written when the others had been run once: what lies beside those that failed, and more loops.
func htSecondCases() []Case {
	return []Case{
		{Name: "hotel/second-count-then-row", About: "count(*) by the key of the table, and then the row", Setup: htOf("guests"), Run: htCountThenRow, Want: pmD("", "guests")},
		{Name: "hotel/second-one-limit-one", About: "SELECT 1 ... LIMIT 1, and then the row by the same id", Setup: htOf("bookings"), Run: htOneLimitOne, Want: pmD("", "bookings")},
		{Name: "hotel/second-nothing-in-two-functions", About: "two services look for an account that is not there, before another table is written", Setup: htOf("accounts outbox"), Run: htNothingInTwo, Want: pmD("", "accounts")},
		{Name: "hotel/second-override-that-is-missing", About: "for each line of a list the same setting is looked for, and is not there: no polling", Setup: htOf("invoice_lines settings"), Run: htOverride, Want: pmD("htSetting", "settings")},
		{Name: "hotel/second-table-called-merge", Systems: htPg, About: "a table called merge, which is read on two lines", Setup: []string{"CREATE TABLE merge (id BIGINT PRIMARY KEY, title VARCHAR(20))", "INSERT INTO merge VALUES (1, 'pool'), (2, 'spa')"}, Run: htTableMerge, Want: pmD("", "merge")},
		{Name: "hotel/second-bun-exists-then-scan", About: "bun: Exists, and then Scan with the same condition", Setup: htOf("guests"), Run: htBunExists, Want: pmD("", "guests")},
		{Name: "hotel/second-two-layouts", About: "one text on one line, the other on three, with other letters", Setup: htOf("rooms"), Run: htTwoLayouts, Want: pmD("", "rooms")},
		{Name: "hotel/second-int-and-int64", About: "the key is an int in one function, and an int64 in the other", Setup: htOf("rooms"), Run: htTwoTypes, Want: pmD("htPriceOf", "rooms")},
		{Name: "hotel/second-day-by-day", About: "a calendar asks for each of seven days: one range and GROUP BY", Setup: htOf("tasks"), Run: htDayByDay, Want: pmN("htDayByDay", "tasks", none)},
		{Name: "hotel/second-rooms-and-days", Values: true, About: "a matrix: for each room of a hotel, for each of three days", Setup: htOf("rooms tasks"), Run: htMatrix, Want: pmN("htMatrix", "tasks", "rooms")},
		{Name: "hotel/second-key-with-prefix", About: "the key is built from the id of the row: 'room-17'", Setup: append(htOf("rooms"), "CREATE TABLE devices (topic VARCHAR(20), state VARCHAR(10))"), Run: htPrefix, Want: pmN("htPrefix", "devices", "")},
		{Name: "hotel/second-insert-ignored", About: "ON CONFLICT DO NOTHING for each pair of a form", Setup: htOf("room_amenities"), Run: htIgnored, Want: pmW("htIgnored", "room_amenities", none)},
		{Name: "hotel/second-order-with-lines", Systems: htNoMySQL, About: "RETURNING gives the key of each invoice, and its line is inserted after it: one loop", Setup: htOf("invoices invoice_lines"), Run: htWithLines, Want: []Want{{Kind: "write-loop", Func: "htWithLines", Parent: none, Also: []string{"INSERT"}}}},
		{Name: "hotel/second-delete-in-one", Values: true, About: "DELETE with a list of one key, for each of a list", Setup: htOf("points"), Run: htDeleteInOne, Want: pmW("htDeleteInOne", "points", "points")},
		{Name: "hotel/second-gorm-after-update", About: "GORM: AfterUpdate logs each task that is saved: one loop", Setup: htOf("tasks audit"), Run: htGormAfter, Want: []Want{{Kind: "write-loop", Parent: "tasks", Also: []string{"INSERT"}}}},
		{Name: "hotel/second-gorm-association-find", About: "GORM: Association.Find for each hotel", Setup: htOf("hotels rooms"), Run: htGormAssociation, Want: pmN("htGormAssociation", "rooms", "hotels")},
		{Name: "hotel/second-transaction-each", About: "each invoice is reminded in a transaction of its own, with no other work", Setup: htOf("invoices outbox"), Run: htTxEach, Want: []Want{{Kind: "write-loop", Parent: "invoices", Also: []string{"INSERT"}}}},
		{Name: "hotel/second-table-called-insert", Systems: htPg, About: "for each user a read of the table insert", Setup: append(htOf("users"), "CREATE TABLE insert (user_id BIGINT, slot VARCHAR(10))"), Run: htFor("SELECT id FROM users ORDER BY login", "SELECT slot FROM insert WHERE user_id = ?"), Want: pmN("htFor.func1", "insert", "users")},
	}
}

func htCountThenRow(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var n int64
	if one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM guests WHERE id = ?"), 17), &n); n == 0 {
		return errors.New("404")
	}
	var name, email string
	one(s.db.QueryRowContext(ctx, s.q("SELECT name, email FROM guests WHERE id = ?"), 17), &name, &email)
	return nil
}

func htOneLimitOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT 1 FROM bookings WHERE id = ? LIMIT 1"), 22), new(int64)) {
		return errors.New("404")
	}
	_ = htBookings{s}.Where(ctx, "id = ?", 22)
	return nil
}

type (
	htWallet struct{ whStore }
	htBonus  struct{ whStore }
)

func (w htWallet) has(ctx context.Context, guest int64) bool {
	return one(w.db.QueryRowContext(ctx, w.q("SELECT balance FROM accounts WHERE guest_id = ?"), guest), new(int64))
}

func (b htBonus) due(ctx context.Context, guest int64) bool {
	var balance int64
	return !one(b.db.QueryRowContext(ctx, b.q("SELECT balance FROM accounts WHERE guest_id = ?"), guest), &balance) || balance > 0
}

func htNothingInTwo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if (htWallet{s}).has(ctx, 29) {
		return errors.New("409")
	}
	if (htBonus{s}).due(ctx, 29) {
		tiExec(ctx, s, "INSERT INTO outbox (topic, payload, state) VALUES ('bonus', ?, 'new')", "29")
	}
	return nil
}

func htOverride(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sum := int64(0)
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT id, amount FROM invoice_lines WHERE amount > 4400 ORDER BY label")) {
		if htSetting(ctx, s, "override") == "" {
			sum += v[1]
		}
	}
	if sum == 0 {
		return errors.New("no lines")
	}
	return nil
}

func htTableMerge(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var first, second string
	one(s.db.QueryRowContext(ctx, s.q("SELECT title FROM merge WHERE id = ?"), 2), &first)
	one(s.db.QueryRowContext(ctx, s.q("SELECT title FROM merge WHERE id = ?"), 2), &second)
	if first != second {
		return errors.New("another title")
	}
	return nil
}

func htBunExists(ctx context.Context, e *Env) error {
	is, err := e.Bun().NewSelect().Model((*htGuestModel)(nil)).Where("email = ?", "g52@example.org").Exists(ctx)
	if err != nil || !is {
		return errors.Join(err, errors.New("404"))
	}
	var g htGuestModel
	return e.Bun().NewSelect().Model(&g).Where("email = ?", "g52@example.org").Scan(ctx)
}

func htTwoLayouts(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var a, b string
	one(s.db.QueryRowContext(ctx, s.q("SELECT number FROM rooms WHERE id = ?"), 6), &a)
	one(s.db.QueryRowContext(ctx, s.q(`
		select number
		from   rooms
		where  id = ?`), 6), &b)
	if a != b {
		return errors.New("another door")
	}
	return nil
}

func htPriceOf(ctx context.Context, s whStore, id any) (price int64) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT price FROM rooms WHERE id = ?"), id), &price)
	return price
}

func htTwoTypes(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if htPriceOf(ctx, s, 7) != htPriceOf(ctx, s, int64(7)) {
		return errors.New("another price")
	}
	return nil
}

func htDayByDay(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var week [7]int64
	for i := range week {
		one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM tasks WHERE maid_id = ? AND day = ?"), 4, 798+i), &week[i])
	}
	return nil
}

func htMatrix(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, room := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE kind = 'double' ORDER BY number DESC") {
		for day := 800; day < 803; day++ {
			drain(s.db.QueryContext(ctx, s.q("SELECT state FROM tasks WHERE room_id = ? AND day = ?"), room, day))
		}
	}
	return nil
}

func htPrefix(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, room := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE kind = 'suite' ORDER BY number DESC") {
		drain(s.db.QueryContext(ctx, s.q("SELECT state FROM devices WHERE topic = ?"), fmt.Sprint("room-", room)))
	}
	return nil
}

func htIgnored(ctx context.Context, e *Env) error {
	s := whOpen(e)
	insert := s.q(tiIgnore(e, "INTO room_amenities (room_id, amenity_id) VALUES (?, ?)"))
	for _, amenity := range []int64{8, 3, 1, 6, 5, 2} { // of the form
		if _, err := s.db.ExecContext(ctx, insert, 17, amenity); err != nil {
			return err
		}
	}
	return nil
}

func htWithLines(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, guest := range []int64{14, 3, 27, 8, 19} { // of the file
		var id int64
		if err := s.db.QueryRowContext(ctx, s.q("INSERT INTO invoices (number, guest_id, amount) VALUES (?, ?, ?) RETURNING id"), fmt.Sprint("F-", i), guest, 900+i).Scan(&id); err != nil {
			return err
		}
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO invoice_lines (invoice_id, label, amount) VALUES (?, 'file', ?)"), id, 900+i); err != nil {
			return err
		}
	}
	return nil
}

func htDeleteInOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM points WHERE amount > ? ORDER BY amount DESC", 80) {
		done(s.db.ExecContext(ctx, s.q("DELETE FROM points WHERE id IN (?)"), id))
	}
	return nil
}

type htLoggedTask struct {
	ID    int64
	State string
	Day   int64
}

func (htLoggedTask) TableName() string { return "tasks" }

// AfterUpdate logs it.
func (t *htLoggedTask) AfterUpdate(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Exec("INSERT INTO audit (actor, action) VALUES ('desk', ?)", fmt.Sprint("task ", t.ID)).Error
}

func htGormAfter(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var tasks []htLoggedTask
	if err := db.Where("day = ?", 803).Order("minutes").Find(&tasks).Error; err != nil {
		return err
	}
	for i := range tasks {
		if err := db.Model(&tasks[i]).Update("state", "done").Error; err != nil {
			return err
		}
	}
	return nil
}

func htGormAssociation(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var hotels []htHotelModel
	if err := db.Where("stars > 4").Order("name").Find(&hotels).Error; err != nil {
		return err
	}
	for i := range hotels {
		if err := db.Model(&hotels[i]).Where("state = ?", "free").Association("Rooms").Find(&hotels[i].Rooms); err != nil {
			return err
		}
	}
	return nil
}

func htTxEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM invoices WHERE state = 'due' ORDER BY due_at DESC") {
		err := s.atomically(ctx, nil, func(s whStore) error {
			tiExec(ctx, s, "UPDATE invoices SET reminded = reminded + 1 WHERE id = ?", id)
			tiExec(ctx, s, "INSERT INTO outbox (topic, payload, state) VALUES ('reminder', ?, 'new')", fmt.Sprint(id))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
