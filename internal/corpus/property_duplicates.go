package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// pmDuplicateCases ask again what has been answered and cannot have changed.
func pmDuplicateCases() []Case {
	return []Case{
		{Name: "property/user-in-middleware-and-handler", About: "the middleware reads the user, and the handler reads it again by its id", Setup: pmOf("sessions users buildings"), Run: pmUserTwice, Want: pmD("pmUserByID", "users")},
		{Name: "property/session-by-three-layers", About: "authentication, language and log each read the session", Setup: pmOf("sessions flats"), Run: pmSessionThrice, Want: pmD("userOf", "sessions")},
		{Name: "property/setting-in-the-loop", About: "the dunning fee is read for each invoice: once before the loop", Setup: pmOf("invoices settings"), Run: pmSettingInLoop, Want: pmD("pmSetting", "settings")},
		{Name: "property/exists-then-the-lease", About: "EXISTS, and then the row: the row alone says it", Setup: pmOf("leases"), Run: pmExistsThenLease, Want: pmD("", "leases")},
		{Name: "property/rent-then-deposit", About: "one helper reads the rent of a lease, another its deposit: one row", Setup: pmOf("leases"), Run: pmRentThenDeposit, Want: pmD("", "leases")},
		{Name: "property/two-services-one-tenant", About: "the letter service and the balance service each load the tenant", Setup: pmOf("tenants leases invoices"), Run: pmTwoServices, Want: pmD("ByID", "tenants")},
		{Name: "property/widgets-of-the-start-page", About: "two widgets read the same count, each in its goroutine", Setup: pmOf("invoices flats"), Run: pmWidgets, Want: pmD("openInvoices", "invoices")},
		{Name: "property/audit-between", About: "an audit entry is written between two reads of a flat, which it cannot have changed", Setup: pmOf("flats audit"), Run: pmAuditBetween, Want: pmD("", "flats")},
		{Name: "property/validators-in-a-transaction", About: "two validators of one transaction read the same order, and only then is something written", Setup: pmOf("repair_orders audit"), Run: pmValidators, Want: pmD("order", "repair_orders")},
		{Name: "property/no-right-thrice", About: "three steps look for a right that is not there, and no cache keeps that", Setup: pmOf("permissions buildings flats"), Run: pmNoRight, Want: pmD("level", "permissions")},
		{Name: "property/cities-in-two-menus", About: "the head and the search form list the same cities", Setup: pmOf("buildings flats"), Run: pmTwoMenus, Want: pmD("pmCities", "buildings")},
		{Name: "property/cache-of-each-request-part", About: "each part of the page makes its own cache, which is empty", Setup: pmOf("buildings flats"), Run: pmTwoCaches, Want: pmD("get", "buildings")},
		{Name: "property/reads-around-another-write", About: "a notice is written between two reads of a lease's invoices", Setup: pmOf("invoices notices"), Run: pmAroundWrite, Want: pmD("openOf", "invoices")},
	}
}

func pmUserTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	return pmSignedIn(ctx, s, pmUUID("5e", 3), func(ctx context.Context, u pmUser) error {
		me := pmUserByID(ctx, s, u.id) // what the handler had before there was a middleware
		var name string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM buildings WHERE id = ?"), me.building), &name)
		if name == "" {
			return errors.New("no building")
		}
		return nil
	})
}

type pmSessions struct{ whStore }

func (a pmSessions) userOf(ctx context.Context, token string) (user int64, err error) {
	err = a.db.QueryRowContext(ctx, a.q("SELECT user_id FROM sessions WHERE token = ?"), token).Scan(&user)
	return user, err
}

