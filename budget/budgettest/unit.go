package budgettest

import (
	"context"

	"github.com/querybudget/querybudget/budget"
)

// options are the bounds and rules of units in tests: an n+1 is one from the
// third execution on, because test data is small, and is proven where it can be.
// Slow is off: time is the machine's. All hints are found: whether they count, Want.Hints
// says.
var options = budget.Bounds{
	Queries:     2000,
	TrackValues: true,
	Texts:       true,
	Rules:       budget.Rules{NPlusOne: 3, Slow: budget.None, IdleTransaction: budget.None, Hints: true},
}

// begin starts a unit of work, or a scope of the one that ctx carries. Its limits are
// observed to the end, unless the test is about what they refuse: a loop that is cut is no
// loop.
func begin(ctx context.Context, name string, enforce bool) (context.Context, *budget.Recorder) {
	if budget.FromContext(ctx) != nil {
		return budget.With(ctx, name, budget.Budget{})
	}
	bounds := options
	bounds.ObserveOnly = !enforce
	ctx, r := bounds.NewContext(ctx)
	r.SetName(name)
	return ctx, r
}

// finalReport returns the report of a unit that has ended.
func finalReport(r *budget.Recorder) *budget.Report {
	report := r.Report()
	report.Stage = budget.Final
	return report
}

// Context returns the test's context with a recorder, for tests that want to see
// what ran without asserting it: when the test ends, its report goes to t.Log.
// The recorder is [budget.FromContext] of it.
func Context(t TB) context.Context {
	t.Helper()
	ctx, r := begin(t.Context(), t.Name(), false)
	t.Cleanup(func() {
		t.Helper()
		report := finalReport(r)
		saveReport(t, entry{Check: "context", Report: report})
		t.Logf("%s", summary(report))
	})
	return ctx
}
