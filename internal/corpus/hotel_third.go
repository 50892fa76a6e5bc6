package corpus

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/uptrace/bun"
	"gorm.io/gorm"
)

// htThirdCases are loops that the standard library runs, more of transactions, and what lies beside them.
func htThirdCases() []Case {
	return []Case{
		{Name: "hotel/third-marshal-json", About: "MarshalJSON of each element reads its room", Setup: htOf("tasks rooms"), Run: htMarshal, Want: pmN("MarshalJSON", "rooms", "tasks")},
		{Name: "hotel/third-template", About: "a template ranges over guests, and calls a method that reads", Setup: htOf("guests points"), Run: htTemplate, Want: pmN("Sum", "points", "guests")},
		{Name: "hotel/third-comparator", Values: true, About: "the comparison of a sort reads two rows each time: keys that repeat", Setup: htOf("hotels reviews"), Run: htComparator, Want: pmN("stars", "reviews", "hotels")},
		{Name: "hotel/third-prepared-in-tx", About: "a prepared INSERT of a transaction, for each line of a file: the loop is over a function, whose body has a name of its own", Setup: htOf("points"), Run: htPreparedInTx, Want: pmW("htPreparedInTx-range1", "points", none)},
		{Name: "hotel/third-gorm-transaction", About: "GORM: a transaction around a Delete of each", Setup: htOf("tasks"), Run: htGormTx, Want: pmW("htGormTx.func1", "tasks", "tasks")},
		{Name: "hotel/third-sqlx-named-stmt", About: "sqlx: a named statement, prepared once", Setup: htOf("tasks"), Run: htNamedStmt, Want: pmW("htNamedStmt", "tasks", none)},
		{Name: "hotel/third-three-by-three", Values: true, About: "three hotels, and three statements for each: one finding", Setup: htOf("hotels rooms photos reviews"), Run: htThreeByThree, Want: []Want{{Kind: "n+1", Parent: "hotels", Also: []string{"SELECT", "SELECT"}}}},
		{Name: "hotel/third-with-children", About: "lines and invoice are deleted for each invoice of a list", Setup: htOf("invoices invoice_lines"), Run: htWithChildren, Want: []Want{{Kind: "write-loop", Parent: "invoices", Also: []string{"DELETE"}}}},
		{Name: "hotel/third-pages-of-one-row", About: "a cursor of the team's own reads one row after another: id > ? LIMIT 1", Setup: htOf("bookings"), Run: htPagesOfOneRow, Want: pmN("Next", "bookings", none)},
		{Name: "hotel/third-join-of-update", Systems: htPg, About: "a table called update is read with its alias, for each user", Setup: append(htOf("users"), "CREATE TABLE update (user_id BIGINT, title VARCHAR(20))"), Run: htFor("SELECT id FROM users ORDER BY login", "SELECT u.title FROM update u WHERE u.user_id = ?"), Want: pmN("htFor.func1", "update", "users")},
		{Name: "hotel/third-comma-insert", Systems: htPg, About: "insert is the second table of the list, and written in between: the second read is none too many", Setup: append(htOf("users"), "CREATE TABLE insert (user_id BIGINT, slot BIGINT)"), Run: htSequence("SELECT u.login, insert.slot FROM users u, insert WHERE insert.user_id = u.id AND u.id = ?", 3, ";", "!INSERT INTO insert (user_id, slot) VALUES (?, ?)", 3, 8, ";", "SELECT u.login, insert.slot FROM users u, insert WHERE insert.user_id = u.id AND u.id = ?", 3)},
		{Name: "hotel/third-cancelled", About: "between batches a job looks whether it was cancelled: it must look again", Setup: htOf("jobs points"), Run: htCancelled},
		{Name: "hotel/third-bun-in-tx", About: "bun: RunInTx with two bulk INSERTs", Setup: htOf("tasks reviews"), Run: htBunTx},
		{Name: "hotel/third-clean-twice", About: "the same DELETE at the begin and the end of a job", Setup: htOf("events points"), Run: htCleanTwice},
		{Name: "hotel/third-sorted-by-map", About: "the sort compares what one read has given", Setup: htOf("hotels reviews"), Run: htSortedByMap},
		{Name: "hotel/third-template-of-joined", About: "a template over rows of one JOIN", Setup: htOf("guests points"), Run: htTemplateOfJoined},
	}
}

