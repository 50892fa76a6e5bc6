package budget_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// elsewhere runs f in another goroutine.
func elsewhere(f func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Wait()
}

func kindsOf(r *budget.Report) (kinds []budget.FindingKind) {
	for _, f := range r.Findings {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

// A wrapper that sees only the end of a result: its rows are open once the goroutine that
// sent the query does something else, and not because another one does.
func TestOnlyEnd(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	call := budget.Call{Database: d, Statement: users, OnlyEnd: true}
	_, r := budget.NewContext(t.Context())
	outer, err := r.Start(call)
	must(t, err)
	elsewhere(func() {
		x, err := r.Start(call)
		must(t, err)
		x.Close(1, nil)
		if n := r.Totals(); n.Running != 1 || n.OpenRows != 0 {
			t.Errorf("another goroutine sent a query: %+v", n)
		}
	})
	inner, err := r.Start(budget.Call{Database: d, Statement: rename})
	must(t, err)
	elsewhere(func() {
		if n := r.Totals(); n.OpenRows != 1 || n.Running != 1 {
			t.Errorf("its goroutine sent a query: %+v", n)
		}
	})
	inner.End(3, nil)
	outer.Close(5, nil)
	report := r.Report()
	if n := report.Totals; n.Queries != 3 || n.OpenRows != 0 || n.Running != 0 || n.Rows != 6 || n.RowsAffected != 3 {
		t.Errorf("at the end: %+v", n)
	}
	if !slices.Contains(kindsOf(report), budget.NestedQuery) {
		t.Errorf("found %v", kindsOf(report))
	}
}

// What is never closed is told to who asks in the goroutine that sent it. For others, it
// may still be in the driver.
func TestOnlyEndWithoutEnd(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	_, err := r.Start(budget.Call{Statement: users, OnlyEnd: true})
	must(t, err)
	elsewhere(func() {
		if report := r.Report(); report.Totals.Running != 1 || len(report.Findings) != 0 {
			t.Errorf("another goroutine sees %+v", report.Totals)
		}
	})
	if report := r.Report(); report.Totals.OpenRows != 1 || !slices.Equal(kindsOf(report), []budget.FindingKind{budget.UnclosedRows}) {
		t.Errorf("found %v in %+v", report.Findings, report.Totals)
	}
}

// Queries whose ends come in another order than they began are not held on to.
func TestOnlyEndInParallel(t *testing.T) {
	_, r := budget.Bounds{Queries: budget.None}.NewContext(context.Background())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				x, err := r.Start(budget.Call{Statement: users, OnlyEnd: true})
				if err != nil {
					t.Error(err)
				}
				x.Close(1, nil)
			}
		})
	}
	wg.Wait()
	if n := r.Totals(); n.Queries != 800 || n.Rows != 800 || n.OpenRows != 0 || n.Running != 0 {
		t.Errorf("%+v", n)
	}
}

// The report that a job delivers is made by the goroutine that ran it.
func TestOnlyEndOfAJob(t *testing.T) {
	reported := make(chan []budget.FindingKind, 1) // a report may come late
	job := budget.Job{Delivery: budget.Delivery{Reporters: []budget.Reporter{budget.ReporterFunc(func(_ context.Context, r *budget.Report) { reported <- kindsOf(r) })}}}
	must(t, job.Run(t.Context(), func(ctx context.Context) error {
		_, err := budget.FromContext(ctx).Start(budget.Call{Statement: users, OnlyEnd: true})
		return err
	}))
	if found := <-reported; !slices.Equal(found, []budget.FindingKind{budget.UnclosedRows}) {
		t.Errorf("found %v", found)
	}
}
