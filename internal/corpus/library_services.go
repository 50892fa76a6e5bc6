package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// lbServiceReadCases read in loops that lie in services, resolvers, walks and exports.
func lbServiceReadCases() []Case {
	return []Case{
		{Name: "library/behind-the-middleware", About: "the middleware reads the session, the handler the loans, a service the copy of each: the loop goes through the loans", Setup: lbOf("sessions loans copies"), Run: lbBehindMiddleware, Want: lbAt("Describe", whReads("copies", "loans"))},
		{Name: "library/resolvers-of-a-title", About: "two resolvers for each title, as GraphQL calls them: one loop", Setup: lbOf("titles authors publishers"), Run: lbResolvers, Want: whReads("authors", "titles")},
		{Name: "library/events-of-branches-and-bookings", About: "a loop in a loop: the events of each branch, the seats booked of each event", Setup: lbOf("branches events event_bookings"), Run: lbEventsOfBranches, Want: []Want{
			{Kind: budget.NPlusOne, Table: "events", Func: "ofBranch", Parent: "branches"}, {Kind: budget.NPlusOne, Table: "event_bookings", Func: "seatsOf", Parent: "events"},
		}},
		{Name: "library/generic-by-id", About: "a generic repository reads one row by its key, a report calls it for each reservation", Setup: lbOf("reservations readers"), Run: lbGenericByID, Want: whReads("readers", "reservations")},
		{Name: "library/may-i-see-this-list", About: "a permission is read for each list: one query with the ids of all", Setup: lbOf("reading_lists list_shares"), Run: lbMayISee, Want: lbAt("maySee", whReads("list_shares", "reading_lists"))},
		{Name: "library/export-by-pages", About: "the export goes by pages, and reads the author of each title in them", Setup: lbOf("titles authors"), Run: lbExportByPages, Want: lbAt("line", whReads("authors", "titles"))},
		{Name: "library/subjects-as-a-tree", About: "each subject reads its own: WITH RECURSIVE", Setup: lbOf("subjects"), Run: lbSubjectTree, Want: lbAt("children", whReads("subjects", ""))},
		{Name: "library/subjects-by-a-queue", About: "the same tree without recursion: a queue, one query for each node", Setup: lbOf("subjects"), Run: lbSubjectQueue, Want: lbAt("lbSubjectQueue", whReads("subjects", ""))},
		{Name: "library/from-part-to-part", About: "from a volume to the next, nine times", Setup: lbOf("sequels"), Run: lbFromPartToPart, Want: lbAt("lbFromPartToPart", whReads("sequels", ""))},
		{Name: "library/loans-of-each-day", About: "ten days of a chart, a count for each: GROUP BY the day", Setup: lbOf("loans"), Run: lbLoansOfDays, Want: lbAt("lbLoansOfDays", whReads("loans", none))},
		{Name: "library/view-for-each-branch", About: "a view is asked for each branch, and could be asked for all", Setup: append(lbOf("branches copies"), "CREATE VIEW branch_load AS SELECT branch_id, count(*) AS n, SUM(price) AS worth FROM copies GROUP BY branch_id"), Run: lbViewForEachBranch, Want: lbAt("lbViewForEachBranch", whReads("branch_load", "branches"))},
		{Name: "library/cte-for-each-reader", About: "a common table expression for each reader of a branch", Setup: lbOf("readers loans"), Run: lbCTEForEachReader, Want: lbAt("lbCTEForEachReader", whReads("loans", "readers"))},
		{Name: "library/list-helper-with-one-title", About: "the helper takes a list, and is given one title at a time", Setup: lbOf("reservations copies"), Run: lbListHelper, Want: lbAt("free", whReads("copies", "reservations"))},
		{Name: "library/cache-by-the-wrong-key", About: "a cache whose key is the loan never hits: each loan reads the branch of its copy", Setup: lbOf("loans copies"), Run: lbCacheByWrongKey, Want: lbAt("branchOf", whReads("copies", "loans"))},
		{Name: "library/four-loans-four-copies", About: "four rows, and one query for each of them: few, and a loop all the same", Setup: lbOf("loans copies"), Run: lbFourLoans, Want: lbAt("lbFourLoans", whReads("copies", "loans"))},
		{Name: "library/closure-with-retry", About: "each read goes through a helper that tries again, none has to", Setup: lbOf("ill_requests titles"), Run: lbClosureWithRetry, Want: whReads("titles", "ill_requests")},
	}
}

