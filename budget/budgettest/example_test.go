package budgettest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/middleware"
)

// The variables of the examples. A test has its own t.
var (
	t       = &exampleTB{TB: &fakeTB{name: "TestAuthors"}}
	authors = newShop(t, 5)
)

// exampleTB prints what a test would fail with.
type exampleTB struct{ budgettest.TB }

func (exampleTB) Context() context.Context { return context.Background() }

func (exampleTB) Errorf(format string, args ...any) {
	fmt.Println(unstable.ReplaceAllStringFunc(fmt.Sprintf(format, args...), hide))
}

func ExampleCheck() {
	list := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = authors.joined(r.Context()) })
	limited := middleware.Limit(budget.Budget{Queries: 3})(list) // where the routes are

	report, response := budgettest.Check(t, limited, httptest.NewRequest("GET", "/authors", nil))
	fmt.Println(report.Totals.Queries, response.Code)
	// Output: 1 200
}

func ExampleDoctor() {
	list := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = authors.joined(r.Context()) })
	mux := http.NewServeMux()
	mux.Handle("GET /authors", list) // without a limit
	wrap := middleware.Track()       // all middleware that each page passes
	application := wrap(mux)

	db := authors.db
	budgettest.Doctor(t, application, wrap, db, httptest.NewRequest("GET", "/authors", nil))
	// Output:
	// budgettest: the wiring has 1 fault:
	//   budget  GET /authors has no budget
	//           -> add middleware.Limit(budget.Budget{...}) to its route
}

func ExampleRun() {
	want := budgettest.Want{Writes: budgettest.Exactly(1), Tables: []string{"authors"}}
	budgettest.Run(t, want, func(ctx context.Context) {
		_ = authors.rename(ctx, 2)
	})
	// Output:
	// budgettest: TestAuthors is not as wanted:
	//   writes  exactly 1 wanted, 2 seen
	// What ran (2 queries):
	//      2x  UPDATE authors SET name = ? WHERE id = ?
	//          at budget/budgettest/shop_test.go:N budgettest_test.(*shop).rename
	// If that is right, raise the limit where it stands: at the route (middleware.Limit), or in the test's Want.
}

func ExampleScale() {
	seed := func(t budgettest.TB, n int) (*shop, error) { return newShop(t, n), nil }
	for _, s := range budgettest.Scale(t, nil, seed, func(ctx context.Context, s *shop) error {
		return s.joined(ctx)
	}) {
		fmt.Println(s.Summary, s.Queries, s.QueryGrowth, "rows:", s.Rows, s.RowGrowth)
	}
	// Output: SELECT books writers [1 1 1] constant rows: [2 10 50] linear
}

func ExampleWant_Verify() {
	ctx, r := budget.NewContext(context.Background())
	_ = authors.joined(ctx)
	err := budgettest.Want{Queries: budgettest.AtMost(1)}.Verify(r.Report())
	fmt.Println(err)
	// Output: <nil>
}
