package corpus

import (
	"context"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

func lbHoldsRanOut(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM reservations WHERE made_at < ? AND state = 'waiting' ORDER BY made_at"), 61200)) {
			_, err := s.db.ExecContext(ctx, s.q("UPDATE reservations SET state = 'over' WHERE id = ?"), id)
			try(err)
			_, err = s.db.ExecContext(ctx, s.q("INSERT INTO outbox (topic, payload, state) VALUES (?, ?, ?)"), "hold over", fmt.Sprintf("hold %d", id), "new")
			try(err)
		}
		return nil
	})
}

func lbShelfCount(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type sum struct {
		branch, n int64
		shelf     string
	}
	for _, v := range whScan[sum](s.db.QueryContext(ctx, "SELECT branch_id, count(*), shelf FROM copies GROUP BY branch_id, shelf"))(func(v *sum) []any { return []any{&v.branch, &v.n, &v.shelf} }) {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE shelves SET used = ? WHERE branch_id = ? AND code = ?"), v.n, v.branch, v.shelf); err != nil {
			return err
		}
	}
	return nil
}

type lbTags struct{ whStore }

func (t lbTags) addTag(ctx context.Context, title int64, tag string) {
	_, err := t.db.ExecContext(ctx, t.q("INSERT INTO title_tags (title_id, tag) VALUES (?, ?)"), title, tag)
	try(err)
}

func lbTagsFromForm(ctx context.Context, e *Env) error {
	t := lbTags{whOpen(e)}
	for _, tag := range []string{"crime", "north", "series", "1990s", "translated", "signed"} {
		t.addTag(ctx, 16, tag)
	}
	return nil
}

func lbDeliveryNote(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, isbn := range []string{"978-001185", "978-001703", "978-001074", "978-001444", "978-001296", "978-001629", "978-001370"} {
		var title int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM titles WHERE isbn = ?"), isbn), &title) {
			return fmt.Errorf("no title %s", isbn)
		}
		tiExec(ctx, s, "INSERT INTO copies (barcode, title_id, branch_id, shelf, state, price, seen_at, version) VALUES (?, ?, ?, 'S-1', 'new', ?, 0, 1)", fmt.Sprintf("D%04d", i), title, 4, 1200+i)
	}
	return nil
}

func lbUpdateLiterals(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, l := range (lbLoans{s}).OfReader(ctx, 6) {
		if _, err := s.db.ExecContext(ctx, fmt.Sprintf("UPDATE loans SET due_at = 58000 WHERE id = %d", l.id)); err != nil {
			return err
		}
	}
	return nil
}

func (t lbSubjects) remove(ctx context.Context, id int64) {
	for _, child := range whKeys(t.db.QueryContext(ctx, t.q("SELECT id FROM subjects WHERE parent_id = ?"), id)) {
		t.remove(ctx, child)
	}
	_, err := t.db.ExecContext(ctx, t.q("DELETE FROM subjects WHERE id = ?"), id)
	try(err)
}

func lbDeleteSubjects(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		(lbSubjects{s}).remove(ctx, 1)
		return nil
	})
}

// lbModelWriteCases are the loops of writes of GORM, bun and sqlx, and of generic helpers.
func lbModelWriteCases() []Case {
	return []Case{
		{Name: "library/gorm-update-each", About: "GORM: the state of each copy by Update: one with the ids", Setup: lbOf("copies"), Run: lbGormUpdateEach, Want: lbAt("lbGormUpdateEach", whWrites("copies", "copies"))},
		{Name: "library/gorm-create-each", About: "GORM: Create for each reader: CreateInBatches", Setup: lbOf("readers notices"), Run: lbGormCreateEach, Want: lbAt("lbGormCreateEach", whWrites("notices", "readers"))},
		{Name: "library/gorm-delete-each", About: "GORM: Delete for each id of the request", Setup: lbOf("reservations"), Run: lbGormDeleteEach, Want: lbAt("lbGormDeleteEach", whWrites("reservations", none))},
		{Name: "library/bun-insert-each", About: "bun: an insert for each guest on the sheet: a slice as the model", Setup: lbOf("notices"), Run: lbBunInsertEach, Want: lbAt("lbBunInsertEach", whWrites("notices", none))},
		{Name: "library/bun-update-each", About: "bun: the events of a branch are cancelled one by one", Setup: lbOf("events"), Run: lbBunUpdateEach, Want: lbAt("cancel", whWrites("events", "events"))},
		{Name: "library/sqlx-named-each", About: "sqlx: NamedExec for each line, where it takes a slice", Setup: lbOf("purchase_lines"), Run: lbSqlxNamedEach, Want: lbAt("lbSqlxNamedEach", whWrites("purchase_lines", none))},
		{Name: "library/generic-save-all", About: "a generic helper calls an insert for each", Setup: lbOf("ill_requests outbox"), Run: lbGenericSaveAll, Want: lbAt("", whWrites("outbox", "ill_requests"))},
		{Name: "library/two-sides-of-a-sync", Values: true, About: "the form's tags and the database's are compared: those that went are deleted one by one, those that came are inserted one by one", Setup: lbOf("title_tags"), Run: lbTwoSides, Want: []Want{
			{Kind: budget.WriteLoop, Table: "title_tags", Func: "dropTag", Parent: "title_tags"}, {Kind: budget.WriteLoop, Table: "title_tags", Func: "addTag", Parent: none},
		}},
	}
}