func pmSessionThrice(ctx context.Context, e *Env) error {
	a := pmSessions{whOpen(e)}
	type handler func(context.Context, string) error
	wrap := func(next handler) handler {
		return func(ctx context.Context, token string) error {
			if _, err := a.userOf(ctx, token); err != nil {
				return err
			}
			return next(ctx, token)
		}
	}
	page := func(ctx context.Context, token string) error {
		drain(a.db.QueryContext(ctx, "SELECT number FROM flats WHERE state = 'let' ORDER BY number LIMIT 5"))
		_, err := a.userOf(ctx, token)
		return err
	}
	return wrap(wrap(page))(ctx, pmUUID("5e", 5))
}

func pmSetting(ctx context.Context, s whStore, name string) (value string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT value FROM settings WHERE name = ?"), name), &value)
	return value
}

func pmSettingInLoop(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var letters []string
	for _, v := range (pmInvoices{s}).Overdue(ctx, 8120) {
		letters = append(letters, fmt.Sprintf("%d and a fee of %s", v.open, pmSetting(ctx, s, "set-3")))
	}
	if len(letters) < 5 {
		return errors.New("too few letters")
	}
	return nil
}

func pmExistsThenLease(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const contract = "C-0371"
	var is bool
	one(s.db.QueryRowContext(ctx, s.q("SELECT EXISTS(SELECT 1 FROM leases WHERE contract = ?)"), contract), &is)
	if !is {
		return errors.New("not found")
	}
	var rent, deposit int64
	return s.db.QueryRowContext(ctx, s.q("SELECT rent, deposit FROM leases WHERE contract = ?"), contract).Scan(&rent, &deposit)
}

func pmRentThenDeposit(ctx context.Context, e *Env) error {
	s := whOpen(e)
	rentOf := func(id int64) (cents int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT rent FROM leases WHERE id = ?"), id), &cents)
		return cents
	}
	depositOf := func(id int64) (cents int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT deposit FROM leases WHERE id = ?"), id), &cents)
		return cents
	}
	if depositOf(14) > 3*rentOf(14) {
		return errors.New("more than three rents")
	}
	return nil
}

type pmLetters struct{ tenants pmTenants }

func (l pmLetters) salutation(ctx context.Context, tenant int64) string {
	return "Dear " + l.tenants.ByID(ctx, tenant).name
}

type pmBalanceService struct{ tenants pmTenants }

func (b pmBalanceService) owes(ctx context.Context, tenant int64) int64 {
	return b.tenants.ByID(ctx, tenant).balance
}

func pmTwoServices(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var tenant int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT tenant_id FROM leases WHERE contract = ?"), "C-0583"), &tenant)
	hello := pmLetters{pmTenants{s}}.salutation(ctx, tenant)
	drain(s.db.QueryContext(ctx, s.q("SELECT number, open_amount FROM invoices WHERE lease_id = ? ORDER BY due_at"), 11))
	if sum := (pmBalanceService{pmTenants{s}}).owes(ctx, tenant); sum == 0 {
		return errors.New(hello + ", you owe nothing")
	}
	return nil
}

type pmDashboard struct{ whStore }

func (d pmDashboard) openInvoices(ctx context.Context) (n int64, err error) {
	err = d.db.QueryRowContext(ctx, d.q("SELECT count(*) FROM invoices WHERE state = ? AND open_amount > ?"), "open", 0).Scan(&n)
	return n, err
}

func pmWidgets(ctx context.Context, e *Env) error {
	d := pmDashboard{whOpen(e)}
	var (
		mu   sync.Mutex
		page = map[string]int64{}
	)
	g, gctx := errgroup.WithContext(ctx)
	put := func(name string, n int64, err error) error {
		mu.Lock()
		defer mu.Unlock()
		page[name] = n
		return err
	}
	g.Go(func() error {
		n, err := d.openInvoices(gctx)
		return put("badge", n, err)
	})
	g.Go(func() error {
		n, err := d.openInvoices(gctx)
		return put("todo", n, err)
	})
	g.Go(func() error {
		var n int64
		err := d.db.QueryRowContext(gctx, "SELECT count(*) FROM flats WHERE state <> 'let'").Scan(&n)
		return put("free", n, err)
	})
	return g.Wait()
}

