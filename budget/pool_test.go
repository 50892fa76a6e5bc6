package budget_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// What held a connection until its context ended is told if queries waited since the unit
// began, and for nothing else.
func TestHeldConnection(t *testing.T) {
	for name, test := range map[string]struct {
		max    int
		waited int64 // while the unit ran
		err    error
		want   int
	}{
		"queries waited":             {2, 3, context.DeadlineExceeded, 1},
		"nobody waited":              {2, 0, context.Canceled, 0},
		"a pool without a limit":     {0, 3, context.Canceled, 0},
		"the rows came to their end": {2, 3, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			waits := int64(100) // before the unit
			d := budget.NewDatabase(budget.DatabaseOptions{})
			d.WatchPool(func() budget.Pool { return budget.Pool{Max: test.max, Waits: waits} })
			_, r := budget.NewContext(t.Context())
			x, err := r.Start(budget.Call{Database: d, Statement: users})
			must(t, err)
			x.Open()
			waits += test.waited
			x.Close(1, test.err)
			report := r.Report()
			if len(report.Held) != test.want || len(report.Findings) != test.want {
				t.Fatalf("held %+v, found %+v", report.Held, report.Findings)
			}
			if test.want == 1 && (report.Held[0].Waits != 3 || report.Held[0].Max != 2 || report.Findings[0].Kind != budget.HeldConnection) {
				t.Errorf("held %+v, found %+v", report.Held, report.Findings)
			}
		})
	}
}

// Queries that nobody keeps are told, too: their records are used again.
func TestHeldConnectionsOfManyQueries(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	waits := int64(0)
	d.WatchPool(func() budget.Pool { return budget.Pool{Max: 1, Waits: waits} })
	_, r := budget.Bounds{Queries: budget.None}.NewContext(t.Context())
	for range 300 {
		x, err := r.Start(budget.Call{Database: d, Statement: users})
		must(t, err)
		x.Open()
		waits++
		x.Close(1, context.Canceled)
	}
	if report := r.Report(); len(report.Held) != 1 || report.Totals.Queries != 300 || report.Totals.OpenRows != 0 {
		t.Errorf("held %+v, totals %+v", report.Held, report.Totals)
	}
}

// A transaction that its context ended is told by its latest query.
func TestHeldTransaction(t *testing.T) {
	for _, interrupted := range []bool{true, false} {
		waits := int64(0)
		d := budget.NewDatabase(budget.DatabaseOptions{})
		d.WatchPool(func() budget.Pool { return budget.Pool{Max: 1, Waits: waits} })
		_, r := budget.NewContext(t.Context())
		tx := r.Began(0, nil)
		x, err := r.Start(budget.Call{Database: d, Statement: rename, Transaction: &tx})
		must(t, err)
		x.End(1, nil)
		waits++
		tx.Interrupted = interrupted
		tx.RolledBack(0, nil)
		if f := r.Report().Findings; (len(f) == 1) != interrupted || interrupted && f[0].Summary != rename.Summary {
			t.Errorf("interrupted %v: found %+v", interrupted, f)
		}
	}
}

// What is nil is left out.
func TestNilHandles(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	d.WatchPool(nil)
	_, r := budget.Bounds{Databases: []*budget.Database{nil, d}}.NewContext(t.Context())
	d.CountUnattributed(t.Context(), users, false)
	x, err := r.Start(budget.Call{Database: d, Statement: users})
	must(t, err)
	x.Open()
	x.Close(1, context.Canceled)
	if report := r.Report(); report.Unattributed != 1 || len(report.Held) != 0 {
		t.Errorf("%d unattributed, held %+v", report.Unattributed, report.Held)
	}
}

// A goroutine that waits for a connection while it holds one is told with both lines, by
// each line once.
func TestWaits(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	d.WatchPool(func() budget.Pool { return budget.Pool{Max: 4} })
	_, r := budget.NewContext(t.Context())
	call := budget.Call{Database: d, Statement: rename, Stack: callsite.Take()}
	x, err := r.Start(call)
	must(t, err)
	x.End(1, nil)
	for range 3 {
		w := d.Wait(r, call)
		w.End(nil)
		w.End(nil) // once
	}
	d.Wait(nil, call).End(nil)
	d.Wait(r, budget.Call{}).End(context.DeadlineExceeded) // nothing was sent on it
	report := r.Report()
	if n := report.Totals; n.Waits != 4 || n.Errors != 1 {
		t.Errorf("counted %+v", n)
	}
	if len(report.Held) != 1 || report.Held[0].Waits != 3 || report.Held[0].Max != 4 || report.Held[0].Waiter().IsZero() {
		t.Fatalf("held %+v", report.Held)
	}
	for _, rep := range []*budget.Report{report, decoded(t, report)} {
		findings := budget.Rules{}.Findings(rep)
		if len(findings) != 1 || findings[0].Kind != budget.HeldConnection || findings[0].Confidence != budget.Proven || findings[0].Count != 3 {
			t.Fatalf("found %+v", findings)
		}
		holds, waits := findings[0].CallSite(), findings[0].Also[0].CallSite()
		if holds.Line != call.Stack.CallSite().Line || waits.Line <= holds.Line || waits.File != holds.File {
			t.Errorf("held at %v, waited at %v", holds, waits)
		}
	}
}

// Where only BEGIN was sent, the line of BEGIN is told, each once.
func TestWaitedHoldingAfterBegin(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	_, r := budget.NewContext(t.Context())
	begin := &statement.Statement{Shape: "begin", Summary: "BEGIN", Kind: statement.Begin}
	first := budget.Call{Statement: begin, Stack: callsite.Take()}
	second := budget.Call{Statement: begin, Stack: callsite.Take()}
	for _, held := range []budget.Call{first, second} {
		d.Wait(r, held).End(nil)
	}
	d.Wait(r, first).End(nil) // at another line
	report := r.Report()
	for _, rep := range []*budget.Report{report, decoded(t, report)} {
		findings := budget.Rules{}.Findings(rep)
		if len(findings) != 2 || len(rep.Held) != 3 || rep.Held[0].Began().IsZero() {
			t.Fatalf("held %+v, found %+v", rep.Held, findings)
		}
		for i, held := range []budget.Call{first, second} {
			f := findings[i]
			if f.Kind != budget.HeldConnection || f.Summary != "BEGIN" || f.Confidence != budget.Proven || int(f.Count) != 2-i || f.CallSite().Line != held.Stack.CallSite().Line {
				t.Errorf("found %v at %v, not at %v", &f, f.CallSite(), held.Stack.CallSite())
			}
		}
	}
}

func decoded(t *testing.T, r *budget.Report) *budget.Report {
	t.Helper()
	text, err := json.Marshal(r)
	must(t, err)
	back := &budget.Report{}
	must(t, json.Unmarshal(text, back))
	return back
}
