package corpus

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"

	"golang.org/x/sync/errgroup"
)

// pmReadCases read a row, or the rows of one, at a time.
func pmReadCases() []Case {
	return []Case{
		{Name: "property/rent-roll", About: "the rent roll reads the tenant of each lease by the repository: a JOIN", Setup: pmOf("leases tenants"), Run: pmRentRoll, Want: pmN("ByID", "tenants", "leases"),
			Same: sameRows("SELECT id, number, name, email, balance FROM tenants WHERE id = ?", []int64{3, 8, 13, 18, 5})},
		{Name: "property/last-reading-of-each-meter", About: "LIMIT 1 for each meter of a list: ROW_NUMBER or LATERAL", Setup: pmOf("meters readings"), Run: pmLastReadings, Want: pmN("latest", "readings", "meters")},
		{Name: "property/open-sum-of-each-lease", About: "an aggregate for each lease: GROUP BY", Setup: pmOf("leases invoices"), Run: pmOpenSums, Want: pmN("pmOpenSums", "invoices", "leases")},
		{Name: "property/craftsman-of-each-order", About: "sixteen orders of eight craftsmen, each looked up by its code", Setup: pmOf("repair_orders craftsmen"), Run: pmCraftsmanOfOrders, Want: pmN("pmCraftsmanOfOrders", "craftsmen", "repair_orders"),
			Same: sameRowsOf("SELECT code, name, trade FROM craftsmen WHERE code = ?", []string{"CR-a", "CR-d", "CR-g", "CR-b"}, nil, nil)},
		{Name: "property/documents-of-each-lease", About: "the documents of each lease, by kind and id of their owner", Setup: pmOf("leases documents"), Run: pmDocumentsOfLeases, Want: pmN("Of", "documents", "leases")},
		{Name: "property/defects-of-each-inspection", About: "the key of the loop is a UUID", Setup: pmOf("inspections defects"), Run: pmDefects, Want: pmN("pmDefects", "defects", "inspections"),
			Same: sameRowsOf("SELECT room, note FROM defects WHERE inspection_id = ? AND state = ?", []string{pmUUID("a1", 2), pmUUID("a1", 5), pmUUID("a1", 9), pmUUID("a1", 11)}, []any{"open"}, []any{"open"})},
		{Name: "property/price-by-city-and-kind", About: "the tariff of each meter is found by two text keys", Setup: pmOf("buildings flats meters tariffs"), Run: pmPrices, Want: pmN("price", "tariffs", "meters")},
		{Name: "property/iterator-over-flats", About: "a range-over-func iterator reads the flats by pages, and the body the lease of each", Setup: pmOf("flats leases"), Run: pmOverIterator, Want: pmN("", "leases", "flats"),
			Same: sameRowsOf("SELECT contract FROM leases WHERE flat_id = ? AND state = 'running'", []int64{8, 15, 22, 5, 12, 19}, nil, []any{"running"})},
		{Name: "property/occupancy-in-parallel", About: "a goroutine counts for each building: the same queries at once", Setup: pmOf("buildings flats"), Run: pmOccupancy, Want: pmN("occupied", "flats", "buildings")},
		{Name: "property/flats-to-compare", About: "the ids come with the request, and each flat is read by itself", Setup: pmOf("flats"), Run: pmCompare, Want: pmN("pmCompare", "flats", none),
			Same: sameRows("SELECT number, rooms, area FROM flats WHERE id = ?", []int64{22, 4, 17, 9, 13})},
		{Name: "property/generic-find", About: "a generic repository reads one row by its key, a report calls it for each payment", Setup: pmOf("payments accounts"), Run: pmGenericFind, Want: pmN("Find", "accounts", "payments"),
			Same: sameRows("SELECT code, name, balance FROM accounts WHERE id = ?", []int64{5, 9, 13, 2, 6})},
		{Name: "property/may-i-enter", About: "the permission of the user is read for each building", Setup: pmOf("sessions users permissions buildings"), Run: pmMayEnter, Want: pmN("level", "permissions", "buildings")},
		{Name: "property/vacancies", About: "EXISTS for each flat of the portfolio: NOT EXISTS in one query", Setup: pmOf("flats leases"), Run: pmVacancies, Want: pmN("isLet", "leases", "flats")},
		{Name: "property/cheapest-of-each-building", About: "a window function for each building, which PARTITION BY would do for all", Setup: pmOf("buildings flats leases"), Run: pmCheapest, Want: pmN("pmCheapest", "leases", "buildings")},
		{Name: "property/cache-of-buildings", Values: true, About: "the map in front saves repeats, and the first read of each of six buildings is one by one all the same", Setup: pmOf("flats buildings"), Run: pmCachedBuildings, Want: pmN("get", "buildings", "flats"),
			Same: sameRowsOf("SELECT name FROM buildings WHERE id = ? AND deleted_at = 0", upTo(6), nil, []any{0})},
		{Name: "property/flats-of-a-json-basket", Values: true, About: "the ids come out of a JSON column", Setup: append(pmOf("flats settings"), `INSERT INTO settings VALUES ('showcase', '[21,6,15,3,18,11]')`), Run: pmShowcase, Want: pmN("pmShowcase", "flats", "settings")},
		{Name: "property/number-in-the-text", About: "Sprintf writes the code into the text: one loop, and many texts", Setup: pmOf("repair_orders flats"), Run: pmNumberInText, Want: pmN("pmNumberInText", "flats", "repair_orders")},
		{Name: "property/sorted-set-of-tenants", Values: true, About: "the ids of a set, sorted, are read one by one", Setup: pmOf("leases tenants"), Run: pmSortedSet, Want: pmN("pmSortedSet", "tenants", "leases")},
	}
}

