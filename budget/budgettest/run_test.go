package budgettest_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
)

func closedDB(t *testing.T) *sql.DB {
	db := openFake(t, nil)
	_ = db.Close()
	return db
}

func bareDB(t *testing.T) *sql.DB {
	db := sql.OpenDB(&fakeDB{})
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestRun(t *testing.T) {
	s := newShop(t, 5)
	joined := func(ctx context.Context) { _ = s.joined(ctx) }
	rename := func(n int) func(context.Context) { return func(ctx context.Context) { _ = s.rename(ctx, n) } }
	inTx := func(ctx context.Context) {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			t.Error(err)
		}
		_, _ = tx.ExecContext(ctx, "DELETE FROM books WHERE id = ?", 1)
		_, _ = tx.ExecContext(ctx, "DELETE FROM authors WHERE id = ?", 1)
		_ = tx.Commit()
	}
	for name, test := range map[string]struct {
		want  budgettest.Want
		block func(context.Context)
		fails []string
	}{
		"zero":               {budgettest.Want{}, joined, nil},
		"exactly":            {budgettest.Want{Queries: budgettest.Exactly(1), Reads: budgettest.Exactly(1), Writes: budgettest.Exactly(0), Rows: budgettest.Exactly(10)}, joined, nil},
		"range":              {budgettest.Want{Queries: budgettest.Between(1, 2), Rows: budgettest.AtLeast(10), Writes: budgettest.AtMost(0)}, joined, nil},
		"too many":           {budgettest.Want{Writes: budgettest.AtMost(1)}, rename(2), []string{"writes  at most 1 wanted, 2 seen", "2x  UPDATE authors SET name = ? WHERE id = ?"}},
		"too few":            {budgettest.Want{Reads: budgettest.AtLeast(2)}, joined, []string{"reads  at least 2 wanted, 1 seen"}},
		"too few rows":       {budgettest.Want{Rows: budgettest.Between(11, 12)}, joined, []string{"rows  11 to 12 wanted, 10 seen"}},
		"budget":             {budgettest.Want{Budget: budget.Budget{Repeats: 1}}, rename(2), []string{"repeats  1 allowed, 2 seen"}},
		"write loop":         {budgettest.Want{}, rename(5), []string{"write-loop  5x UPDATE authors", "budget.WriteLoop, Max: 5"}},
		"runs":               {budgettest.Want{Runs: []string{"select BOOKS", "JOIN  writers"}}, joined, nil},
		"does not run":       {budgettest.Want{Runs: []string{"SELECT publishers"}}, joined, []string{`missing  "SELECT publishers" did not run`}},
		"refused is not run": {budgettest.Want{Enforce: true, Budget: budget.Budget{Writes: budget.None, Mode: budget.Enforce}, Runs: []string{"UPDATE"}}, rename(1), []string{`missing  "UPDATE" did not run`}},
		"slow": {budgettest.Want{}, func(ctx context.Context) {
			slow := openFake(t, func(string) int { time.Sleep(250 * time.Millisecond); return 1 })
			_ = (&shop{db: slow}).joined(ctx)
		}, nil},
		"a stale allowance of the code": {budgettest.Want{Hints: true}, func(ctx context.Context) {
			_ = s.joined(budget.Allow(ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 3, Reason: "not needed with this data"}))
		}, nil},
		"never":             {budgettest.Want{Never: []string{"join writers"}}, joined, []string{`unwanted  "join writers" ran 1x at budget/budgettest/shop_test.go:`}},
		"never, and not":    {budgettest.Want{Never: []string{"UPDATE authors"}}, joined, nil},
		"tables":            {budgettest.Want{Tables: []string{"Books", "writers"}}, joined, nil},
		"other tables":      {budgettest.Want{Tables: []string{"books"}}, joined, []string{"tables  writers was touched at"}},
		"no tables":         {budgettest.Want{Tables: []string{}}, joined, []string{"books was touched", "writers was touched"}},
		"transaction":       {budgettest.Want{OneTransaction: true, Transactions: budgettest.Exactly(1)}, inTx, nil},
		"two transactions":  {budgettest.Want{OneTransaction: true}, func(ctx context.Context) { inTx(ctx); inTx(ctx) }, []string{"DELETE books ran in another one"}},
		"no transaction":    {budgettest.Want{OneTransaction: true}, joined, []string{"SELECT books writers ran outside of one"}},
		"hints":             {budgettest.Want{Hints: true}, func(ctx context.Context) { _, _ = s.ints(ctx, "SELECT * FROM authors") }, []string{"select-star", "budget.SelectStar"}},
		"hints are left":    {budgettest.Want{}, func(ctx context.Context) { _, _ = s.ints(ctx, "SELECT * FROM authors") }, nil},
		"nothing":           {budgettest.Want{}, func(context.Context) {}, []string{"0 queries were seen"}},
		"nothing wanted":    {budgettest.Want{Queries: budgettest.AtMost(3)}, func(context.Context) {}, nil},
		"without":           {budgettest.Want{Queries: budgettest.Exactly(0)}, func(ctx context.Context) { joined(budget.Without(ctx)) }, nil},
		"unclosed":          {budgettest.Want{}, func(ctx context.Context) { leak(t, s.db, ctx) }, []string{"unclosed-rows", "defer rows.Close()"}},
		"three make an n+1": {budgettest.Want{}, func(ctx context.Context) { _ = newShop(t, 3).slowly(ctx) }, []string{"n+1  3x SELECT books", "all 3 arguments are values of authors.id of query 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := try(t, func(tb *fakeTB) { budgettest.Run(tb, test.want, test.block) })
			if test.fails == nil {
				f.passes(t)
			} else {
				f.fails(t, test.fails...)
			}
		})
	}
}

