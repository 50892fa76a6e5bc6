package corpus

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// pmSeveralCases are loops of several statements, each of which is one finding.
func pmSeveralCases() []Case {
	return []Case{
		{Name: "property/resolvers-of-a-lease", About: "two resolvers for each lease, as GraphQL calls them: one loop", Setup: pmOf("leases tenants flats"), Run: pmResolvers, Want: []Want{{Kind: budget.NPlusOne, Table: "tenants", Parent: "leases", Also: []string{"SELECT"}}}},
		{Name: "property/dunning-run", About: "each overdue invoice is written, noted for the run and told to the tenant: one loop of three writes", Setup: pmOf("invoices dunning_runs dunning_items notices"), Run: pmDunningRun, Want: pmW("", "dunning_items", "invoices")},
		{Name: "property/settle-each-payment", About: "a booking and a new balance for each payment, from two repositories", Setup: pmOf("payments bookings accounts"), Run: pmSettle, Want: pmW("", "bookings", "payments")},
		{Name: "property/sheet-of-each-flat", About: "a service reads the lease, the meters and the keys of each flat in three functions", Setup: pmOf("flats leases meters flat_keys"), Run: pmSheets, Want: []Want{{Kind: budget.NPlusOne, Table: "meters", Parent: "flats", Also: []string{"SELECT", "SELECT"}}}},
		{Name: "property/hand-over-each-flat", About: "a transaction for each flat with two UPDATEs, and nothing is read in it: one transaction, two statements", Setup: pmOf("flats flat_keys"), Run: pmHandOver, Want: pmW("", "flat_keys", none)},
		{Name: "property/delete-inspections", About: "the defects of each inspection are deleted, and then itself", Setup: pmOf("inspections defects"), Run: pmDeleteInspections, Want: pmW("", "defects", "inspections")},
		{Name: "property/bill-of-each-meter", About: "the newest and the oldest reading of each meter, on two lines", Setup: pmOf("meters readings"), Run: pmBills, Want: []Want{{Kind: budget.NPlusOne, Func: "pmBills", Table: "readings", Parent: "meters", Also: []string{"SELECT"}}}},
		{Name: "property/serials-of-an-import", About: "each line of a file looks its meter up and inserts a reading: one loop that reads and writes", Setup: pmOf("meters readings"), Run: pmSerials, Want: pmW("pmSerials", "readings", none)},
		{Name: "property/checks-of-each-lease", About: "a list of check functions is run for each lease", Setup: pmOf("leases invoices documents"), Run: pmChecks, Want: pmN("", "invoices", "leases")},
		{Name: "property/three-flats-two-reads", About: "three rows, and two reads for each: one loop, and few", Setup: pmOf("flats leases inspections"), Run: pmThreeTwo, Want: pmN("pmThreeTwo", "inspections", "flats")},
		{Name: "property/flats-in-parallel", About: "a goroutine for each flat sends two reads", Setup: pmOf("flats repair_orders flat_keys"), Run: pmParallelFlats, Want: pmN("", "repair_orders", "flats")},
	}
}

type pmResolver struct{ whStore }

func (r pmResolver) tenant(ctx context.Context, l pmLease) (name string) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT name FROM tenants WHERE id = ?"), l.tenant), &name)
	return name
}

func (r pmResolver) flat(ctx context.Context, l pmLease) (number string) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT number FROM flats WHERE id = ?"), l.flat), &number)
	return number
}

func pmResolvers(ctx context.Context, e *Env) error {
	r := pmResolver{whOpen(e)}
	var out []map[string]string
	fields := map[string]func(context.Context, pmLease) string{"tenant": r.tenant, "flat": r.flat}
	for _, l := range pmLeases(r).Running(ctx, 63500) {
		v := map[string]string{"contract": l.contract}
		for _, name := range []string{"tenant", "flat"} {
			v[name] = fields[name](ctx, l)
		}
		out = append(out, v)
	}
	_ = out
	return nil
}

func (d pmDunning) escalate(ctx context.Context, run int64, v pmInvoice) {
	_, err := d.db.ExecContext(ctx, d.q("UPDATE invoices SET level = level + 1 WHERE id = ?"), v.id)
	try(err)
	_, err = d.db.ExecContext(ctx, d.q("INSERT INTO dunning_items (run_id, invoice_id, level, fee) VALUES (?, ?, 1, ?)"), run, v.id, v.open/100)
	try(err)
}

