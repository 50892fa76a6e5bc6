package budget_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// heapOf returns the memory that f's result holds on to, in bytes.
func heapOf(f func() any) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// Whatever differs without end, a unit's memory has one.
func TestMemoryOfAUnitIsBounded(t *testing.T) {
	const n = 100_000
	send := func(r *budget.Recorder, st *statement.Statement, site int) {
		x, err := r.Start(budget.Call{
			Database: db, Statement: st, Arguments: statement.Arguments{List: uint64(site)},
			Stack: callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "f", File: "f.go", Line: site}}),
		})
		must(t, err)
		x.Open()
		x.Close(1, nil)
	}
	for name, unit := range map[string]func(ctx context.Context, r *budget.Recorder){
		"shapes": func(_ context.Context, r *budget.Recorder) {
			for i := range n {
				send(r, &statement.Statement{Kind: statement.Read, Fingerprint: statement.Fingerprint(i), Tables: []string{"t"}, Verb: "SELECT"}, i)
			}
		},
		"limited call sites": func(_ context.Context, r *budget.Recorder) {
			r.SetBudget(budget.Budget{Repeats: 2, NPlusOne: budget.None, Duplicates: budget.None, Mode: budget.Enforce})
			for i := range n {
				send(r, users, i)
			}
			if report := r.Report(); report.Truncated.Unlimited == 0 || report.Totals.Blocked != 0 {
				t.Errorf("%+v, %d blocked", report.Truncated, report.Totals.Blocked)
			}
		},
		"written tables": func(_ context.Context, r *budget.Recorder) {
			for i := range n {
				must(t, exec(r, write("w", fmt.Sprint("t", i)), 1, nil))
			}
		},
		"other services": func(_ context.Context, r *budget.Recorder) {
			for i := range n {
				r.Called(fmt.Sprint("s", i), 0, nil)
			}
		},
		"allowances": func(ctx context.Context, _ *budget.Recorder) {
			for i := range n {
				budget.Allow(ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 1, Reason: fmt.Sprint(i)})
			}
		},
		"scopes in scopes": func(ctx context.Context, r *budget.Recorder) {
			for range 40 {
				outer, _ := budget.With(ctx, "a", budget.Budget{})
				for range 40 {
					middle, _ := budget.With(outer, "b", budget.Budget{})
					for range 40 {
						_, s := budget.With(middle, "c", budget.Budget{})
						must(t, query(s, users, 1, 1))
					}
				}
			}
			if left := r.Report().Truncated.Scopes; left != 40+40*40+40*40*40-1000 {
				t.Errorf("%d scopes are not listed", left)
			}
		},
		"deep scopes": func(ctx context.Context, r *budget.Recorder) {
			for range 10_000 {
				ctx, _ = budget.With(ctx, "a", budget.Budget{Queries: 1})
			}
			must(t, query(budget.FromContext(ctx), users, 1, 1))
			if report := r.Report(); report.Truncated.Scopes != 10_000-100 || report.Totals.Queries != 1 {
				t.Errorf("%+v, %d queries", report.Truncated, report.Totals.Queries)
			}
		},
		"lost queries": func(context.Context, *budget.Recorder) {
			d := budget.NewDatabase(budget.DatabaseOptions{})
			for i := range n {
				d.CountUnattributed(context.Background(), read(fmt.Sprint(i), "t"), false)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			used := heapOf(func() any {
				ctx, r := budget.NewContext(t.Context())
				unit(ctx, r)
				return r
			})
			if used > 4<<20 {
				t.Errorf("the unit holds %d bytes", used)
			}
		})
	}
}

// A number that the driver does not tell is none: it is in no sum.
func TestUnknownRowsAffected(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	for _, rows := range []int64{3, -1} {
		x, err := r.Start(budget.Call{Database: db, Statement: rename})
		must(t, err)
		x.End(rows, nil)
	}
	report := r.Report()
	g := &report.Groups[0]
	if report.Totals.RowsAffected != 3 || report.Totals.AffectedUnknown != 1 || g.RowsAffected != 3 || g.AffectedUnknown != 1 {
		t.Errorf("totals %+v, group %+v", report.Totals, g.Sums)
	}
	if got := report.Queries[1].RowsAffected; got != -1 {
		t.Errorf("the query changed %d rows", got)
	}
}
