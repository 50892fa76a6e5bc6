package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// pmServiceReadCases read in loops that lie in services, closures, exports and reports.
func pmServiceReadCases() []Case {
	return []Case{
		{Name: "property/buildings-flats-leases", About: "a loop in a loop: the flats of each building, the leases of each flat", Setup: pmOf("buildings flats leases"), Run: pmThreeLevels, Want: []Want{
			{Kind: budget.NPlusOne, Func: "flatsOf", Table: "flats", Parent: "buildings"}, {Kind: budget.NPlusOne, Func: "leasesOf", Table: "leases", Parent: "flats"},
		}},
		{Name: "property/rent-of-each-month", About: "a chart of eight months, a sum for each: GROUP BY", Setup: pmOf("rents"), Run: pmRentOfMonths, Want: pmN("pmRentOfMonths", "rents", none)},
		{Name: "property/view-for-each-flat", About: "a view is asked for each flat of a building list, and could be asked for all", Setup: append(pmOf("flats meters readings"), "CREATE VIEW flat_use AS SELECT m.flat_id, SUM(r.value) AS total FROM meters m JOIN readings r ON r.meter_id = m.id GROUP BY m.flat_id"), Run: pmViewForFlats, Want: pmN("pmViewForFlats", "flat_use", "flats"),
			Same: sameRows("SELECT total FROM flat_use WHERE flat_id = ?", []int64{9, 11, 13, 14, 15})},
		{Name: "property/cte-for-each-account", About: "a common table expression for each account", Setup: pmOf("accounts bookings"), Run: pmCTEForAccounts, Want: pmN("pmCTEForAccounts", "bookings", "accounts")},
		{Name: "property/list-helper-with-one-key", About: "the helper takes a list of ids, and is given one at a time", Setup: pmOf("invoices invoice_lines"), Run: pmListHelper, Want: pmN("linesOf", "invoice_lines", "invoices")},
		{Name: "property/export-of-all-leases", About: "the export reads pages by OFFSET, and for each of their rows the invoice total", Setup: pmOf("leases invoices"), Run: pmExport, Want: pmN("total", "invoices", "leases")},
		{Name: "property/each-with-a-closure", About: "a helper of the package calls a closure for each row", Setup: pmOf("repair_orders flats buildings"), Run: pmEachClosure, Want: pmN("", "buildings", "repair_orders")},
		{Name: "property/prepared-for-each-serial", About: "a prepared statement in a loop: one round trip for each serial of the upload", Setup: pmOf("meters"), Run: pmPreparedSerials, Want: pmN("pmPreparedSerials", "meters", none)},
		{Name: "property/join-for-each-inspection", About: "a JOIN for each inspection is a loop as a read of one table is", Setup: pmOf("inspections flats buildings"), Run: pmJoinForInspections, Want: pmN("address", "flats", "inspections"),
			Same: sameRows("SELECT b.name, b.city, f.number FROM flats f JOIN buildings b ON b.id = f.building_id WHERE f.id = ?", []int64{6, 11, 16, 21, 2})},
		{Name: "property/four-inspectors", About: "twelve inspections by four users: the same four are read again and again", Setup: pmOf("inspections users"), Run: pmInspectors, Want: pmN("pmUserByID", "users", "inspections")},
		{Name: "property/three-cities-of-flats", About: "the tariff of the city is read for each of 24 flats, which lie in three cities", Setup: pmOf("flats buildings tariffs"), Run: pmThreeCities, Want: pmN("pmThreeCities", "tariffs", "flats")},
		{Name: "property/waitgroup-of-meters", About: "a goroutine for each meter reads its last two values", Setup: pmOf("meters readings"), Run: pmWaitGroup, Want: pmN("", "readings", "meters")},
		{Name: "property/decorated-page", About: "the page is read by one query, and a decorator adds the tenant to each of its ten rows", Setup: pmOf("invoices leases tenants"), Run: pmDecoratedPage, Want: pmN("withTenant", "tenants", "invoices"),
			Same: sameRows("SELECT name FROM tenants WHERE id = ?", []int64{16, 4, 9, 11, 2})},
		{Name: "property/function-for-each-building", Systems: []string{"postgres"}, About: "a function of the database is called for each building", Setup: append(pmOf("buildings flats"), "CREATE FUNCTION area_of(b BIGINT) RETURNS BIGINT LANGUAGE sql STABLE AS $$ SELECT SUM(area)::bigint FROM flats WHERE building_id = b $$"), Run: pmFunctionForEach, Want: pmN("pmFunctionForEach", "", "buildings")},
		{Name: "property/filtered-in-go", Values: true, About: "Go picks the larger flats of a list, and reads the keys of each", Setup: pmOf("flats flat_keys"), Run: pmFilteredInGo, Want: pmN("out", "flat_keys", "flats")},
	}
}

