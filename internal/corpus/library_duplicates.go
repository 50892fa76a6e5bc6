package corpus

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// lbDuplicateCases ask again what has been answered and cannot have changed.
func lbDuplicateCases() []Case {
	return []Case{
		{Name: "library/reader-in-middleware-and-handler", About: "the middleware reads the reader to say hello, the handler reads it again for its branch", Setup: lbOf("sessions readers branches"), Run: lbReaderTwice, Want: lbAt("ByID", whDup("readers"))},
		{Name: "library/session-in-three-middlewares", About: "authentication, rate limit and log each read the session", Setup: lbOf("sessions events"), Run: lbSessionThrice, Want: lbAt("reader", whDup("sessions"))},
		{Name: "library/setting-in-two-services", About: "two services read the same setting", Setup: lbOf("settings fines loans"), Run: lbSettingTwice, Want: lbAt("lbSetting", whDup("settings"))},
		{Name: "library/rate-in-the-loop", About: "the daily rate is read for each late loan: once before the loop", Setup: lbOf("loans settings"), Run: lbRateInLoop, Want: lbAt("lbSetting", whDup("settings"))},
		{Name: "library/branches-in-header-and-footer", About: "header and footer list the same branches", Setup: lbOf("branches titles"), Run: lbHeaderAndFooter, Want: lbAt("lbBranchNames", whDup("branches"))},
		{Name: "library/exists-then-the-copy", About: "EXISTS, and then the row: the row alone says it", Setup: lbOf("copies"), Run: lbExistsThenCopy, Want: whDup("copies")},
		{Name: "library/due-then-renewals", About: "one helper reads when the loan is due, another how often it was renewed: one row", Setup: lbOf("loans"), Run: lbDueThenRenewals, Want: whDup("loans")},
		{Name: "library/limit-in-two-checks", About: "may lend and may reserve both read the kind of the reader", Setup: lbOf("reader_kinds loans reservations"), Run: lbLimitInTwoChecks, Want: whDup("reader_kinds")},
		{Name: "library/sum-of-fines-twice", About: "the sum of the fines for the badge and for the block: nothing is written", Setup: lbOf("fines copies"), Run: lbSumTwice, Want: lbAt("dueOf", whDup("fines"))},
		{Name: "library/audit-between", About: "an audit entry is written between two reads of a title, which it cannot have changed", Setup: lbOf("titles audit"), Run: lbAuditBetween, Want: whDup("titles")},
		{Name: "library/widgets-in-parallel", About: "two widgets of the start page read the same balance, each in its goroutine", Setup: lbOf("readers loans"), Run: lbWidgets, Want: whDup("readers")},
		{Name: "library/twice-in-a-transaction", About: "two validators of one transaction read the same purchase, and only then is something written", Setup: lbOf("purchases audit"), Run: lbTwiceInTransaction, Want: whDup("purchases")},
	}
}

func lbReaderTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	hello := func(next func(context.Context, int64) error) func(context.Context, int64) error {
		return func(ctx context.Context, id int64) error {
			if (lbReaders{s}).ByID(ctx, id).name == "" {
				return errors.New("who are you?")
			}
			return next(ctx, id)
		}
	}
	return lbSignedIn(ctx, s, lbToken(3), hello(func(ctx context.Context, id int64) error {
		var city string
		one(s.db.QueryRowContext(ctx, s.q("SELECT city FROM branches WHERE id = ?"), (lbReaders{s}).ByID(ctx, id).branch), &city)
		return nil
	}))
}

type lbSessions struct{ whStore }

func (r lbSessions) reader(ctx context.Context, token string) (id int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT reader_id FROM sessions WHERE token = ?"), token), &id)
	return id
}

func lbSessionThrice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type handler func(context.Context, string) error
	authenticated := func(next handler) handler {
		return func(ctx context.Context, token string) error {
			if (lbSessions{s}).reader(ctx, token) == 0 {
				return errors.New("sign in")
			}
			return next(ctx, token)
		}
	}
	limited := func(next handler) handler {
		return func(ctx context.Context, token string) error {
			_ = fmt.Sprintf("bucket-%d", (lbSessions{s}).reader(ctx, token))
			return next(ctx, token)
		}
	}
	logged := func(next handler) handler {
		return func(ctx context.Context, token string) error {
			_ = fmt.Sprintf("reader=%d", (lbSessions{s}).reader(ctx, token))
			return next(ctx, token)
		}
	}
	return authenticated(limited(logged(func(ctx context.Context, _ string) error {
		drain(s.db.QueryContext(ctx, s.q("SELECT id, name FROM events WHERE branch_id = ? ORDER BY starts_at"), 4))
		return nil
	})))(ctx, lbToken(2))
}

func lbSetting(ctx context.Context, s whStore, name string) (value string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT value FROM settings WHERE name = ?"), name), &value)
	return value
}

func lbSettingTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	fines := func(reader int64) string {
		var n int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM fines WHERE reader_id = ?"), reader), &n)
		return fmt.Sprint(n, lbSetting(ctx, s, "set-4"))
	}
	loans := func(reader int64) string {
		var n int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM loans WHERE reader_id = ?"), reader), &n)
		return fmt.Sprint(n, lbSetting(ctx, s, "set-4"))
	}
	if fines(4)+loans(4) == "" {
		return errors.New("no account")
	}
	return nil
}