type lbCard struct{ whStore }

// Describe is the line of a loan on the card.
func (c lbCard) Describe(ctx context.Context, l lbLoan) string {
	var barcode, shelf string
	one(c.db.QueryRowContext(ctx, c.q("SELECT barcode, shelf FROM copies WHERE id = ?"), l.copy), &barcode, &shelf)
	return fmt.Sprintf("%s %s %d", barcode, shelf, l.due)
}

func lbBehindMiddleware(ctx context.Context, e *Env) error {
	s := whOpen(e)
	return lbSignedIn(ctx, s, lbToken(7), func(ctx context.Context, reader int64) error {
		card := lbCard{s}
		var lines []string
		for _, l := range (lbLoans{s}).OfReader(ctx, reader) {
			lines = append(lines, card.Describe(ctx, l))
		}
		if len(lines) < 5 {
			return errors.New("too few loans")
		}
		return nil
	})
}

type lbWork struct{ id, author, publisher int64 }

type lbResolver struct{ whStore }

func (r lbResolver) works(ctx context.Context, subject int64) []lbWork {
	return whScan[lbWork](r.db.QueryContext(ctx, r.q("SELECT id, author_id, publisher_id FROM titles WHERE subject_id > ? ORDER BY name"), subject))(func(w *lbWork) []any { return []any{&w.id, &w.author, &w.publisher} })
}

func (r lbResolver) author(ctx context.Context, w lbWork) (name string) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT name FROM authors WHERE id = ?"), w.author), &name)
	return name
}

func (r lbResolver) publisher(ctx context.Context, w lbWork) (name string) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT name FROM publishers WHERE id = ?"), w.publisher), &name)
	return name
}

func lbResolvers(ctx context.Context, e *Env) error {
	r := lbResolver{whOpen(e)}
	var out []map[string]string
	for _, w := range r.works(ctx, 6) {
		fields := map[string]string{}
		for _, f := range []struct {
			name    string
			resolve func(context.Context, lbWork) string
		}{{"author", r.author}, {"publisher", r.publisher}} {
			fields[f.name] = f.resolve(ctx, w)
		}
		out = append(out, fields)
	}
	_ = out
	return nil
}

type lbProgramme struct{ whStore }

func (p lbProgramme) ofBranch(ctx context.Context, branch int64) []int64 {
	return whKeys(p.db.QueryContext(ctx, p.q("SELECT id FROM events WHERE branch_id = ? AND state = 'planned' ORDER BY starts_at"), branch))
}

func (p lbProgramme) seatsOf(ctx context.Context, event int64) (n int64) {
	one(p.db.QueryRowContext(ctx, p.q("SELECT COALESCE(SUM(seats), 0) FROM event_bookings WHERE event_id = ?"), event), &n)
	return n
}

func lbEventsOfBranches(ctx context.Context, e *Env) error {
	p := lbProgramme{whOpen(e)}
	full := 0
	for _, branch := range whKeys(p.db.QueryContext(ctx, "SELECT id FROM branches ORDER BY city, name")) {
		for _, event := range p.ofBranch(ctx, branch) {
			if p.seatsOf(ctx, event) > 30 {
				full++
			}
		}
	}
	return nil
}

// lbByID reads a row by its key.
func lbByID[T any](ctx context.Context, s whStore, table, columns string, id int64, into func(*T) []any) (v T) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT "+columns+" FROM "+table+" WHERE id = ?"), id), into(&v)...)
	return v
}

func lbGenericByID(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT reader_id FROM reservations WHERE state = ? ORDER BY made_at"), "waiting")) {
		lbByID(ctx, s, "readers", "name, email", id, func(v *struct{ name, email string }) []any { return []any{&v.name, &v.email} })
	}
	return nil
}

type lbLists struct{ whStore }

func (l lbLists) maySee(ctx context.Context, list, reader int64) bool {
	var edit int64
	return one(l.db.QueryRowContext(ctx, l.q("SELECT may_edit FROM list_shares WHERE list_id = ? AND reader_id = ?"), list, reader), &edit)
}