type pmDirectory struct{ whStore }

func (d pmDirectory) flatsOf(ctx context.Context, building int64) []int64 {
	return whKeys(d.db.QueryContext(ctx, d.q("SELECT id FROM flats WHERE building_id = ? AND deleted_at = 0 ORDER BY number"), building))
}

func (d pmDirectory) leasesOf(ctx context.Context, flat int64) []string {
	return whScan[string](d.db.QueryContext(ctx, d.q("SELECT contract FROM leases WHERE flat_id = ? ORDER BY starts_at"), flat))(func(v *string) []any { return []any{v} })
}

func pmThreeLevels(ctx context.Context, e *Env) error {
	d := pmDirectory{whOpen(e)}
	tree := map[int64]map[int64][]string{}
	for _, building := range pmIDs(ctx, d.whStore, "SELECT id FROM buildings WHERE deleted_at = 0 ORDER BY code") {
		tree[building] = map[int64][]string{}
		for _, flat := range d.flatsOf(ctx, building) {
			tree[building][flat] = d.leasesOf(ctx, flat)
		}
	}
	return nil
}

func pmRentOfMonths(ctx context.Context, e *Env) error {
	s := whOpen(e)
	chart := make([]int64, 8)
	for i := range chart {
		month := 202401 + i
		if err := s.db.QueryRowContext(ctx, s.q("SELECT COALESCE(SUM(amount), 0) FROM rents WHERE month = ?"), month).Scan(&chart[i]); err != nil {
			return fmt.Errorf("month %d: %w", month, err)
		}
	}
	return nil
}

func pmViewForFlats(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var sum int64
	for _, id := range pmIDs(ctx, s, "SELECT id FROM flats WHERE building_id IN (?, ?) ORDER BY number", 3, 4) {
		var total int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT total FROM flat_use WHERE flat_id = ?"), id), &total) {
			sum += total
		}
	}
	if sum == 0 {
		return errors.New("nothing was used")
	}
	return nil
}

func pmCTEForAccounts(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM accounts WHERE balance > ? ORDER BY code", 540000) {
		var n, sum int64
		one(s.db.QueryRowContext(ctx, s.q("WITH recent AS (SELECT amount FROM bookings WHERE account_id = ? AND day > 8105) SELECT count(*), COALESCE(SUM(amount), 0) FROM recent"), id), &n, &sum)
	}
	return nil
}

func (r pmInvoices) linesOf(ctx context.Context, invoices []int64) map[int64]int64 {
	out := map[int64]int64{}
	for _, p := range pairs(r.db.QueryContext(ctx, r.q("SELECT invoice_id, SUM(amount) FROM invoice_lines WHERE invoice_id IN ("+whMarks(len(invoices))+") GROUP BY invoice_id"), whArgs(invoices)...)) {
		out[p[0]] = p[1]
	}
	return out
}

func pmListHelper(ctx context.Context, e *Env) error {
	r := pmInvoices{whOpen(e)}
	for _, v := range r.Overdue(ctx, 8150) {
		if r.linesOf(ctx, []int64{v.id})[v.id] == 0 {
			return fmt.Errorf("invoice %d is empty", v.id)
		}
	}
	return nil
}

type pmCSV struct {
	whStore
	out strings.Builder
}

func (x *pmCSV) total(ctx context.Context, lease int64) (n int64) {
	one(x.db.QueryRowContext(ctx, x.q("SELECT COALESCE(SUM(amount), 0) FROM invoices WHERE lease_id = ?"), lease), &n)
	return n
}

func pmExport(ctx context.Context, e *Env) error {
	x := &pmCSV{whStore: whOpen(e)}
	for page := 0; ; page++ {
		ids := pmIDs(ctx, x.whStore, "SELECT id FROM leases ORDER BY contract LIMIT 8 OFFSET ?", page*8)
		for _, id := range ids {
			fmt.Fprintf(&x.out, "%d;%d\n", id, x.total(ctx, id))
		}
		if len(ids) < 8 {
			return nil
		}
	}
}

// pmEach calls do with each key of a query.
func pmEach(ctx context.Context, s whStore, query string, do func(ctx context.Context, id int64) error) error {
	for _, id := range pmIDs(ctx, s, query) {
		if err := do(ctx, id); err != nil {
			return fmt.Errorf("row %d: %w", id, err)
		}
	}
	return nil
}

func pmEachClosure(ctx context.Context, e *Env) error {
	s := whOpen(e)
	towns := map[string]int{}
	return pmEach(ctx, s, "SELECT flat_id FROM repair_orders WHERE state = 'new' ORDER BY number", func(ctx context.Context, flat int64) error {
		var city string
		err := s.db.QueryRowContext(ctx, s.q("SELECT b.city FROM buildings b JOIN flats f ON f.building_id = b.id WHERE f.id = ?"), flat).Scan(&city)
		towns[city]++
		return err
	})
}

