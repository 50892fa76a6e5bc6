package corpus

import (
	"context"
	"errors"
)

// lbMoreDuplicateCases are those of GORM, bun, sqlx, views, caches and literals.
func lbMoreDuplicateCases() []Case {
	return []Case{
		{Name: "library/gorm-in-handler-and-service", About: "GORM: handler and service each load the title", Setup: lbOf("titles copies"), Run: lbGormTwice, Want: whDup("titles")},
		{Name: "library/bun-in-two-hooks", About: "bun: two checks load the event, each for itself", Setup: lbOf("events event_bookings"), Run: lbBunTwice, Want: lbAt("lbLoadEvent", whDup("events"))},
		{Name: "library/sqlx-to-check-and-to-show", About: "sqlx: the reader is read to check the card, and to print it", Setup: lbOf("readers loans"), Run: lbSqlxTwice, Want: lbAt("lbReaderByCard", whDup("readers"))},
		{Name: "library/blocked-card-thrice", About: "three steps look for the card among the blocked: there is no row, and no cache keeps that", Setup: lbOf("blocked_cards copies"), Run: lbBlockedThrice, Want: lbAt("lbBlocked", whDup("blocked_cards"))},
		{Name: "library/cache-of-each-service", About: "each part of the page makes a service with an empty cache", Setup: lbOf("shelves titles"), Run: lbCacheOfEachService, Want: lbAt("ofBranch", whDup("shelves"))},
		{Name: "library/view-asked-twice", About: "the view of the busy branches is asked for the head and for the table", Setup: append(lbOf("copies branches"), "CREATE VIEW busy AS SELECT branch_id, count(*) AS n FROM copies GROUP BY branch_id"), Run: lbViewTwice, Want: lbAt("lbBusy", whDup("busy"))},
		{Name: "library/join-of-two-partials", About: "two partials of a page send the same join", Setup: lbOf("loans copies titles"), Run: lbJoinTwice, Want: whDup("loans")},
		{Name: "library/literals-twice", About: "the same text with its literals, from two functions", Setup: lbOf("events branches"), Run: lbLiteralsTwice, Want: whDup("events")},
		{Name: "library/prepared-twice", About: "a prepared statement is run twice with the same key", Setup: lbOf("budgets purchases"), Run: lbPreparedTwice, Want: whDup("budgets")},
	}
}

type lbTitleService struct{ e *Env }

func (t lbTitleService) free(ctx context.Context, id int64) (n int64, err error) {
	var title lbTitle
	if err := t.e.GORM().WithContext(ctx).First(&title, id).Error; err != nil {
		return 0, err
	}
	err = t.e.GORM().WithContext(ctx).Model(&lbCopy{}).Where("title_id = ? AND state = ?", title.ID, "in").Count(&n).Error
	return n, err
}

func lbGormTwice(ctx context.Context, e *Env) error {
	var title lbTitle
	if err := e.GORM().WithContext(ctx).First(&title, 10).Error; err != nil {
		return err
	}
	n, err := lbTitleService{e}.free(ctx, title.ID)
	if err == nil && n == 0 {
		return errors.New("none is free: " + title.Name)
	}
	return err
}

func lbLoadEvent(ctx context.Context, e *Env, id int64) (v lbEvent, err error) {
	err = e.Bun().NewSelect().Model(&v).Where("id = ?", id).Scan(ctx)
	return v, err
}

func lbBunTwice(ctx context.Context, e *Env) error {
	planned := func() (bool, error) {
		v, err := lbLoadEvent(ctx, e, 8)
		return v.State == "planned", err
	}
	room := func() (bool, error) {
		v, err := lbLoadEvent(ctx, e, 8)
		return v.Booked < v.Seats, err
	}
	for _, check := range []func() (bool, error){planned, room} {
		if is, err := check(); err != nil || !is {
			return errors.Join(err, errors.New("cannot be booked"))
		}
	}
	drain(e.DB.QueryContext(ctx, e.Q("SELECT reader_id FROM event_bookings WHERE event_id = ?"), 8))
	return nil
}

func lbReaderByCard(ctx context.Context, e *Env, card string) (v struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
}, err error) {
	db := e.SQLX()
	err = db.GetContext(ctx, &v, db.Rebind("SELECT id, name FROM readers WHERE card = ?"), card)
	return v, err
}