func pmRentRoll(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tenants := pmTenants{s}
	type line struct {
		contract, tenant string
		rent             int64
	}
	var roll []line
	for _, l := range (pmLeases{s}).Running(ctx, 64000) {
		roll = append(roll, line{l.contract, tenants.ByID(ctx, l.tenant).name, l.rent})
	}
	sort.Slice(roll, func(a, b int) bool { return roll[a].tenant < roll[b].tenant })
	if len(roll) == 0 {
		return errors.New("nothing let")
	}
	return nil
}

type pmMeters struct{ whStore }

func (m pmMeters) latest(ctx context.Context, meter int64) (value int64) {
	one(m.db.QueryRowContext(ctx, m.q("SELECT value FROM readings WHERE meter_id = ? ORDER BY day DESC LIMIT 1"), meter), &value)
	return value
}

func pmLastReadings(ctx context.Context, e *Env) error {
	m := pmMeters{whOpen(e)}
	use := map[int64]int64{}
	for _, id := range pmIDs(ctx, m.whStore, "SELECT id FROM meters WHERE kind = ? ORDER BY serial", "water") {
		use[id] = m.latest(ctx, id)
	}
	if len(use) < 5 {
		return errors.New("too few meters")
	}
	return nil
}

func pmOpenSums(ctx context.Context, e *Env) error {
	s := whOpen(e)
	worst, sum := "", int64(0)
	for _, l := range (pmLeases{s}).Running(ctx, 65000) {
		var open, n int64
		err := s.db.QueryRowContext(ctx, s.q("SELECT COALESCE(SUM(open_amount), 0), count(*) FROM invoices WHERE lease_id = ? AND state = 'open'"), l.id).Scan(&open, &n)
		if err != nil {
			return err
		}
		if open > sum {
			worst, sum = l.contract, open
		}
	}
	if worst == "" {
		return errors.New("nobody owes anything")
	}
	return nil
}

func pmCraftsmanOfOrders(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type order struct{ number, craftsman string }
	byTrade := map[string][]string{}
	for _, o := range whScan[order](s.db.QueryContext(ctx, s.q("SELECT number, craftsman_code FROM repair_orders WHERE state = ? ORDER BY ordered_at"), "new"))(func(o *order) []any { return []any{&o.number, &o.craftsman} }) {
		var code, name, trade string
		if one(s.db.QueryRowContext(ctx, s.q("SELECT code, name, trade FROM craftsmen WHERE code = ?"), o.craftsman), &code, &name, &trade) {
			byTrade[trade] = append(byTrade[trade], o.number+" "+name)
		}
	}
	return nil
}

type pmDocuments struct{ whStore }

// Of are the names of the documents of an owner.
func (d pmDocuments) Of(ctx context.Context, kind string, id int64) []string {
	return whScan[string](d.db.QueryContext(ctx, d.q("SELECT name FROM documents WHERE owner_kind = ? AND owner_id = ? AND deleted_at = 0"), kind, id))(func(v *string) []any { return []any{v} })
}