// leak leaves rows open, and has them closed when the test ends.
func leak(t *testing.T, db *sql.DB, ctx context.Context) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM authors")
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { _ = rows.Close() })
}

// Code that takes no context is counted through its handle.
func TestRunWithoutContext(t *testing.T) {
	s := newShop(t, 5)
	legacy := func(context.Context) {
		_, _ = s.db.Exec("UPDATE authors SET name = 'x'")
		tx, err := s.db.Begin()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = tx.Exec("DELETE FROM books")
		_ = tx.Commit()
	}
	try(t, func(tb *fakeTB) {
		r := budgettest.Run(tb, budgettest.Want{DB: s.db, Writes: budgettest.Exactly(2), Transactions: budgettest.Exactly(1)}, legacy)
		if site := r.Groups[0].CallSite(); !strings.HasSuffix(site.File, "run_test.go") {
			t.Errorf("the call site is %v", site)
		}
	}).passes(t)
	try(t, func(tb *fakeTB) { budgettest.Run(tb, budgettest.Want{}, legacy) }).fails(t, "0 queries were seen")
	try(t, func(tb *fakeTB) { budgettest.Run(tb, budgettest.Want{DB: s.db, Attributed: true}, legacy) }).
		fails(t, "context  3 calls did not have the block's context")
	try(t, func(tb *fakeTB) {
		budgettest.Run(tb, budgettest.Want{DB: s.db, Attributed: true}, func(ctx context.Context) { _ = s.joined(ctx) })
	}).passes(t)
	try(t, func(tb *fakeTB) {
		budgettest.Run(tb, budgettest.Want{DB: s.db, Budget: budget.Budget{Queries: 1}}, legacy)
	}).
		fails(t, "1 allowed, 2 seen")
	// Afterwards nobody counts them.
	_, r := budget.NewContext(t.Context())
	legacy(t.Context())
	if r.Totals().Queries != 0 {
		t.Error("the handle still counts")
	}
}

// Goroutines of the block count, and those of their goroutines.
func TestRunWithGoroutines(t *testing.T) {
	s := newShop(t, 5)
	ask := func() { _, _ = s.ints(context.Background(), "SELECT id FROM books") }
	try(t, func(tb *fakeTB) {
		budgettest.Run(tb, budgettest.Want{DB: s.db, Queries: budgettest.Exactly(4), Allow: []budget.Allowance{{Kind: budget.Duplicate, Max: 9, Reason: "a test"}}}, func(context.Context) {
			ask()
			var wg sync.WaitGroup
			wg.Go(func() {
				var inner sync.WaitGroup
				inner.Go(func() {
					var innermost sync.WaitGroup
					innermost.Go(ask)
					innermost.Wait()
					ask()
				})
				inner.Wait()
			})
			wg.Go(ask)
			wg.Wait()
		})
	}).passes(t)
}

// What the block did not start is not guessed about.
func TestRunRefusesToGuess(t *testing.T) {
	s := newShop(t, 5)
	work, done := make(chan context.Context), make(chan struct{})
	go func() {
		for ctx := range work {
			_, _ = s.ints(ctx, "SELECT id FROM books")
			done <- struct{}{}
		}
	}()
	defer close(work)
	other, _ := budget.NewContext(t.Context())
	for want, ctx := range map[string]context.Context{
		"not alone  1 call came from goroutines that the block did not start": context.Background(),
		"not alone  1 call counted in another unit of work":                   other,
	} {
		try(t, func(tb *fakeTB) {
			r := budgettest.Run(tb, budgettest.Want{DB: s.db}, func(ctx2 context.Context) {
				_ = s.joined(ctx2)
				work <- ctx
				<-done
			})
			if r.Totals.Queries != 1 {
				t.Errorf("%d queries", r.Totals.Queries)
			}
		}).fails(t, want)
	}
	// A worker that gets the block's context is the block's.
	try(t, func(tb *fakeTB) {
		budgettest.Run(tb, budgettest.Want{DB: s.db, Queries: budgettest.Exactly(1)}, func(ctx context.Context) {
			work <- ctx
			<-done
		})
	}).passes(t)
	// One block at a time.
	try(t, func(tb *fakeTB) {
		budgettest.Run(t, budgettest.Want{DB: s.db, Queries: budgettest.AtMost(1)}, func(context.Context) {
			budgettest.Run(tb, budgettest.Want{DB: s.db}, func(context.Context) {})
		})
	}).fails(t, "the handle of Want is watched by another test at this moment")
}

func TestRunWithABusyPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it waits for some seconds
		db := openFake(t, func(string) int { return 1 })
		db.SetMaxOpenConns(1)
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback() //nolint:errcheck // a test
		try(t, func(tb *fakeTB) { budgettest.NoQueries(tb, db, func(context.Context) {}) }).
			fails(t, "no connection of Want.DB came free")
	})
}

func TestNoQueries(t *testing.T) {
	s := newShop(t, 5)
	try(t, func(tb *fakeTB) { budgettest.NoQueries(tb, s.db, func(context.Context) {}) }).passes(t)
	try(t, func(tb *fakeTB) { budgettest.NoQueries(tb, s.db, func(ctx context.Context) { _ = s.joined(ctx) }) }).
		fails(t, "exactly 0 wanted, 1 seen", "SELECT b.id FROM books b")
	try(t, func(tb *fakeTB) {
		budgettest.NoQueries(tb, s.db, func(context.Context) { _ = s.joined(context.Background()) })
	}).fails(t, "exactly 0 wanted, 1 seen")
	try(t, func(tb *fakeTB) { budgettest.NoQueries(tb, nil, func(context.Context) {}) }).fails(t, "nil *sql.DB")
	try(t, func(tb *fakeTB) { budgettest.Run(tb, budgettest.Want{}, nil) }).fails(t, "nil function")
}

// A block that ends the test at once does not leave the handle with a RecordWith.
func TestRunEndsWithTheTest(t *testing.T) {
	s := newShop(t, 5)
	for range 2 {
		try(t, func(tb *fakeTB) {
			budgettest.Run(tb, budgettest.Want{DB: s.db}, func(context.Context) { tb.Fatalf("enough") })
		}).fails(t, "enough")
	}
}

func TestContext(t *testing.T) {
	s := newShop(t, 5)
	f := try(t, func(tb *fakeTB) {
		ctx := budgettest.Context(tb)
		_ = s.slowly(ctx)
		if n := budget.FromContext(ctx).Totals().Queries; n != 6 {
			t.Errorf("%d queries", n)
		}
	})
	f.passes(t)
	for _, want := range []string{"budgettest: TestContext:", "What ran (6 queries):", "5x  SELECT id FROM books WHERE author_id = ?", "n+1 (proven): 5x SELECT books"} {
		if !strings.Contains(f.logged.String(), want) {
			t.Errorf("no %q in\n%s", want, f.logged.String())
		}
	}
}

// In a benchmark and in a fuzz test, too.
func BenchmarkRun(b *testing.B) {
	s := newShop(b, 5)
	for b.Loop() {
		budgettest.Run(b, budgettest.Want{Queries: budgettest.Exactly(1)}, func(ctx context.Context) { _ = s.joined(ctx) })
	}
}

func FuzzRun(f *testing.F) {
	f.Add(3)
	f.Fuzz(func(t *testing.T, id int) {
		s := newShop(t, 5)
		budgettest.Run(t, budgettest.Want{Queries: budgettest.Exactly(1)}, func(ctx context.Context) {
			_, _ = s.ints(ctx, "SELECT id FROM books WHERE author_id = ?", id)
		})
	})
}

// Code that builds SET from a map sends its columns in any order: one statement.
func TestOrderOfAMap(t *testing.T) {
	s := newShop(t, 6)
	ctx, r := budget.NewContext(t.Context())
	for i := range 6 {
		columns := []string{"name = ?", "born = now()"}
		if i%2 > 0 {
			slices.Reverse(columns)
		}
		if _, err := s.db.ExecContext(ctx, "UPDATE authors SET "+strings.Join(columns, ", ")+" WHERE id = ?", "x", i); err != nil {
			t.Fatal(err)
		}
	}
	report := r.Report()
	if len(report.Groups) != 1 || report.Groups[0].Queries != 6 || len(report.Findings) != 1 || report.Findings[0].Kind != budget.WriteLoop {
		t.Errorf("%+v, %+v", report.Groups, report.Findings)
	}
}