func lbSqlxTwice(ctx context.Context, e *Env) error {
	checked, err := lbReaderByCard(ctx, e, "LC-00822")
	if err != nil {
		return err
	}
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM loans WHERE reader_id = ? AND state = 'open'"), checked.ID))
	printed, err := lbReaderByCard(ctx, e, "LC-00822")
	if err == nil && printed != checked {
		return errors.New("two readers")
	}
	return err
}

func lbBlocked(ctx context.Context, s whStore, card string) bool {
	var reason string
	return one(s.db.QueryRowContext(ctx, s.q("SELECT reason FROM blocked_cards WHERE card = ?"), card), &reason)
}

func lbBlockedThrice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const card = "LC-00959"
	if lbBlocked(ctx, s, card) {
		return errors.New("no entry")
	}
	drain(s.db.QueryContext(ctx, s.q("SELECT id FROM copies WHERE branch_id = ? AND state = 'in'"), 6))
	if lbBlocked(ctx, s, card) {
		return errors.New("no loan")
	}
	if lbBlocked(ctx, s, card) {
		return errors.New("no receipt")
	}
	return nil
}

type lbShelfService struct {
	whStore
	known map[int64][]string
}

func (v *lbShelfService) ofBranch(ctx context.Context, branch int64) []string {
	if _, is := v.known[branch]; !is {
		v.known[branch] = whScan[string](v.db.QueryContext(ctx, v.q("SELECT label FROM shelves WHERE branch_id = ? ORDER BY code"), branch))(func(l *string) []any { return []any{l} })
	}
	return v.known[branch]
}

func lbCacheOfEachService(ctx context.Context, e *Env) error {
	s := whOpen(e)
	part := func() int { return len((&lbShelfService{s, map[int64][]string{}}).ofBranch(ctx, 3)) }
	menu := part()
	drain(s.db.QueryContext(ctx, s.q("SELECT name FROM titles WHERE publisher_id = ?"), 3))
	if plan := part(); plan != menu {
		return errors.New("two plans")
	}
	return nil
}

func lbBusy(ctx context.Context, s whStore) (out map[int64]int64) {
	type load struct{ branch, n int64 }
	out = map[int64]int64{}
	for _, v := range whScan[load](s.db.QueryContext(ctx, s.q("SELECT branch_id, n FROM busy WHERE n >= ?"), 3))(func(v *load) []any { return []any{&v.branch, &v.n} }) {
		out[v.branch] = v.n
	}
	return out
}

func lbViewTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	head := len(lbBusy(ctx, s))
	drain(s.db.QueryContext(ctx, "SELECT id, name FROM branches ORDER BY name"))
	if len(lbBusy(ctx, s)) != head {
		return errors.New("two views")
	}
	return nil
}

const lbJoin = "SELECT l.id, t.name FROM loans l JOIN copies c ON c.id = l.copy_id JOIN titles t ON t.id = c.title_id WHERE l.reader_id = ? ORDER BY l.due_at"

func lbJoinTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	list := func(reader int64) int { return drain(s.db.QueryContext(ctx, s.q(lbJoin), reader)) }
	badge := func(reader int64) int { return drain(s.db.QueryContext(ctx, s.q(lbJoin), reader)) }
	if list(5) != badge(5) {
		return errors.New("two lists")
	}
	return nil
}

func lbLiteralsTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	calendar := func() int {
		return drain(s.db.QueryContext(ctx, "SELECT id, name FROM events WHERE branch_id = 6 AND state = 'planned'"))
	}
	feed := func() int {
		return drain(s.db.QueryContext(ctx, "SELECT id, name FROM events WHERE branch_id = 6 AND state = 'planned'"))
	}
	n := calendar()
	drain(s.db.QueryContext(ctx, "SELECT city FROM branches WHERE id = 6"))
	if feed() != n {
		return errors.New("two calendars")
	}
	return nil
}

func lbPreparedTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT amount - spent FROM budgets WHERE code = ?")) //nolint:sqlclosecheck // it is
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	left := func(code string) (n int64) {
		one(stmt.QueryRowContext(ctx, code), &n)
		return n
	}
	before := left("fund-2")
	drain(s.db.QueryContext(ctx, s.q("SELECT number, total FROM purchases WHERE budget = ?"), "fund-2"))
	if left("fund-2") != before {
		return errors.New("two budgets")
	}
	return nil
}
