package budgettest

import (
	"context"
	"database/sql"
	"slices"

	"github.com/querybudget/querybudget/budget"
)

// Run runs a block of code and fails the test if it does not do to the database
// what is wanted, if there are findings that nobody allowed, or if no query was
// seen. The block's queries count that have the block's context; with [Want.DB],
// also those that have none. It returns the report, also when the test failed.
func Run(t TB, want Want, block func(ctx context.Context)) *budget.Report {
	t.Helper()
	if block == nil {
		t.Fatalf("budgettest: Run of a nil function")
	}
	if err := want.validate(); err != nil {
		t.Fatalf("%v", err)
	}
	ctx, unit := begin(t.Context(), t.Name(), want.Enforce)
	unit.SetBudget(want.Budget)
	for _, a := range want.Allow {
		ctx = budget.Allow(ctx, a)
	}
	watch := observe(t, &want, budget.FromContext(ctx))
	func() {
		defer watch.end()
		block(ctx)
	}()
	report, problems := want.plan(t, finalReport(unit))
	conclude(t, "run", t.Name(), report, slices.Concat(problems, watch.problems(), want.judge(report)))
	return report
}

// NoQueries runs a block of code that must not use db at all, with or without its
// context. It fails the test if it does, or if db was not opened with sqlwrap. For
// the time of the block db must be in use by nobody else.
func NoQueries(t TB, db *sql.DB, block func(ctx context.Context)) {
	t.Helper()
	if db == nil {
		t.Fatalf("budgettest: NoQueries with a nil *sql.DB: whether a query was sent cannot be seen")
	}
	Run(t, Want{Queries: Exactly(0), DB: db}, block)
}
