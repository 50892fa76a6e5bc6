package budget_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// listBooks stands for code that queries a database opened with sqlwrap.
func listBooks(ctx context.Context, n int) error {
	for i := range n {
		if err := query(budget.FromContext(ctx), books, uint64(i), 1); err != nil {
			return fmt.Errorf("list books: %w", err)
		}
	}
	return nil
}

// A unit of work: everything that is given the context counts in its recorder.
func ExampleNewContext() {
	ctx, recorder := budget.NewContext(context.Background())
	if err := listBooks(ctx, 3); err != nil {
		fmt.Println(err)
	}
	report := recorder.Report()
	fmt.Println(report.Totals.Queries, "queries,", report.Totals.Rows, "rows")
	for _, g := range report.Groups {
		fmt.Printf("%dx %s in %s\n", g.Queries, g.Shape, g.CallSite().File)
	}
	// Output:
	// 3 queries, 3 rows
	// 3x SELECT * FROM books WHERE id = ? in budget/account_test.go
}

// A job that may run two queries, and no more.
func ExampleRun() {
	err := budget.Run(context.Background(), "nightly", budget.Budget{Queries: 2, Mode: budget.Enforce}, func(ctx context.Context) error {
		return listBooks(ctx, 3)
	})
	var exceeded *budget.ExceededError
	if errors.As(err, &exceeded) {
		fmt.Println(exceeded.Limit, exceeded.Allowed, exceeded.Name)
	}
	// Output: queries 2 nightly
}

// A part of a unit with a budget of its own.
func ExampleWith() {
	ctx, unit := budget.NewContext(context.Background())
	unit.SetName("import")
	step, _ := budget.With(ctx, "books", budget.Budget{Queries: 1})
	if err := listBooks(step, 2); err != nil {
		fmt.Println(err)
	}
	report := unit.Report()
	fmt.Println(report.Totals.Queries, report.Verdict.Outcome, report.Scopes[0].Name, report.Scopes[0].Verdict.Outcome)
	// Output: 2 none books exceeded
}

// Work that is not the unit's own.
func ExampleWithout() {
	ctx, unit := budget.NewContext(context.Background())
	if err := listBooks(budget.Without(ctx), 2); err != nil {
		fmt.Println(err)
	}
	fmt.Println(unit.Totals().Queries)
	// Output: 0
}

// Reports of a job, to a reporter.
func ExampleJob() {
	job := budget.Job{
		Name:   "nightly",
		Budget: budget.Budget{Queries: 10},
		Delivery: budget.Delivery{
			Reporters: []budget.Reporter{budget.ReporterFunc(func(_ context.Context, r *budget.Report) {
				fmt.Println(r.Name, r.Totals.Queries, r.Verdict.Outcome)
			})},
			OnError: func(err error) { fmt.Println(err) },
		},
	}
	if err := job.Run(context.Background(), func(ctx context.Context) error { return listBooks(ctx, 3) }); err != nil {
		fmt.Println(err)
	}
	// Output: nightly 3 within
}

// A loop that is meant, up to a ceiling.
func ExampleAllow() {
	ctx, unit := budget.NewContext(context.Background())
	ctx = budget.Allow(ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 10, Reason: "one per tenant"})
	if err := listBooks(ctx, 6); err != nil {
		fmt.Println(err)
	}
	for _, f := range unit.Report().Findings {
		fmt.Println(f.Kind, f.Count, "allowed:", f.Allowed != nil)
	}
	// Output: n+1 6 allowed: true
}

// Loops that are too short to be found in one request show in many.
func ExampleTraffic() {
	var traffic budget.Traffic // stands among the reporters: middleware.Track(logs, &traffic)
	for _, loop := range traffic.Findings() {
		fmt.Printf("%v: %d for each row, in %d requests\n", &loop.Finding, loop.Each, loop.Units)
	}
	// Output:
}
