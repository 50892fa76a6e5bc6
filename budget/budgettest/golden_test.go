package budgettest_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/statement"
)

// The files of TestGolden are those that users review; this one is in testdata.
func TestGolden(t *testing.T) {
	s := newShop(t, 5)
	budgettest.Golden(t, s.report(t, (*shop).slowly))
	t.Run("a subtest/with a name?", func(t *testing.T) { budgettest.Golden(t, s.report(t, (*shop).joined)) })
}

// report runs code and returns what it did. The name of the closure that calls it
// must not matter to a golden file.
func (s *shop) report(t testing.TB, code func(*shop, context.Context) error) *budget.Report {
	ctx, r := budget.NewContext(t.Context())
	func() {
		func() { _, _ = s.db.ExecContext(ctx, "DELETE FROM publishers WHERE id = 1") }()
		for range func(yield func(int) bool) { yield(1) } {
			_, _ = s.db.ExecContext(ctx, "DELETE FROM publishers WHERE id = 2")
		}
	}()
	if err := code(s, ctx); err != nil {
		t.Error(err)
	}
	return r.Report()
}

func TestGoldenUpdates(t *testing.T) {
	s := newShop(t, 5)
	file := filepath.Join(t.TempDir(), "folder", "file.txt")
	golden := func(r *budget.Report) func(*fakeTB) {
		return func(tb *fakeTB) { budgettest.GoldenFile(tb, file, r) }
	}
	slowly, joined := s.report(t, (*shop).slowly), s.report(t, (*shop).joined)

	try(t, golden(slowly)).fails(t, "there is no golden file yet: run the test with QUERYBUDGET_UPDATE=1")
	t.Setenv("QUERYBUDGET_UPDATE", "1")
	f := try(t, golden(slowly))
	f.passes(t)
	if !strings.Contains(f.logged.String(), "wrote "+file) {
		t.Errorf("logged %q", f.logged.String())
	}
	if f := try(t, golden(slowly)); f.logged.Len() > 0 {
		t.Error("written again without a change")
	}
	t.Setenv("QUERYBUDGET_UPDATE", "0")
	try(t, golden(slowly)).passes(t)
	try(t, golden(joined)).fails(t,
		"the queries differ from",
		"+ 1x budgettest_test.(*shop).ints: SELECT b.id FROM books b JOIN writers a ON a.id = b.author_id\n      at budget/budgettest/shop_test.go:",
		"- 5x budgettest_test.(*shop).ints: SELECT id FROM books WHERE author_id = ?\n      no longer runs\n",
	)
	_ = slowly.Groups[0]
	slowly.Groups[0].Queries = 7
	try(t, golden(slowly)).fails(t, "- 5x budgettest_test.(*shop).ints: SELECT id FROM books WHERE author_id = ?\n+ 7x ")

	// A package may define the flag that others use.
	flag.Bool("update", false, "as packages define it")
	if err := flag.Set("update", "true"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("QUERYBUDGET_UPDATE", "")
	try(t, golden(joined)).passes(t)
	_ = flag.Set("update", "false")
	try(t, golden(joined)).passes(t)
}

// Databases with a name are told apart, and what was refused did not run.
func TestGoldenLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.txt")
	report := &budget.Report{Groups: []budget.Group{
		{Statement: &statement.Statement{Shape: "SELECT ?"}, Database: "replica", Sums: budget.Sums{Queries: 2}},
		{Statement: &statement.Statement{Shape: "SELECT ?"}, Sums: budget.Sums{Queries: 1}},
		{Statement: &statement.Statement{Shape: "DELETE"}, Sums: budget.Sums{Blocked: 1}},
	}}
	t.Setenv("QUERYBUDGET_UPDATE", "1")
	budgettest.GoldenFile(t, file, report)
	got, err := os.ReadFile(file)
	if err != nil || !strings.HasSuffix(string(got), "=1.\n1x : SELECT ?\n2x [replica] : SELECT ?\n") {
		t.Errorf("%v, got\n%s", err, got)
	}
}

func TestGoldenBadInput(t *testing.T) {
	r := newShop(t, 5).report(t, (*shop).joined)
	folder := t.TempDir()
	file := filepath.Join(folder, "file.txt")
	if err := os.WriteFile(file, []byte("# fine\n\n1x f: SELECT ?\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	try(t, func(tb *fakeTB) { budgettest.GoldenFile(tb, file, r) }).fails(t, `not a line of a golden file: "nonsense"`)
	try(t, func(tb *fakeTB) { budgettest.GoldenFile(tb, folder, r) }).fails(t, "golden file: read ")
	try(t, func(tb *fakeTB) { budgettest.Golden(tb, nil) }).fails(t, "nil *budget.Report")
	try(t, func(tb *fakeTB) { budgettest.Golden(tb, &budget.Report{Truncated: budget.Truncated{Grouped: 2}}) }).fails(t, "2 queries were more")
	t.Setenv("QUERYBUDGET_UPDATE", "true")
	try(t, func(tb *fakeTB) { budgettest.GoldenFile(tb, filepath.Join(file, "x.txt"), r) }).fails(t, "budgettest: golden file: ")
}

func FuzzGolden(f *testing.F) {
	f.Add("1x f: SELECT ?\n# x\n")
	f.Add("x\n9999999999999999999999x y")
	r := newShop(f, 1).report(f, (*shop).joined)
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "x.txt")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		try(t, func(tb *fakeTB) { budgettest.GoldenFile(tb, file, r) }).fails(t)
	})
}

