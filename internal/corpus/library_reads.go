package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// lbReadCases read a row, or the rows of one, at a time.
func lbReadCases() []Case {
	return []Case{
		{Name: "library/copy-of-each-loan", About: "the account page reads the copy of each loan: a JOIN or one IN list", Setup: lbOf("loans copies"), Run: lbCopyOfEachLoan, Want: lbAt("lbCopyOfEachLoan", whReads("copies", "loans"))},
		{Name: "library/authors-of-a-grouped-map", About: "titles are grouped by author, the loop goes over the keys of the map", Setup: lbOf("titles authors"), Run: lbAuthorsOfMap, Want: lbAt("lbAuthorsOfMap", whReads("authors", "titles"))},
		{Name: "library/sorted-set-of-branches", About: "the branches of the reservations, each once and sorted, are read one by one", Setup: lbOf("reservations branches"), Run: lbSortedBranches, Want: lbAt("lbSortedBranches", whReads("branches", "reservations"))},
		{Name: "library/reminders-of-the-late", Values: true, About: "Go filters the loans that are late, and reads the reader of each", Setup: lbOf("loans readers"), Run: lbRemindersOfLate, Want: lbAt("ByID", whReads("readers", "loans"))},
		{Name: "library/copies-then-their-titles", About: "the copies come in one batch, their titles one by one", Setup: lbOf("loans copies titles"), Run: lbCopiesThenTitles, Want: whReads("titles", "copies")},
		{Name: "library/held-and-awaited", About: "loans and reservations are put into one list, whose titles are read one by one", Setup: lbOf("loans copies reservations titles"), Run: lbHeldAndAwaited, Want: whReads("titles", "")},
		{Name: "library/barcodes-of-the-request", About: "the self-service desk posts eight barcodes, each is looked up: an IN list of them", Setup: lbOf("copies"), Run: lbBarcodesOfRequest, Want: lbAt("lbBarcodesOfRequest", whReads("copies", none))},
		{Name: "library/ids-in-a-json-column", Values: true, About: "the ids of a reading list are JSON in one column", Setup: lbOf("reading_lists titles"), Run: lbIDsInJSON, Want: whReads("titles", "reading_lists")},
		{Name: "library/prepared-in-a-loop", About: "a prepared statement saves the parsing, and not the round trips", Setup: lbOf("purchase_lines titles"), Run: lbPreparedInLoop, Want: lbAt("lbPreparedInLoop", whReads("titles", "purchase_lines"))},
		{Name: "library/partner-by-text-key", About: "the key of the partner is a text", Setup: lbOf("ill_requests partners"), Run: lbPartnerByTextKey, Want: lbAt("lbPartnerByTextKey", whReads("partners", "ill_requests"))},
		{Name: "library/shelf-by-two-keys", About: "the shelf is found by branch and code, for each copy", Setup: lbOf("copies shelves"), Run: lbShelfByTwoKeys, Want: lbAt("lbShelfByTwoKeys", whReads("shelves", "copies"))},
		{Name: "library/goroutine-for-each-fine", About: "an errgroup makes the loop faster, and no query fewer", Setup: lbOf("fines loans"), Run: lbGoroutineForEachFine, Want: whReads("loans", "fines")},
		{Name: "library/waitgroup-with-a-mutex", About: "a goroutine for each hold reads its title, the results go into a map", Setup: lbOf("reservations titles"), Run: lbWaitGroup, Want: whReads("titles", "reservations")},
		{Name: "library/loans-of-each-copy", About: "an aggregate for each copy of a branch: GROUP BY", Setup: lbOf("copies loans"), Run: lbLoansOfEachCopy, Want: lbAt("lbLoansOfEachCopy", whReads("loans", "copies"))},
		{Name: "library/last-fine-of-each-reader", About: "the newest row for each: ROW_NUMBER or LATERAL", Setup: lbOf("readers fines"), Run: lbLastFine, Want: lbAt("lbLastFine", whReads("fines", "readers"))},
		{Name: "library/newest-three-of-each-branch", About: "LIMIT 3 with a key that moves is no paging", Setup: lbOf("branches copies"), Run: lbNewestThree, Want: lbAt("lbNewestThree", whReads("copies", "branches"))},
		{Name: "library/is-it-lent", About: "EXISTS for each copy on a shelf", Setup: lbOf("copies loans"), Run: lbIsItLent, Want: lbAt("lent", whReads("loans", "copies"))},
		{Name: "library/id-in-the-text", About: "Sprintf writes the id into the text: the same loop, and eight texts", Setup: lbOf("loans copies"), Run: lbIDInText, Want: lbAt("lbIDInText", whReads("copies", "loans"))},
		{Name: "library/four-kinds-of-sixteen-readers", About: "sixteen readers of four kinds, the kind is read for each: repeated keys, a JOIN", Setup: lbOf("readers reader_kinds"), Run: lbKindsOfReaders, Want: lbAt("lbKindsOfReaders", whReads("reader_kinds", "readers"))},
	}
}

