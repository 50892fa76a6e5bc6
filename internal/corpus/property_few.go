package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
)

// pmFewCases are loops of 3, 4 or 5 rounds, as many as there are rows.
func pmFewCases() []Case {
	return []Case{
		{Name: "property/four-meters-of-a-flat", About: "four meters, and one read for each of them: as certain as twenty", Setup: pmOf("meters readings"), Run: pmFourMeters, Want: pmN("latest", "readings", "meters")},
		{Name: "property/three-keys-of-a-flat", About: "three keys, and their holders one by one, by the number of the tenant", Setup: pmOf("flat_keys tenants"), Run: pmThreeKeys, Want: pmN("pmThreeKeys", "tenants", "flat_keys"),
			Same: sameRowsOf("SELECT name FROM tenants WHERE number = ?", []string{"T-02110", "T-02321", "T-02532"}, nil, nil)},
		{Name: "property/four-flats-of-a-building", About: "the building has four flats, an EXISTS for each", Setup: pmOf("flats leases"), Run: pmFourFlats, Want: pmN("isLet", "leases", "flats")},
		{Name: "property/three-craftsmen-of-a-trade", About: "three craftsmen by their text key, and the orders of each", Setup: pmOf("craftsmen repair_orders"), Run: pmThreeCraftsmen, Want: pmN("pmThreeCraftsmen", "repair_orders", "craftsmen")},
		{Name: "property/three-runs", About: "three dunning runs, the sum of the items of each", Setup: pmOf("dunning_runs dunning_items"), Run: pmThreeRuns, Want: pmN("feesOf", "dunning_items", "dunning_runs")},
		{Name: "property/four-inspections-in-parallel", About: "four rows, a goroutine for each", Setup: pmOf("inspections defects"), Run: pmFourParallel, Want: pmN("", "defects", "inspections")},
		{Name: "property/five-contracts-of-the-request", About: "five codes that came with the request reach the threshold", Setup: pmOf("leases"), Run: pmFiveContracts, Want: pmN("byContract", "leases", none)},
		{Name: "property/three-of-a-join", About: "three rows of a JOIN, and the documents of each lease in it", Setup: pmOf("leases flats documents"), Run: pmThreeOfJoin, Want: pmN("Of", "documents", "leases")},
		{Name: "property/four-lines-two-keys", About: "four bookings of two payments: as many reads as rows, with repeated keys", Setup: append(pmOf("payments"), "CREATE TABLE splits (id BIGINT PRIMARY KEY, payment_id BIGINT, share BIGINT)", "INSERT INTO splits VALUES (31, 7, 40), (32, 7, 60), (33, 12, 25), (34, 12, 75)"), Run: pmFourOfTwo, Want: pmN("pmFourOfTwo", "payments", "splits")},
		{Name: "property/behind-the-session", About: "a user with a session, and four orders of a building behind it: the loop goes through the orders", Setup: pmOf("sessions users flats repair_orders craftsmen"), Run: pmBehindSession, Want: pmN("craftsman", "craftsmen", "repair_orders"),
			Same: sameRowsOf("SELECT name, rate FROM craftsmen WHERE code = ?", []string{"CR-d", "CR-g", "CR-b"}, nil, nil)},
	}
}

func pmFourMeters(ctx context.Context, e *Env) error {
	m := pmMeters{whOpen(e)}
	var page []string
	type meter struct {
		id           int64
		kind, serial string
	}
	for _, v := range whScan[meter](m.db.QueryContext(ctx, m.q("SELECT id, kind, serial FROM meters WHERE flat_id = ? ORDER BY kind"), 11))(func(v *meter) []any { return []any{&v.id, &v.kind, &v.serial} }) {
		page = append(page, fmt.Sprintf("%s %s: %d", v.kind, v.serial, m.latest(ctx, v.id)))
	}
	if len(page) != 4 {
		return errors.New("not four")
	}
	return nil
}

func pmThreeKeys(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type key struct{ tag, holder string }
	for _, k := range whScan[key](s.db.QueryContext(ctx, s.q("SELECT tag, holder FROM flat_keys WHERE flat_id = ? ORDER BY tag"), 4))(func(k *key) []any { return []any{&k.tag, &k.holder} }) {
		var name string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM tenants WHERE number = ?"), k.holder), &name) {
			return fmt.Errorf("%s is lost", k.tag)
		}
	}
	return nil
}

