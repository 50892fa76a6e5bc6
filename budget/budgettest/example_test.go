package budgettest_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
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

// The queries of a report are compared with testdata/querybudget/TestAuthors.txt, which
// people review.
func ExampleGolden() {
	report := budgettest.Run(t, budgettest.Want{Queries: budgettest.AtMost(2)}, func(ctx context.Context) {
		_ = authors.rename(ctx, 2)
	})
	budgettest.Golden(t, report)
	// Output:
}

func ExampleNoQueries() {
	cache := map[int]string{1: "Austen"}
	budgettest.NoQueries(t, authors.db, func(ctx context.Context) {
		fmt.Println(cache[1])
		_ = authors.rename(ctx, 1)
	})
	// Output:
	// Austen
	// budgettest: TestAuthors is not as wanted:
	//   queries  exactly 0 wanted, 1 seen
	// What ran (1 query):
	//      1x  UPDATE authors SET name = ? WHERE id = ?
	//          at budget/budgettest/shop_test.go:N budgettest_test.(*shop).rename
	// If that is right, raise the limit where it stands: at the route (middleware.Limit), or in the test's Want.
}

// Data in a transaction is fresh for each test: it is rolled back when the test ends.
func ExampleTx() {
	tx := budgettest.Tx(t, authors.db)
	_, err := tx.Exec("INSERT INTO authors (id, name) VALUES (?, ?)", 6, "Woolf")
	fmt.Println(err)
	// Output: <nil>
}

// A database of its own is fresh, too. A test imports the driver: modernc.org/sqlite
// registers "sqlite", mattn/go-sqlite3 "sqlite3".
func ExampleSQLite() {
	seed := func(t budgettest.TB, n int) (*sql.DB, error) {
		db := budgettest.SQLite(t, sqlwrap.Open, "sqlite", "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT)")
		for i := range n {
			if _, err := db.Exec("INSERT INTO authors (id, name) VALUES (?, ?)", i+1, "Austen"); err != nil {
				return nil, err
			}
		}
		return db, nil
	}
	_ = seed // for budgettest.Scale
}