func lbRateInLoop(ctx context.Context, e *Env) error {
	s := whOpen(e)
	owed := map[int64]string{}
	for _, l := range (lbLoans{s}).Overdue(ctx, 53000) {
		owed[l.id] = fmt.Sprintf("%d days at %s", (53000-l.due)/24, lbSetting(ctx, s, "set-7"))
	}
	if len(owed) == 0 {
		return errors.New("all in time")
	}
	return nil
}

func lbBranchNames(ctx context.Context, s whStore) []string {
	return whScan[string](s.db.QueryContext(ctx, "SELECT name FROM branches ORDER BY name"))(func(v *string) []any { return []any{v} })
}

func lbHeaderAndFooter(ctx context.Context, e *Env) error {
	s := whOpen(e)
	header := lbBranchNames(ctx, s)
	drain(s.db.QueryContext(ctx, s.q("SELECT id, name FROM titles WHERE subject_id = ? ORDER BY name"), 5))
	footer := lbBranchNames(ctx, s)
	if len(header) != len(footer) {
		return errors.New("two lists")
	}
	return nil
}

func lbExistsThenCopy(ctx context.Context, e *Env) error {
	s := whOpen(e)
	known := func(barcode string) (is bool) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT EXISTS(SELECT 1 FROM copies WHERE barcode = ?)"), barcode), &is)
		return is
	}
	if !known("B010932") {
		return errors.New("no such copy")
	}
	var id, price int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT id, price FROM copies WHERE barcode = ?"), "B010932"), &id, &price)
	return nil
}

func lbDueThenRenewals(ctx context.Context, e *Env) error {
	s := whOpen(e)
	late := func(loan int64) bool {
		var due int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT due_at FROM loans WHERE id = ?"), loan), &due)
		return due < 51000
	}
	renewable := func(loan int64) bool {
		var n int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT renewals FROM loans WHERE id = ?"), loan), &n)
		return n < 2
	}
	if late(18) || !renewable(18) {
		return errors.New("may not be renewed")
	}
	return nil
}

type lbRules struct{ whStore }

func (r lbRules) limit(ctx context.Context, kind string) (n int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT max_loans FROM reader_kinds WHERE code = ?"), kind), &n)
	return n
}

func (r lbRules) mayLend(ctx context.Context, reader int64, kind string) bool {
	var n int64
	one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM loans WHERE reader_id = ? AND state = 'open'"), reader), &n)
	return n < r.limit(ctx, kind)
}

func (r lbRules) mayReserve(ctx context.Context, reader int64, kind string) bool {
	var n int64
	one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM reservations WHERE reader_id = ?"), reader), &n)
	return n < r.limit(ctx, kind)
}

func lbLimitInTwoChecks(ctx context.Context, e *Env) error {
	r := lbRules{whOpen(e)}
	if !r.mayLend(ctx, 5, "kind-3") || !r.mayReserve(ctx, 5, "kind-3") {
		return errors.New("too many")
	}
	return nil
}

func (f lbFines) dueOf(ctx context.Context, reader int64) (sum int64) {
	one(f.db.QueryRowContext(ctx, f.q("SELECT COALESCE(SUM(amount), 0) FROM fines WHERE reader_id = ? AND state = 'due'"), reader), &sum)
	return sum
}

func lbSumTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	badge := (lbFines{s}).dueOf(ctx, 4)
	drain(s.db.QueryContext(ctx, s.q("SELECT id, barcode FROM copies WHERE branch_id = ? ORDER BY seen_at DESC LIMIT 10"), 2))
	if blocked := (lbFines{s}).dueOf(ctx, 4) > 5000; blocked && badge == 0 {
		return errors.New("blocked for nothing")
	}
	return nil
}

func lbAuditBetween(ctx context.Context, e *Env) error {
	s := whOpen(e)
	title := func(id int64) (name string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM titles WHERE id = ?"), id), &name)
		return name
	}
	_, err := s.db.ExecContext(ctx, s.q("INSERT INTO audit (actor, action, target) VALUES (?, ?, ?)"), "desk 2", "shown", title(14))
	if err != nil {
		return err
	}
	if title(14) == "" {
		return errors.New("no title")
	}
	return nil
}

func lbWidgets(ctx context.Context, e *Env) error {
	s := whOpen(e)
	balance := func(ctx context.Context) (n int64, err error) {
		return n, s.db.QueryRowContext(ctx, s.q("SELECT balance FROM readers WHERE id = ?"), 6).Scan(&n)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		_, err := balance(gctx)
		return err
	})
	g.Go(func() error {
		n, err := balance(gctx)
		if err != nil || n < 0 {
			return err
		}
		return s.db.QueryRowContext(gctx, s.q("SELECT count(*) FROM loans WHERE reader_id = ?"), 6).Scan(&n)
	})
	return g.Wait()
}

func lbTwiceInTransaction(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		open := func(number string) bool {
			var state string
			one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM purchases WHERE number = ?"), number), &state)
			return state == "open"
		}
		small := func(number string) bool {
			var total int64
			one(s.db.QueryRowContext(ctx, s.q("SELECT total FROM purchases WHERE number = ?"), number), &total)
			return total < 50000
		}
		if !open("PO-321") || !small("PO-321") {
			return errors.New("needs a signature")
		}
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('buyer', 'sign', ?)", "PO-321")
		return nil
	})
}