func pmFourFlats(ctx context.Context, e *Env) error {
	p := pmPortfolio{whOpen(e)}
	empty := 0
	for _, id := range pmIDs(ctx, p.whStore, "SELECT id FROM flats WHERE building_id = ? ORDER BY number", 5) {
		if !p.isLet(ctx, id) {
			empty++
		}
	}
	_ = empty
	return nil
}

func pmThreeCraftsmen(ctx context.Context, e *Env) error {
	s := whOpen(e)
	load := map[string]int64{}
	for _, code := range pmTexts(ctx, s, "SELECT code FROM craftsmen WHERE trade = ? ORDER BY rate", "trade 1") {
		var n int64
		if err := s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM repair_orders WHERE craftsman_code = ? AND state <> 'done'"), code).Scan(&n); err != nil {
			return err
		}
		load[code] = n
	}
	if len(load) != 3 {
		return errors.New("not three")
	}
	return nil
}

type pmDunning struct{ whStore }

func (d pmDunning) feesOf(ctx context.Context, run int64) (fees int64) {
	one(d.db.QueryRowContext(ctx, d.q("SELECT COALESCE(SUM(fee), 0) FROM dunning_items WHERE run_id = ?"), run), &fees)
	return fees
}

func pmThreeRuns(ctx context.Context, e *Env) error {
	d := pmDunning{whOpen(e)}
	var history []int64
	for _, run := range pmIDs(ctx, d.whStore, "SELECT id FROM dunning_runs WHERE state = 'done' ORDER BY day DESC") {
		history = append(history, d.feesOf(ctx, run))
	}
	if len(history) != 3 {
		return errors.New("not three")
	}
	return nil
}

func pmFourParallel(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := pmTexts(ctx, s, "SELECT id FROM inspections WHERE day > ? ORDER BY day", 7424)
	notes := make([]int64, len(ids))
	g, gctx := errgroup.WithContext(ctx)
	for i, id := range ids {
		g.Go(func() error {
			return s.db.QueryRowContext(gctx, s.q("SELECT count(*) FROM defects WHERE inspection_id = ?"), id).Scan(&notes[i])
		})
	}
	if len(ids) != 4 {
		return errors.New("not four")
	}
	return g.Wait()
}

func (r pmLeases) byContract(ctx context.Context, contract string) (id int64, ok bool) {
	ok = one(r.db.QueryRowContext(ctx, r.q("SELECT id FROM leases WHERE contract = ? AND state = 'running'"), contract), &id)
	return id, ok
}

func pmFiveContracts(ctx context.Context, e *Env) error {
	r := pmLeases{whOpen(e)}
	var unknown []string
	for contract := range strings.SplitSeq("C-0689,C-0159,C-0901,C-0424,C-0318", ",") {
		if _, ok := r.byContract(ctx, contract); !ok {
			unknown = append(unknown, contract)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("not known: %v", unknown)
	}
	return nil
}

func pmThreeOfJoin(ctx context.Context, e *Env) error {
	s := whOpen(e)
	docs := pmDocuments{s}
	ids := pmIDs(ctx, s, "SELECT l.id FROM leases l JOIN flats f ON f.id = l.flat_id WHERE f.building_id = ? ORDER BY l.rent LIMIT 3", 3)
	for _, id := range ids {
		docs.Of(ctx, "lease", id)
	}
	if len(ids) != 3 {
		return errors.New("not three")
	}
	return nil
}

func pmFourOfTwo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT payment_id, share FROM splits ORDER BY id")) {
		var amount int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT amount FROM payments WHERE id = ?"), v[0]), &amount)
		if amount*v[1]/100 == 0 {
			return errors.New("nothing to split")
		}
	}
	return nil
}

type pmRepairs struct{ whStore }

func (r pmRepairs) craftsman(ctx context.Context, code string) (name string, rate int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT name, rate FROM craftsmen WHERE code = ?"), code), &name, &rate)
	return name, rate
}

func pmBehindSession(ctx context.Context, e *Env) error {
	r := pmRepairs{whOpen(e)}
	return pmSignedIn(ctx, r.whStore, pmUUID("5e", 2), func(ctx context.Context, u pmUser) error {
		var lines []string
		codes := pmTexts(ctx, r.whStore, "SELECT o.craftsman_code FROM repair_orders o JOIN flats f ON f.id = o.flat_id WHERE f.building_id < ? ORDER BY o.cost LIMIT 4", u.building)
		for _, code := range codes {
			name, rate := r.craftsman(ctx, code)
			lines = append(lines, fmt.Sprintf("%s at %d", name, rate))
		}
		if len(lines) != 4 {
			return fmt.Errorf("%d orders", len(lines))
		}
		return nil
	})
}