func lbCopyOfEachLoan(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var out []string
	for _, l := range (lbLoans{s}).OfReader(ctx, 5) {
		var barcode string
		one(s.db.QueryRowContext(ctx, s.q("SELECT barcode FROM copies WHERE id = ?"), l.copy), &barcode)
		out = append(out, fmt.Sprintf("%s until %d", barcode, l.due))
	}
	if len(out) == 0 {
		return errors.New("nothing lent")
	}
	return nil
}

func lbAuthorsOfMap(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type title struct {
		id, author int64
		name       string
	}
	byAuthor := map[int64][]title{}
	for _, t := range whScan[title](s.db.QueryContext(ctx, s.q("SELECT id, author_id, name FROM titles WHERE deleted_at = ? ORDER BY name"), 0))(func(t *title) []any { return []any{&t.id, &t.author, &t.name} }) {
		byAuthor[t.author] = append(byAuthor[t.author], t)
	}
	shelf := map[string]int{}
	for author, titles := range byAuthor {
		var name string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM authors WHERE id = ?"), author), &name)
		shelf[name] = len(titles)
	}
	return nil
}

func lbSortedBranches(ctx context.Context, e *Env) error {
	s := whOpen(e)
	set := map[int64]bool{}
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT branch_id FROM reservations WHERE state = ?"), "waiting")) {
		set[id] = true
	}
	var vans []string
	for _, id := range slices.Sorted(maps.Keys(set)) {
		var name, city string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name, city FROM branches WHERE id = ?"), id), &name, &city)
		vans = append(vans, name+", "+city)
	}
	_ = vans
	return nil
}

func lbRemindersOfLate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	readers := lbReaders{s}
	var mails []string
	for _, l := range (lbLoans{s}).Overdue(ctx, 60000) {
		if l.renewals == 0 || l.due > 54500 {
			continue
		}
		mails = append(mails, "Dear "+readers.ByID(ctx, l.reader).name)
	}
	if len(mails) == 0 {
		return errors.New("nobody is late")
	}
	return nil
}

func lbCopiesThenTitles(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var ids []int64
	for _, l := range (lbLoans{s}).OfReader(ctx, 4) {
		ids = append(ids, l.copy)
	}
	titles := whKeys(s.db.QueryContext(ctx, s.q("SELECT title_id FROM copies WHERE id IN ("+whMarks(len(ids))+") ORDER BY shelf, barcode"), whArgs(ids)...))
	for _, id := range titles {
		var name string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM titles WHERE id = ?"), id), &name)
	}
	return nil
}

func lbHeldAndAwaited(ctx context.Context, e *Env) error {
	s := whOpen(e)
	held := whKeys(s.db.QueryContext(ctx, s.q("SELECT c.title_id FROM loans l JOIN copies c ON c.id = l.copy_id WHERE l.reader_id = ? ORDER BY l.id"), 6))
	awaited := whKeys(s.db.QueryContext(ctx, s.q("SELECT title_id FROM reservations WHERE branch_id < ? ORDER BY id"), 4))
	for _, id := range append(held, awaited...) {
		var name, isbn string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name, isbn FROM titles WHERE id = ?"), id), &name, &isbn)
	}
	return nil
}

func lbBarcodesOfRequest(ctx context.Context, e *Env) error {
	s := whOpen(e)
	posted := []string{"B010021", "B002733", "B031885", "B007288", "B018220", "B004555", "B026419", "B015487"}
	var missing []string
	for _, code := range posted {
		var state string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM copies WHERE barcode = ?"), code), &state) || state != "in" {
			missing = append(missing, code)
		}
	}
	if len(missing) == len(posted) {
		return errors.New("nothing to lend")
	}
	return nil
}

func lbIDsInJSON(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var text, name string
	one(s.db.QueryRowContext(ctx, s.q("SELECT title_ids FROM reading_lists WHERE id = ?"), 4), &text)
	var ids []int64
	if err := json.Unmarshal([]byte(text), &ids); err != nil {
		return err
	}
	for _, id := range ids {
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM titles WHERE id = ? AND deleted_at = 0"), id), &name)
	}
	return nil
}