func lbGormUpdateEach(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var copies []lbCopy
	if err := g.Where("seen_at < ?", 70080).Order("id").Find(&copies).Error; err != nil {
		return err
	}
	for i := range copies {
		if err := g.Model(&copies[i]).Update("state", "lost").Error; err != nil {
			return err
		}
	}
	return nil
}

func lbGormCreateEach(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var readers []lbPatron
	if err := g.Where("branch_id = ?", 2).Find(&readers).Error; err != nil {
		return err
	}
	for _, r := range readers {
		n := lbNotice{ReaderID: r.ID, Kind: "moved", Body: "Dear " + r.Name, State: "new"}
		if err := g.Create(&n).Error; err != nil {
			return err
		}
	}
	return nil
}

func lbGormDeleteEach(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	for _, id := range []int64{16, 4, 11, 7, 13, 2} {
		if err := g.Delete(&lbHold{}, id).Error; err != nil {
			return err
		}
	}
	return nil
}

func lbBunInsertEach(ctx context.Context, e *Env) error {
	for i, name := range []string{"Ada", "Bo", "Cleo", "Dan", "Eve", "Finn", "Gus"} {
		n := &lbNotice{ReaderID: int64(i*2 + 1), Kind: "guest", Body: name, State: "new"}
		if _, err := e.Bun().NewInsert().Model(n).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (v *lbEvent) cancel(ctx context.Context, e *Env) error {
	_, err := e.Bun().NewUpdate().Model(v).Set("state = ?", "off").WherePK().Exec(ctx)
	return err
}

func lbBunUpdateEach(ctx context.Context, e *Env) error {
	var events []lbEvent
	if err := e.Bun().NewSelect().Model(&events).Where("starts_at < ?", 92500).Order("starts_at DESC").Scan(ctx); err != nil {
		return err
	}
	for i := range events {
		if err := events[i].cancel(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func lbSqlxNamedEach(ctx context.Context, e *Env) error {
	db := e.SQLX()
	for i := range int64(8) {
		line := lbPurchaseLine{Isbn: fmt.Sprintf("979-2-%d", i), Qty: i%2 + 1, Title: i*2 + 3}
		if _, err := db.NamedExecContext(ctx, "INSERT INTO purchase_lines (purchase_id, title_id, isbn, qty, price, received) VALUES (5, :title_id, :isbn, :qty, 1500, 0)", line); err != nil {
			return err
		}
	}
	return nil
}

// lbSaveAll saves each of a list.
func lbSaveAll[T any](ctx context.Context, list []T, save func(context.Context, T) error) error {
	for _, v := range list {
		if err := save(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

func lbGenericSaveAll(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM ill_requests WHERE state = ? ORDER BY ref"), "new"))
	return lbSaveAll(ctx, ids, func(ctx context.Context, id int64) error {
		_, err := s.db.ExecContext(ctx, s.q("INSERT INTO outbox (topic, payload, state) VALUES ('ill', ?, 'new')"), fmt.Sprintf("request %d", id))
		return err
	})
}

func (t lbTags) dropTag(ctx context.Context, title int64, tag string) {
	_, err := t.db.ExecContext(ctx, t.q("DELETE FROM title_tags WHERE title_id = ? AND tag = ?"), title, tag)
	try(err)
}

func lbTwoSides(ctx context.Context, e *Env) error {
	t := lbTags{whOpen(e)}
	form := map[string]bool{"music": true, "jazz": true, "scores": true, "vinyl": true, "rare": true, "local": true}
	was := whScan[string](t.db.QueryContext(ctx, t.q("SELECT tag FROM title_tags WHERE title_id = ? ORDER BY tag"), 6))(func(v *string) []any { return []any{v} })
	for _, tag := range was {
		if !form[tag] {
			t.dropTag(ctx, 6, tag)
		}
		delete(form, tag)
	}
	for tag := range form {
		t.addTag(ctx, 6, tag)
	}
	return nil
}
