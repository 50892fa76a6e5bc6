package budget_test

import (
	"context"
	"errors"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// What went over its budget is told somewhere: by the reporters, by the unit around the
// job, or, where there is neither, by the error.
func TestRunTellsSomebody(t *testing.T) {
	over := func(ctx context.Context) error {
		sendTwo(t, ctx)
		return nil
	}
	one := budget.Budget{Queries: 1}
	if err := budget.Run(t.Context(), "nightly", one, over); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("alone: %v", err)
	}
	if err := budget.Run(t.Context(), "nightly", budget.Budget{Queries: 2}, over); err != nil {
		t.Errorf("within: %v", err)
	}
	own := errors.New("its own")
	err := budget.Run(t.Context(), "nightly", one, func(ctx context.Context) error { return errors.Join(over(ctx), own) })
	if !errors.Is(err, own) || !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("with an error of its own: %v", err)
	}
	reports := 0
	job := budget.Job{Name: "nightly", Budget: one, Delivery: budget.Delivery{Reporters: []budget.Reporter{
		budget.ReporterFunc(func(context.Context, *budget.Report) { reports++ }),
	}}}
	if err := job.Run(t.Context(), over); err != nil || reports != 1 {
		t.Errorf("with a reporter: %v, %d reports", err, reports)
	}
	ctx, r := budget.NewContext(t.Context())
	if err := budget.Run(ctx, "nightly", one, over); err != nil || len(r.Report().AllExceeded()) != 1 {
		t.Errorf("in a unit: %v, %v", err, r.Report().Err())
	}
}

func sendTwo(t *testing.T, ctx context.Context) {
	t.Helper()
	for range 2 {
		x, err := budget.FromContext(ctx).Start(budget.Call{})
		if err != nil {
			t.Fatal(err)
		}
		x.End(0, nil)
	}
}

// A recorder can be carried to another context of the same unit: it counts there.
func TestContextWith(t *testing.T) {
	ctx, unit := budget.NewContext(t.Context())
	_, scope := budget.With(ctx, "Book.author", budget.Budget{Queries: 3})
	for range 2 {
		sendTwo(t, budget.ContextWith(ctx, scope))
	}
	report := unit.Report()
	if len(report.Scopes) != 1 || report.Scopes[0].Totals.Queries != 4 || report.Totals.Queries != 4 || len(report.AllExceeded()) != 1 {
		t.Errorf("%d queries, scopes %+v", report.Totals.Queries, report.Scopes)
	}
	if got := budget.FromContext(budget.ContextWith(ctx, nil)); got != unit {
		t.Error("nil took the recorder away")
	}
}