type htTaskJSON struct {
	s        whStore
	ctx      context.Context //nolint:containedctx // as handlers of JSON do
	id, room int64
}

// MarshalJSON writes a task with the number of its room.
func (t htTaskJSON) MarshalJSON() ([]byte, error) {
	var number string
	if err := t.s.db.QueryRowContext(t.ctx, t.s.q("SELECT number FROM rooms WHERE id = ?"), t.room).Scan(&number); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"id": t.id, "room": number})
}

func htMarshal(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var list []htTaskJSON
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT id, room_id FROM tasks WHERE day = 802 ORDER BY minutes DESC")) {
		list = append(list, htTaskJSON{s, ctx, v[0], v[1]})
	}
	_, err := json.Marshal(list)
	return err
}

type htGuestView struct {
	s    whStore
	ctx  context.Context //nolint:containedctx // a template gives none
	ID   int64
	Name string
}

// Sum is for the template.
func (g htGuestView) Sum() (int64, error) {
	var sum sql.NullInt64
	err := g.s.db.QueryRowContext(g.ctx, g.s.q("SELECT SUM(amount) FROM points WHERE guest_id = ?"), g.ID).Scan(&sum)
	return sum.Int64, err
}

var htPage = template.Must(template.New("page").Parse("{{range .}}{{.Name}}: {{.Sum}}\n{{end}}"))

func htTemplate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	list := whScan[htGuestView](s.db.QueryContext(ctx, s.q("SELECT id, name FROM guests WHERE country = ? ORDER BY email"), "jp"))(func(g *htGuestView) []any {
		g.s, g.ctx = s, ctx
		return []any{&g.ID, &g.Name}
	})
	return htPage.Execute(new(strings.Builder), list)
}

type htRanking struct{ whStore }

func (r htRanking) stars(ctx context.Context, hotel int64) (stars float64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT COALESCE(AVG(stars), 0) FROM reviews WHERE hotel_id = ?"), hotel), &stars)
	return stars
}

func htComparator(ctx context.Context, e *Env) error {
	r := htRanking{whOpen(e)}
	hotels := pmIDs(ctx, r.whStore, "SELECT id FROM hotels ORDER BY name")
	slices.SortFunc(hotels, func(a, b int64) int { return int(r.stars(ctx, b) - r.stars(ctx, a)) })
	return nil
}

func htPreparedInTx(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()                                                                                             //nolint:errcheck // after a commit it does nothing
	stmt, err := tx.PrepareContext(ctx, e.Q("INSERT INTO points (guest_id, amount, reason) VALUES (?, ?, 'file')")) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq("4;50 9;60 22;10 17;5 30;90 2;40", " ") {
		var guest, amount int64
		if _, err := fmt.Sscanf(line, "%d;%d", &guest, &amount); err != nil {
			return err
		}
		if _, err := stmt.ExecContext(ctx, guest, amount); err != nil {
			return err
		}
	}
	return errors.Join(stmt.Close(), tx.Commit())
}