// Reports of parallel tests are in one file, whole.
func TestReportFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports")
	t.Setenv("QUERYBUDGET_REPORT", dir)
	var wg sync.WaitGroup
	const tests = 64
	for range tests {
		wg.Go(func() {
			s := newShop(t, 25)
			f := try(t, func(tb *fakeTB) {
				tb.name = "TestMany/of them"
				budgettest.Check(tb, s.routes(budget.Budget{Queries: 3}), get("/bad/authors"))
			})
			if !f.failed {
				t.Error("the check did not fail")
			}
		})
	}
	wg.Wait()
	budgettest.Scale(t, []int{1, 2}, makeShop, func(ctx context.Context, s *shop) error { return s.joined(ctx) })

	file, err := os.Open(filepath.Join(dir, "github.com%2Fquerybudget%2Fquerybudget%2Fbudget%2Fbudgettest.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was read
	seen := map[string]int{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 10<<20)
	for lines.Scan() {
		var e struct {
			Schema               int
			Package, Test, Check string
			Failed               bool
			Size                 int
			Report               budget.Report
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		seen[e.Check]++
		switch {
		case e.Schema != 2 || e.Report.Stage != budget.Final || e.Package != "github.com/querybudget/querybudget/budget/budgettest":
			t.Fatalf("%+v", e)
		case e.Check == "check" && (!e.Failed || e.Test != "TestMany/of them" || e.Report.Name != "GET /bad/authors" || e.Report.Totals.Queries != 26 || e.Report.Groups[0].CallSite().File != "budget/budgettest/shop_test.go"):
			t.Fatalf("%+v", e)
		case e.Check == "scale" && (e.Failed || e.Size == 0 || e.Report.Totals.Queries != 1):
			t.Fatalf("%+v", e)
		}
	}
	if lines.Err() != nil || seen["check"] != tests || seen["scale"] != 2 || len(seen) != 2 {
		t.Errorf("%v, %v", lines.Err(), seen)
	}

	t.Setenv("QUERYBUDGET_REPORT", "relative")
	s := newShop(t, 1)
	try(t, func(tb *fakeTB) { budgettest.Check(tb, s.routes(budget.Budget{Queries: 3}), get("/authors")) }).fails(t, "use an absolute path")
	t.Setenv("QUERYBUDGET_REPORT", filepath.Join(file.Name(), "x"))
	try(t, func(tb *fakeTB) { budgettest.Check(tb, s.routes(budget.Budget{Queries: 3}), get("/authors")) }).fails(t, "budgettest: QUERYBUDGET_REPORT=")
}

func TestTx(t *testing.T) {
	s := newShop(t, 1)
	ctx, r := budget.NewContext(t.Context())
	f := try(t, func(tb *fakeTB) {
		tx := budgettest.Tx(tb, s.db)
		if _, err := tx.ExecContext(ctx, "DELETE FROM books"); err != nil {
			t.Error(err)
		}
	})
	f.passes(t)
	if got := r.Totals(); got.Queries != 1 || got.Transactions != 0 || s.db.Stats().InUse != 0 {
		t.Errorf("%+v, %d in use", got, s.db.Stats().InUse)
	}
	try(t, func(tb *fakeTB) { _ = budgettest.Tx(tb, s.db).Commit() }).passes(t)
	try(t, func(tb *fakeTB) { budgettest.Tx(tb, nil) }).fails(t, "nil *sql.DB")
	try(t, func(tb *fakeTB) { budgettest.Tx(tb, closedDB(t)) }).fails(t, "budgettest: Tx: sql: database is closed")
}

// contextTB has a context of its own.
type contextTB struct {
	*fakeTB
	ctx context.Context
}

func (c contextTB) Context() context.Context { return c.ctx }

// Preparations count in no unit, whatever context the test has.
func TestPreparationsDoNotCount(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	try(t, func(tb *fakeTB) {
		with := contextTB{tb, ctx}
		db := budgettest.SQLite(with, func(string, string) (*sql.DB, error) { return openFake(t, nil), nil }, "sqlite", "CREATE TABLE x (id INTEGER)")
		budgettest.Tx(with, db)
	}).passes(t)
	if got := r.Totals(); got.Queries != 0 || got.Transactions != 0 {
		t.Errorf("counted %+v", got)
	}
}

func TestSQLite(t *testing.T) {
	var dsn string
	open := func(_, source string) (*sql.DB, error) {
		dsn = source
		return openFake(t, nil), nil
	}
	try(t, func(tb *fakeTB) {
		budgettest.SQLite(tb, open, "sqlite", "CREATE TABLE x (id INTEGER)")
	}).passes(t)
	if !strings.HasPrefix(dsn, "file:") || !strings.HasSuffix(dsn, "/test.db") {
		t.Errorf("dsn %q", dsn)
	}
	broken := func(_, _ string) (*sql.DB, error) { return nil, os.ErrPermission }
	try(t, func(tb *fakeTB) { budgettest.SQLite(tb, broken, "sqlite") }).fails(t, "budgettest: SQLite: permission denied")
	closed := func(_, _ string) (*sql.DB, error) { return closedDB(t), nil }
	try(t, func(tb *fakeTB) { budgettest.SQLite(tb, closed, "sqlite", "CREATE") }).fails(t, "schema: sql: database is closed")
	try(t, func(tb *fakeTB) { budgettest.SQLite(tb, nil, "sqlite") }).fails(t, "use sqlwrap.Open")
}