func pmDunningRun(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		const run = 4
		tiExec(ctx, s, "INSERT INTO dunning_runs (id, day, state, total) VALUES (?, 8160, 'new', 0)", run)
		dunning, notices := pmDunning{s}, pmNotices{s}
		for _, v := range (pmInvoices{s}).Overdue(ctx, 8160) {
			dunning.escalate(ctx, run, v)
			if err := notices.Send(ctx, v.lease, "dunning", fmt.Sprintf("please pay %d", v.open)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l pmLedger) add(ctx context.Context, account, amount int64) error {
	_, err := l.db.ExecContext(ctx, l.q("UPDATE accounts SET balance = balance + ? WHERE id = ?"), amount, account)
	return err
}

func pmSettle(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		ledger := pmLedger{s}
		for _, p := range pmNewPayments(ctx, s, 31000) {
			err := errors.Join(ledger.book(ctx, p.account, p.id, p.amount), ledger.add(ctx, p.account, p.amount))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

type pmSheet struct{ contract, meters, keys string }

func (d pmDirectory) sheet(ctx context.Context, flat int64) (v pmSheet) {
	if contracts := d.leasesOf(ctx, flat); len(contracts) > 0 {
		v.contract = contracts[0]
	}
	v.meters = fmt.Sprint(d.metersOf(ctx, flat))
	v.keys = fmt.Sprint(d.keysOf(ctx, flat))
	return v
}

func (d pmDirectory) metersOf(ctx context.Context, flat int64) []string {
	return whScan[string](d.db.QueryContext(ctx, d.q("SELECT serial FROM meters WHERE flat_id = ? ORDER BY kind"), flat))(func(v *string) []any { return []any{v} })
}

func (d pmDirectory) keysOf(ctx context.Context, flat int64) (n int64) {
	one(d.db.QueryRowContext(ctx, d.q("SELECT count(*) FROM flat_keys WHERE flat_id = ?"), flat), &n)
	return n
}

func pmSheets(ctx context.Context, e *Env) error {
	d := pmDirectory{whOpen(e)}
	sheets := map[int64]pmSheet{}
	for _, flat := range pmIDs(ctx, d.whStore, "SELECT id FROM flats WHERE building_id BETWEEN ? AND ? ORDER BY id", 2, 3) {
		sheets[flat] = d.sheet(ctx, flat)
	}
	if len(sheets) != 8 {
		return errors.New("a sheet is missing")
	}
	return nil
}

func pmHandOver(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, flat := range []int64{5, 2, 8, 3, 6, 1} { // of the calendar that was posted
		err := s.atomically(ctx, nil, func(s whStore) error {
			if _, err := s.db.ExecContext(ctx, s.q("UPDATE flat_keys SET state = 'in' WHERE flat_id = ?"), flat); err != nil {
				return err
			}
			_, err := s.db.ExecContext(ctx, s.q("UPDATE flats SET state = 'free' WHERE id = ?"), flat)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func pmDeleteInspections(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, id := range pmTexts(ctx, s, "SELECT id FROM inspections WHERE day < ? ORDER BY day", 7425) {
			if _, err := s.db.ExecContext(ctx, s.q("DELETE FROM defects WHERE inspection_id = ?"), id); err != nil {
				return err
			}
			if _, err := s.db.ExecContext(ctx, s.q("DELETE FROM inspections WHERE id = ?"), id); err != nil {
				return err
			}
		}
		return nil
	})
}

func pmBills(ctx context.Context, e *Env) error {
	s := whOpen(e)
	use := map[int64]int64{}
	for _, id := range pmIDs(ctx, s, "SELECT id FROM meters WHERE kind = ? ORDER BY flat_id", "heat") {
		var from, to int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT value FROM readings WHERE meter_id = ? ORDER BY day LIMIT 1"), id), &from)
		one(s.db.QueryRowContext(ctx, s.q("SELECT value FROM readings WHERE meter_id = ? ORDER BY day DESC LIMIT 1"), id), &to)
		use[id] = to - from
	}
	return nil
}

func pmSerials(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, serial := range []string{"M013228", "M042991", "M023149", "M069447", "M056219", "M003307", "M082675"} {
		var meter int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM meters WHERE serial = ?"), serial), &meter) {
			return fmt.Errorf("no meter %s", serial)
		}
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO readings (meter_id, day, value, source) VALUES (?, 7380, ?, 'hand')"), meter, 33000+i*417); err != nil {
			return err
		}
	}
	return nil
}

func pmChecks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	paid := func(l pmLease) (ok bool, err error) {
		err = s.db.QueryRowContext(ctx, s.q("SELECT COALESCE(SUM(open_amount), 0) < 90000 FROM invoices WHERE lease_id = ?"), l.id).Scan(&ok)
		return ok, err
	}
	signed := func(l pmLease) (ok bool, err error) {
		err = s.db.QueryRowContext(ctx, s.q("SELECT count(*) > 0 FROM documents WHERE owner_kind = 'lease' AND owner_id = ?"), l.id).Scan(&ok)
		return ok, err
	}
	bad := 0
	for _, l := range (pmLeases{s}).Running(ctx, 64500) {
		for _, check := range []func(pmLease) (bool, error){paid, signed} {
			ok, err := check(l)
			if err != nil {
				return err
			}
			if !ok {
				bad++
			}
		}
	}
	_ = bad
	return nil
}

func pmThreeTwo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	flats := pmIDs(ctx, s, "SELECT id FROM flats WHERE rooms = ? ORDER BY area DESC LIMIT 3", 2)
	for _, id := range flats {
		var rent, day int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT rent FROM leases WHERE flat_id = ? AND state = 'running'"), id), &rent)
		one(s.db.QueryRowContext(ctx, s.q("SELECT MAX(day) FROM inspections WHERE flat_id = ? HAVING count(*) > 0"), id), &day)
	}
	if len(flats) != 3 {
		return errors.New("not three")
	}
	return nil
}

func pmParallelFlats(ctx context.Context, e *Env) error {
	s := whOpen(e)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM flats WHERE building_id IN (?, ?) ORDER BY number", 1, 2) {
		g.Go(func() error {
			var cost, keys int64
			if err := s.db.QueryRowContext(gctx, s.q("SELECT COALESCE(SUM(cost), 0) FROM repair_orders WHERE flat_id = ?"), id).Scan(&cost); err != nil {
				return err
			}
			return s.db.QueryRowContext(gctx, s.q("SELECT count(*) FROM flat_keys WHERE flat_id = ? AND state = 'out'"), id).Scan(&keys)
		})
	}
	return g.Wait()
}