func htGormTx(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var tasks []htTaskModel
		if err := tx.Where("day = ?", 800).Order("minutes").Find(&tasks).Error; err != nil {
			return err
		}
		for i := range tasks {
			if err := tx.Delete(&tasks[i]).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

func htNamedStmt(ctx context.Context, e *Env) error {
	stmt, err := e.SQLX().PrepareNamedContext(ctx, "INSERT INTO tasks (room_id, maid_id, day, state) VALUES (:room_id, :maid_id, :day, :state)")
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for _, t := range htNewTasks(6) {
		if _, err := stmt.ExecContext(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func htThreeByThree(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, hotel := range pmIDs(ctx, s, "SELECT id FROM hotels WHERE id IN (11, 4, 7) ORDER BY name") {
		drain(s.db.QueryContext(ctx, s.q("SELECT number FROM rooms WHERE hotel_id = ?"), hotel))
		drain(s.db.QueryContext(ctx, s.q("SELECT url FROM photos WHERE hotel_id = ?"), hotel))
		drain(s.db.QueryContext(ctx, s.q("SELECT body FROM reviews WHERE hotel_id = ?"), hotel))
	}
	return nil
}

func htWithChildren(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, id := range pmIDs(ctx, s, "SELECT id FROM invoices WHERE amount < ? ORDER BY number DESC", 17000) {
			tiExec(ctx, s, "DELETE FROM invoice_lines WHERE invoice_id = ?", id)
			tiExec(ctx, s, "DELETE FROM invoices WHERE id = ?", id)
		}
		return nil
	})
}

type htCursorOfOne struct {
	whStore
	last int64
	ref  string
}

// Next reads the next booking.
func (c *htCursorOfOne) Next(ctx context.Context) bool {
	return one(c.db.QueryRowContext(ctx, c.q("SELECT id, ref FROM bookings WHERE id > ? ORDER BY id LIMIT 1"), c.last), &c.last, &c.ref)
}

func htPagesOfOneRow(ctx context.Context, e *Env) error {
	n := 0
	for c := (htCursorOfOne{whStore: whOpen(e)}); c.Next(ctx); {
		n++
	}
	if n != 40 {
		return fmt.Errorf("%d bookings", n)
	}
	return nil
}

func htCancelled(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for from := 0; from < 45; from += 9 {
		var state string
		if one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM jobs WHERE id = ?"), 6), &state); state == "cancelled" {
			return nil
		}
		done(s.db.ExecContext(ctx, s.q("UPDATE points SET reason = 'old' WHERE id > ? AND id <= ?"), from, from+9))
	}
	return nil
}

func htBunTx(ctx context.Context, e *Env) error {
	return e.Bun().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		tasks := htNewTasks(12)
		if _, err := tx.NewInsert().Model(&tasks).Exec(ctx); err != nil {
			return err
		}
		reviews := []htReviewModel{{HotelID: 3, GuestID: 4, Stars: 5}, {HotelID: 3, GuestID: 9, Stars: 2}}
		_, err := tx.NewInsert().Model(&reviews).Exec(ctx)
		return err
	})
}

func htCleanTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiDo := func(query string, args ...any) { done(s.db.ExecContext(ctx, s.q(query), args...)) }
	tiDo("DELETE FROM events WHERE day < ?", 510)
	tiDo("INSERT INTO events (guest_id, kind, day) SELECT guest_id, 'points', 505 + amount FROM points WHERE amount < ?", 60)
	tiDo("DELETE FROM events WHERE day < ?", 510)
	return nil
}

func htSortedByMap(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stars := map[int64]int64{}
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT hotel_id, SUM(stars) FROM reviews GROUP BY hotel_id")) {
		stars[v[0]] = v[1]
	}
	hotels := pmIDs(ctx, s, "SELECT id FROM hotels ORDER BY name")
	slices.SortFunc(hotels, func(a, b int64) int { return int(stars[b] - stars[a]) })
	return nil
}

func htTemplateOfJoined(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type line struct {
		Name string
		Sum  int64
	}
	list := whScan[line](s.db.QueryContext(ctx, "SELECT g.name, COALESCE(SUM(p.amount), 0) FROM guests g LEFT JOIN points p ON p.guest_id = g.id GROUP BY g.id, g.name ORDER BY g.id"))(func(l *line) []any { return []any{&l.Name, &l.Sum} })
	return htPage.Execute(new(strings.Builder), list)
}