func lbMayISee(ctx context.Context, e *Env) error {
	l := lbLists{whOpen(e)}
	var mine []int64
	for _, id := range whKeys(l.db.QueryContext(ctx, l.q("SELECT id FROM reading_lists WHERE shared = ? ORDER BY name"), 1)) {
		if l.maySee(ctx, id, 8) {
			mine = append(mine, id)
		}
	}
	if len(mine) == 0 {
		return errors.New("no lists")
	}
	return nil
}

type lbExport struct {
	whStore
	out strings.Builder
}

func (x *lbExport) line(ctx context.Context, w lbWork) {
	var name, country string
	one(x.db.QueryRowContext(ctx, x.q("SELECT name, country FROM authors WHERE id = ?"), w.author), &name, &country)
	fmt.Fprintf(&x.out, "%d;%s;%s\n", w.id, name, country)
}

func lbExportByPages(ctx context.Context, e *Env) error {
	x := &lbExport{whStore: whOpen(e)}
	for after := int64(0); ; {
		page := whScan[lbWork](x.db.QueryContext(ctx, x.q("SELECT id, author_id, publisher_id FROM titles WHERE id > ? ORDER BY id LIMIT 7"), after))(func(w *lbWork) []any { return []any{&w.id, &w.author, &w.publisher} })
		if len(page) == 0 {
			return nil
		}
		for _, w := range page {
			x.line(ctx, w)
		}
		after = page[len(page)-1].id
	}
}

type lbSubjects struct{ whStore }

func (t lbSubjects) children(ctx context.Context, parent int64) (out []string) {
	type node struct {
		id   int64
		name string
	}
	for _, n := range whScan[node](t.db.QueryContext(ctx, t.q("SELECT id, name FROM subjects WHERE parent_id = ? ORDER BY name"), parent))(func(n *node) []any { return []any{&n.id, &n.name} }) {
		out = append(append(out, n.name), t.children(ctx, n.id)...)
	}
	return out
}

func lbSubjectTree(ctx context.Context, e *Env) error {
	if names := (lbSubjects{whOpen(e)}).children(ctx, 0); len(names) != 15 {
		return fmt.Errorf("%d subjects", len(names))
	}
	return nil
}

func lbSubjectQueue(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for queue := []int64{1}; len(queue) > 0; queue = queue[1:] {
		queue = append(queue, whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM subjects WHERE parent_id = ?"), queue[0]))...)
	}
	return nil
}

func lbFromPartToPart(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var parts []string
	for title := int64(4); title != 0; {
		var note string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT note, next_id FROM sequels WHERE title_id = ?"), title), &note, &title) {
			break
		}
		parts = append(parts, note)
	}
	_ = parts
	return nil
}

func lbLoansOfDays(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var chart [10]int64
	for i := range chart {
		one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM loans WHERE lent_at >= ? AND lent_at < ?"), 50000+i*120, 50120+i*120), &chart[i])
	}
	return nil
}

func lbViewForEachBranch(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM branches WHERE open_from = ? ORDER BY code"), 9)) {
		var n, worth int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT n, worth FROM branch_load WHERE branch_id = ?"), id), &n, &worth)
	}
	return nil
}

func lbCTEForEachReader(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM readers WHERE branch_id = ? ORDER BY card"), 2)) {
		var n int64
		one(s.db.QueryRowContext(ctx, s.q("WITH mine AS (SELECT renewals FROM loans WHERE reader_id = ?) SELECT count(*) FROM mine WHERE renewals > 0"), id), &n)
	}
	return nil
}

type lbStock struct{ whStore }

func (r lbStock) free(ctx context.Context, titles []int64) map[int64]int64 {
	type sum struct{ title, n int64 }
	out := map[int64]int64{}
	for _, v := range whScan[sum](r.db.QueryContext(ctx, r.q("SELECT title_id, count(*) FROM copies WHERE state = 'in' AND title_id IN ("+whMarks(len(titles))+") GROUP BY title_id"), whArgs(titles)...))(func(v *sum) []any { return []any{&v.title, &v.n} }) {
		out[v.title] = v.n
	}
	return out
}

func lbListHelper(ctx context.Context, e *Env) error {
	r := lbStock{whOpen(e)}
	for _, title := range whKeys(r.db.QueryContext(ctx, r.q("SELECT title_id FROM reservations WHERE place < ? ORDER BY place"), 140)) {
		if r.free(ctx, []int64{title})[title] > 1 {
			continue
		}
	}
	return nil
}