func pmAuditBetween(ctx context.Context, e *Env) error {
	s := whOpen(e)
	read := func() (number, state string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT number, state FROM flats WHERE id = ? AND deleted_at = 0"), 19), &number, &state)
		return number, state
	}
	number, _ := read()
	tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES (?, 'viewed', ?)", "u031", number)
	if _, state := read(); state != "let" {
		return errors.New("not let")
	}
	return nil
}

type pmOrderCheck struct{ whStore }

func (c pmOrderCheck) order(ctx context.Context, number string) (state string, cost int64, err error) {
	err = c.db.QueryRowContext(ctx, c.q("SELECT state, cost FROM repair_orders WHERE number = ?"), number).Scan(&state, &cost)
	return state, cost, err
}

func (c pmOrderCheck) isNew(ctx context.Context, number string) error {
	state, _, err := c.order(ctx, number)
	if err == nil && state != "new" {
		return errors.New("not new")
	}
	return err
}

func (c pmOrderCheck) isCheap(ctx context.Context, number string) error {
	_, cost, err := c.order(ctx, number)
	if err == nil && cost > 30000 {
		return errors.New("ask the owner")
	}
	return err
}

func pmValidators(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{}, func(s whStore) error {
		c := pmOrderCheck{s}
		for _, check := range []func(context.Context, string) error{c.isNew, c.isCheap} {
			if err := check(ctx, "RO-763"); err != nil {
				return err
			}
		}
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('u062', 'checked', ?)", "RO-763")
		return nil
	})
}

func pmNoRight(ctx context.Context, e *Env) error {
	acl := pmACL{whOpen(e)}
	const user, building = 8, 2
	visible := acl.level(ctx, user, building) > 0
	drain(acl.db.QueryContext(ctx, acl.q("SELECT number FROM flats WHERE building_id = ? AND deleted_at = 0"), building))
	editable := acl.level(ctx, user, building) > 1
	if deletable := acl.level(ctx, user, building) > 2; deletable || visible || editable {
		return errors.New("a right from nowhere")
	}
	return nil
}

func pmCities(ctx context.Context, s whStore) []string {
	return whScan[string](s.db.QueryContext(ctx, "SELECT DISTINCT city FROM buildings WHERE deleted_at = 0 ORDER BY city"))(func(v *string) []any { return []any{v} })
}

func pmTwoMenus(ctx context.Context, e *Env) error {
	s := whOpen(e)
	head := func() int { return len(pmCities(ctx, s)) }
	form := func() map[string]bool {
		out := map[string]bool{}
		for _, c := range pmCities(ctx, s) {
			out[c] = c == "city-1"
		}
		return out
	}
	if head() != len(form()) {
		return errors.New("two lists")
	}
	return nil
}

func pmTwoCaches(ctx context.Context, e *Env) error {
	s := whOpen(e)
	part := func() *pmBuildingCache { return &pmBuildingCache{s, map[int64]string{}} }
	title := part().get(ctx, 4)
	drain(s.db.QueryContext(ctx, s.q("SELECT number, floor FROM flats WHERE building_id = ? ORDER BY number"), 4))
	if foot := part().get(ctx, 4); foot != title {
		return errors.New("two names")
	}
	return nil
}

func (r pmInvoices) openOf(ctx context.Context, lease int64) (sum int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT COALESCE(SUM(open_amount), 0) FROM invoices WHERE lease_id = ? AND state <> 'paid'"), lease), &sum)
	return sum
}

func pmAroundWrite(ctx context.Context, e *Env) error {
	r := pmInvoices{whOpen(e)}
	sum := r.openOf(ctx, 10)
	if err := pmNotices(r).Send(ctx, 16, "balance", fmt.Sprint("you owe ", sum)); err != nil {
		return err
	}
	if r.openOf(ctx, 10) != sum {
		return errors.New("somebody has paid meanwhile")
	}
	return nil
}
