package budget_test

import (
	"context"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// watcher is a reporter that looks at running units, and counts reports.
type watcher struct {
	reports int
	live    func() []*budget.Recorder
}

func (w *watcher) Report(context.Context, *budget.Report) { w.reports++ }
func (w *watcher) Watch(live func() []*budget.Recorder)   { w.live = live }
func (w *watcher) Needs() budget.Needs                    { return budget.Needs{Quick: true, Late: true} }
func count(d *budget.Delivery, f func(*budget.Recorder)) int {
	ctx, r := budget.NewContext(context.Background())
	d.Begin(ctx, r)
	f(r)
	d.End(ctx, r)
	return len(d.Live())
}

// A unit that was discarded is neither reported nor listed, and is forgotten when it ends.
func TestDiscard(t *testing.T) {
	w := &watcher{}
	d := &budget.Delivery{Reporters: []budget.Reporter{w}}
	if left := count(d, func(*budget.Recorder) {}); w.reports != 1 || left != 0 {
		t.Fatalf("%d reports, %d live: the test sees nothing", w.reports, left)
	}
	left := count(d, func(r *budget.Recorder) {
		if len(w.live()) != 1 {
			t.Error("the unit is not live before")
		}
		r.Discard()
		if len(w.live()) != 0 {
			t.Error("a discarded unit is live")
		}
	})
	if w.reports != 1 || left != 0 {
		t.Errorf("%d reports, %d live", w.reports, left)
	}
	(*budget.Recorder)(nil).Discard()
}

// What a discarded scope runs counts in the unit around it.
func TestDiscardScope(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	_, scope := budget.With(ctx, "inside", budget.Budget{})
	scope.Discard()
	x, err := scope.Start(budget.Call{})
	if err != nil {
		t.Fatal(err)
	}
	x.End(0, nil)
	if n := r.Totals().Queries; n != 1 {
		t.Errorf("%d queries", n)
	}
	w := &watcher{}
	d := &budget.Delivery{Reporters: []budget.Reporter{w}}
	d.Begin(ctx, r)
	d.End(ctx, r)
	if w.reports != 1 {
		t.Errorf("%d reports of the unit around", w.reports)
	}
}