func pmDocumentsOfLeases(ctx context.Context, e *Env) error {
	s := whOpen(e)
	docs := pmDocuments{s}
	missing := 0
	for _, l := range (pmLeases{s}).Running(ctx, 62500) {
		if len(docs.Of(ctx, "lease", l.id)) == 0 {
			missing++
		}
	}
	_ = missing
	return nil
}

func pmDefects(ctx context.Context, e *Env) error {
	s := whOpen(e)
	report := map[string][]string{}
	type defect struct{ room, note string }
	for _, id := range pmTexts(ctx, s, "SELECT id FROM inspections WHERE result = ? ORDER BY day", "done") {
		for _, d := range whScan[defect](s.db.QueryContext(ctx, s.q("SELECT room, note FROM defects WHERE inspection_id = ? AND state = ?"), id, "open"))(func(d *defect) []any { return []any{&d.room, &d.note} }) {
			report[id] = append(report[id], d.room+": "+d.note)
		}
	}
	if len(report) != 12 {
		return errors.New("an inspection is missing")
	}
	return nil
}

type pmTariffs struct{ whStore }

func (t pmTariffs) price(ctx context.Context, city, kind string) (cents int64) {
	one(t.db.QueryRowContext(ctx, t.q("SELECT price FROM tariffs WHERE city = ? AND kind = ?"), city, kind), &cents)
	return cents
}

func pmPrices(ctx context.Context, e *Env) error {
	t := pmTariffs{whOpen(e)}
	type place struct{ city, kind, serial string }
	bill := map[string]int64{}
	for _, p := range whScan[place](t.db.QueryContext(ctx, "SELECT b.city, m.kind, m.serial FROM meters m JOIN flats f ON f.id = m.flat_id JOIN buildings b ON b.id = f.building_id ORDER BY m.serial"))(func(p *place) []any { return []any{&p.city, &p.kind, &p.serial} }) {
		bill[p.serial] = t.price(ctx, p.city, p.kind)
	}
	return nil
}

// pmFlats goes through all flats by pages of five.
func pmFlats(ctx context.Context, s whStore) iter.Seq2[int64, string] {
	type flat struct {
		id     int64
		number string
	}
	return func(yield func(int64, string) bool) {
		for after := int64(0); ; {
			page := whScan[flat](s.db.QueryContext(ctx, s.q("SELECT id, number FROM flats WHERE id > ? AND deleted_at = 0 ORDER BY id LIMIT 5"), after))(func(f *flat) []any { return []any{&f.id, &f.number} })
			for _, f := range page {
				if !yield(f.id, f.number) {
					return
				}
				after = f.id
			}
			if len(page) < 5 {
				return
			}
		}
	}
}

func pmOverIterator(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for id, number := range pmFlats(ctx, s) {
		var contract string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT contract FROM leases WHERE flat_id = ? AND state = 'running'"), id), &contract) {
			contract = number + " is empty"
		}
	}
	return nil
}

type pmPortfolio struct{ whStore }

func (p pmPortfolio) occupied(ctx context.Context, building int64) (n int64, err error) {
	err = p.db.QueryRowContext(ctx, p.q("SELECT count(*) FROM flats WHERE building_id = ? AND state = 'let'"), building).Scan(&n)
	return n, err
}

func pmOccupancy(ctx context.Context, e *Env) error {
	p := pmPortfolio{whOpen(e)}
	buildings := pmIDs(ctx, p.whStore, "SELECT id FROM buildings WHERE deleted_at = 0 ORDER BY name")
	counts := make([]int64, len(buildings))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	for i, id := range buildings {
		g.Go(func() (err error) {
			counts[i], err = p.occupied(gctx, id)
			return err
		})
	}
	return g.Wait()
}

func pmCompare(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type flat struct {
		number      string
		rooms, area int64
	}
	var table []flat
	for _, id := range []int64{22, 4, 17, 9, 13, 6, 20} { // of the query string
		var f flat
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT number, rooms, area FROM flats WHERE id = ?"), id), &f.number, &f.rooms, &f.area) {
			return fmt.Errorf("no flat %d", id)
		}
		table = append(table, f)
	}
	slices.SortFunc(table, func(a, b flat) int { return int(a.area - b.area) })
	return nil
}