func pmPreparedSerials(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("SELECT id, flat_id FROM meters WHERE serial = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	unknown := 0
	for i := range 9 { // lines of a file
		var id, flat int64
		if !one(stmt.QueryRowContext(ctx, fmt.Sprintf("M%06d", (i*2+3)*3307)), &id, &flat) {
			unknown++
		}
	}
	if unknown > 0 {
		return fmt.Errorf("%d meters are not known", unknown)
	}
	return nil
}

func (d pmDirectory) address(ctx context.Context, flat int64) string {
	var building, city, number string
	one(d.db.QueryRowContext(ctx, d.q("SELECT b.name, b.city, f.number FROM flats f JOIN buildings b ON b.id = f.building_id WHERE f.id = ?"), flat), &building, &city, &number)
	return building + ", " + city + ", " + number
}

func pmJoinForInspections(ctx context.Context, e *Env) error {
	d := pmDirectory{whOpen(e)}
	var tour []string
	for _, flat := range pmIDs(ctx, d.whStore, "SELECT flat_id FROM inspections WHERE day BETWEEN ? AND ? ORDER BY day", 7400, 7430) {
		tour = append(tour, d.address(ctx, flat))
	}
	if len(tour) < 6 {
		return errors.New("a short tour")
	}
	return nil
}

func pmInspectors(ctx context.Context, e *Env) error {
	s := whOpen(e)
	names := map[string]int{}
	for _, id := range pmIDs(ctx, s, "SELECT inspector_id FROM inspections ORDER BY day DESC") {
		names[pmUserByID(ctx, s, id).name]++
	}
	return nil
}

func pmThreeCities(ctx context.Context, e *Env) error {
	s := whOpen(e)
	cost := int64(0)
	for _, city := range pmTexts(ctx, s, "SELECT b.city FROM flats f JOIN buildings b ON b.id = f.building_id ORDER BY f.number") {
		var heat int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT price FROM tariffs WHERE city = ? AND kind = 'heat'"), city), &heat)
		cost += heat
	}
	_ = cost
	return nil
}

func pmWaitGroup(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		errs []error
	)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM meters WHERE kind IN ('heat', 'gas') ORDER BY id") {
		wg.Go(func() {
			rows, err := s.db.QueryContext(ctx, s.q("SELECT value FROM readings WHERE meter_id = ? ORDER BY day DESC LIMIT 2"), id)
			if err == nil {
				for rows.Next() {
				}
				err = errors.Join(rows.Err(), rows.Close()) //nolint:sqlclosecheck // it is the case
			}
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

type pmInvoicePage struct {
	number, tenant string
	tenantID       int64
}

func (r pmTenants) withTenant(ctx context.Context, p *pmInvoicePage) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT name FROM tenants WHERE id = ?"), p.tenantID), &p.tenant)
}

func pmDecoratedPage(ctx context.Context, e *Env) error {
	r := pmTenants{whOpen(e)}
	page := whScan[pmInvoicePage](r.db.QueryContext(ctx, r.q("SELECT i.number, l.tenant_id FROM invoices i JOIN leases l ON l.id = i.lease_id WHERE i.state = ? ORDER BY i.due_at LIMIT 10"), "open"))(func(p *pmInvoicePage) []any { return []any{&p.number, &p.tenantID} })
	for i := range page {
		r.withTenant(ctx, &page[i])
	}
	return nil
}

func pmFunctionForEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM buildings ORDER BY city, code") {
		var area int64
		if err := s.db.QueryRowContext(ctx, s.q("SELECT area_of(?)"), id).Scan(&area); err != nil {
			return err
		}
	}
	return nil
}

type pmKeyBoard struct{ whStore }

func (k pmKeyBoard) out(ctx context.Context, flat int64) (n int64, err error) {
	err = k.db.QueryRowContext(ctx, k.q("SELECT count(*) FROM flat_keys WHERE flat_id = ? AND state = 'out'"), flat).Scan(&n)
	return n, err
}

func pmFilteredInGo(ctx context.Context, e *Env) error {
	k := pmKeyBoard{whOpen(e)}
	var g errgroup.Group
	g.SetLimit(1)
	for _, f := range pairs(k.db.QueryContext(ctx, "SELECT id, area FROM flats WHERE deleted_at = 0 ORDER BY id")) {
		if f[1] < 6100 {
			continue
		}
		g.Go(func() error {
			_, err := k.out(ctx, f[0])
			return err
		})
	}
	return g.Wait()
}