func lbPreparedInLoop(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT name FROM titles WHERE isbn = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for _, isbn := range whScan[string](s.db.QueryContext(ctx, s.q("SELECT isbn FROM purchase_lines WHERE purchase_id = ? ORDER BY id"), 3))(func(v *string) []any { return []any{v} }) {
		var name string
		one(stmt.QueryRowContext(ctx, isbn), &name)
	}
	return nil
}

func lbPartnerByTextKey(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type request struct{ ref, partner string }
	for _, r := range whScan[request](s.db.QueryContext(ctx, "SELECT ref, partner_code FROM ill_requests WHERE state = 'new' ORDER BY ref"))(func(r *request) []any { return []any{&r.ref, &r.partner} }) {
		var name string
		var fee int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT name, fee FROM partners WHERE code = ?"), r.partner), &name, &fee)
	}
	return nil
}

func lbShelfByTwoKeys(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type spot struct {
		branch int64
		shelf  string
	}
	for _, v := range whScan[spot](s.db.QueryContext(ctx, s.q("SELECT branch_id, shelf FROM copies WHERE price > ? ORDER BY id"), 2500))(func(v *spot) []any { return []any{&v.branch, &v.shelf} }) {
		var label string
		one(s.db.QueryRowContext(ctx, s.q("SELECT label FROM shelves WHERE branch_id = ? AND code = ?"), v.branch, v.shelf), &label)
	}
	return nil
}

func lbGoroutineForEachFine(ctx context.Context, e *Env) error {
	s := whOpen(e)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	for _, loan := range whKeys(s.db.QueryContext(ctx, s.q("SELECT loan_id FROM fines WHERE reader_id = ? AND state = ? ORDER BY amount"), 4, "due")) {
		g.Go(func() error {
			var due int64
			return s.db.QueryRowContext(gctx, s.q("SELECT due_at FROM loans WHERE id = ?"), loan).Scan(&due)
		})
	}
	return g.Wait()
}

func lbWaitGroup(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		names = map[int64]string{}
		errs  []error
	)
	for _, title := range whKeys(s.db.QueryContext(ctx, s.q("SELECT title_id FROM reservations WHERE place > ? ORDER BY place"), 135)) {
		wg.Go(func() {
			var name string
			err := s.db.QueryRowContext(ctx, s.q("SELECT name FROM titles WHERE id = ?"), title).Scan(&name)
			mu.Lock()
			defer mu.Unlock()
			names[title] = name
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func lbLoansOfEachCopy(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var idle []int64
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM copies WHERE branch_id IN (?, ?) ORDER BY barcode"), 2, 5)) {
		var n, renewed int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT count(*), COALESCE(SUM(renewals), 0) FROM loans WHERE copy_id = ?"), id), &n, &renewed)
		if n == 0 {
			idle = append(idle, id)
		}
	}
	_ = idle
	return nil
}

func lbLastFine(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM readers WHERE branch_id = ? ORDER BY name"), 2)) {
		var amount int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT amount FROM fines WHERE reader_id = ? ORDER BY id DESC LIMIT 1"), id), &amount)
	}
	return nil
}

func lbNewestThree(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, branch := range whKeys(s.db.QueryContext(ctx, "SELECT id FROM branches ORDER BY name")) {
		drain(s.db.QueryContext(ctx, s.q("SELECT id, barcode FROM copies WHERE branch_id = ? ORDER BY seen_at DESC LIMIT 3"), branch))
	}
	return nil
}

type lbDesk struct{ whStore }

func (d lbDesk) lent(ctx context.Context, copy int64) (is bool) {
	one(d.db.QueryRowContext(ctx, d.q("SELECT EXISTS(SELECT 1 FROM loans WHERE copy_id = ? AND state IN ('open', 'late'))"), copy), &is)
	return is
}

func lbIsItLent(ctx context.Context, e *Env) error {
	d := lbDesk{whOpen(e)}
	var free []int64
	for _, id := range whKeys(d.db.QueryContext(ctx, d.q("SELECT id FROM copies WHERE shelf = ? ORDER BY id"), "S-2")) {
		if !d.lent(ctx, id) {
			free = append(free, id)
		}
	}
	_ = free
	return nil
}

func lbIDInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, l := range (lbLoans{s}).OfReader(ctx, 3) {
		var shelf string
		one(s.db.QueryRowContext(ctx, fmt.Sprintf("SELECT shelf FROM copies WHERE id = %d", l.copy)), &shelf)
	}
	return nil
}

func lbKindsOfReaders(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, kind := range whScan[string](s.db.QueryContext(ctx, "SELECT kind FROM readers ORDER BY card"))(func(v *string) []any { return []any{v} }) {
		var days int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT days FROM reader_kinds WHERE code = ?"), kind), &days)
	}
	return nil
}
