package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/sqlwrap"
)

// recordTB keeps what a test would fail with.
type recordTB struct {
	*testing.T
	text strings.Builder
}

func (r *recordTB) Errorf(format string, args ...any) { fmt.Fprintf(&r.text, format+"\n", args...) }

func (r *recordTB) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failure runs a check and returns the text it fails with, empty if it passes.
func failure(t *testing.T, check func(budgettest.TB)) string {
	t.Helper()
	r := &recordTB{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(r)
	}()
	<-done
	return r.text.String()
}

// Each bad page fails its check with the right line, each repair passes.
func TestCheckPages(t *testing.T) {
	fails := map[string]struct{ text, line string }{
		"/bad/authors":         {"n+1 ", "AuthorsSlowly: each"},
		"/enforced/authors":    {"3 allowed, 21 seen", "AuthorsSlowly: each"},
		"/bad/books/{id}":      {"duplicate ", "Book: get"},
		"/bad/orders":          {"write-loop ", "OrderSlowly: each"},
		"/bad/books/{id}/sale": {"read-modify-write ", "SellSlowly: read"},
		"/bad/publishers":      {"nested-query ", "PublishersSlowly: count"},
		"/bad/authors/first":   {"unclosed-rows ", "FirstAuthorSlowly: rows"},
		"/bad/visits":          {"unattributed ", "VisitsSlowly: get"},
		"/bad/customers":       {"select-then-insert ", "SignUpSlowly: get"},
		"/bad/titles":          {"select-star ", "TitlesSlowly: star"},
		"/bad/reviews":         {"large-result ", "ReviewsSlowly: all"},
	}
	mainDatabases(t, func(t *testing.T, dsn string) {
		db, err := shop.Open(t.Context(), dsn, 20, sqlwrap.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		s := store.New(db.DB)
		handler := shop.Routes(s, slog.New(slog.DiscardHandler))
		for _, p := range shop.Pages(s) {
			if p.Pattern == "/bad/search" {
				continue // it passes, after 30 s with the race detector
			}
			got := failure(t, func(tb budgettest.TB) {
				budgettest.Want{Hints: true}.Check(tb, handler, httptest.NewRequest(p.Method, p.Path, nil))
			})
			want, bad := fails[p.Pattern]
			if !bad && got != "" {
				t.Errorf("%s should pass:\n%s", p.Pattern, got)
			}
			if !bad {
				continue
			}
			if !strings.HasPrefix(got, "budgettest: "+p.Method+" "+p.Pattern+" is not as wanted:") || !strings.Contains(got, want.text) {
				t.Errorf("%s should fail with %q:\n%s", p.Pattern, want.text, got)
				continue
			}
			_, at, _ := strings.Cut(got, want.text)
			_, at, _ = strings.Cut(at, " at ")
			checkLine(t, strings.Fields(at + " ?")[0], want.line)
		}
	})
}

// How each page grows, with the authors and with the lines of an order.
func TestScalePages(t *testing.T) {
	type run = func(context.Context, *store.Store, int) error
	type grows struct {
		queries, rows budgettest.Growth
		line          string // of what grows fastest
	}
	pages := map[string]struct {
		run  run
		want grows
	}{
		"AuthorsSlowly": {func(ctx context.Context, s *store.Store, _ int) error { return second(s.AuthorsSlowly(ctx)) },
			grows{budgettest.Linear, budgettest.Linear, "AuthorsSlowly: each"}},
		"AuthorsJoined": {func(ctx context.Context, s *store.Store, _ int) error { return second(s.AuthorsJoined(ctx)) },
			grows{budgettest.Constant, budgettest.Linear, ""}},
		"AuthorsIn": {func(ctx context.Context, s *store.Store, _ int) error { return second(s.AuthorsIn(ctx)) },
			grows{budgettest.Constant, budgettest.Linear, ""}},
		"OrderSlowly": {func(ctx context.Context, s *store.Store, n int) error { return s.OrderSlowly(ctx, "test", lines(n)) },
			grows{budgettest.Linear, budgettest.Constant, "OrderSlowly: each"}},
		"Order": {func(ctx context.Context, s *store.Store, n int) error { return s.Order(ctx, "test", lines(n)) },
			grows{budgettest.Constant, budgettest.Constant, ""}},
		"PublishersSlowly": {func(ctx context.Context, s *store.Store, _ int) error { return second(s.PublishersSlowly(ctx)) },
			grows{budgettest.Constant, budgettest.Constant, ""}},
		"ReviewsSlowly": {func(ctx context.Context, s *store.Store, _ int) error { return second(s.ReviewsSlowly(ctx)) },
			grows{budgettest.Constant, budgettest.Linear, ""}},
		"Reviews": {func(ctx context.Context, s *store.Store, _ int) error { return second(s.Reviews(ctx, 10)) },
			grows{budgettest.Constant, budgettest.Constant, ""}},
	}
	type sized struct {
		*store.Store
		n int
	}
	for _, d := range databases {
		if d.name != "sqlite" && d.name != "pgx" && d.name != "mysql" {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			d.need(t)
			open := map[int]sized{} // the pages share the data: they only read, or add
			seed := func(_ budgettest.TB, n int) (sized, error) {
				if s, ok := open[n]; ok {
					return s, nil
				}
				dsn := ""
				if d.name != "sqlite" {
					dsn = d.dsn(t)
				}
				db, err := shop.Open(t.Context(), dsn, n, sqlwrap.Config{})
				if err != nil {
					return sized{}, err
				}
				t.Cleanup(func() { _ = db.Close() })
				open[n] = sized{store.New(db.DB), n}
				return open[n], nil
			}
			for name, page := range pages {
				var all []budgettest.Series
				text := failure(t, func(tb budgettest.TB) {
					all = budgettest.Scale(tb, []int{1, 3, 9}, seed, func(ctx context.Context, s sized) error { return page.run(ctx, s.Store, s.n) })
				})
				if len(all) == 0 {
					t.Errorf("%s: %s", name, text)
					continue
				}
				if got := (grows{all[0].QueryGrowth, all[0].RowGrowth, page.want.line}); got != page.want {
					t.Errorf("%s: got %v, want %v: %+v", name, got, page.want, all)
				}
				if (text != "") != (page.want.line != "") {
					t.Errorf("%s: %q", name, text)
				}
				if page.want.line != "" {
					_, at, _ := strings.Cut(text, "linear  ")
					checkLine(t, strings.Fields(at + " ?")[0], page.want.line)
				}
			}
		})
	}
}

// second drops a result.
func second[T any](_ T, err error) error { return err }

func lines(n int) (out []store.Line) {
	for i := range n {
		out = append(out, store.Line{BookID: int64(i + 1), Quantity: 1})
	}
	return out
}

// With every library on every database: a loop grows, its repair does not. Golden
// files are shared by the databases where the shapes are equal: wherever the
// application writes the SQL.
func TestScaleLibraries(t *testing.T) {
	type page = func(context.Context) (int, error)
	each(t, func(t *testing.T, d testDatabase) {
		for name, open := range map[string]func(*testing.T, testDatabase, *sql.DB) (loop, repair page){
			"database-sql": findWithSQL, "sqlx": findWithSQLX, "sqlc": findWithSQLC, "gorm": findWithGORM, "bun": findWithBun,
		} {
			t.Run(name, func(t *testing.T) {
				type pages struct{ loop, repair page }
				seed := func(_ budgettest.TB, n int) (pages, error) {
					db := d.open(t)
					fill(t, db, n)
					loop, repair := open(t, d, db)
					return pages{loop, repair}, nil
				}
				sizes := []int{1, 3, 9}
				text := failure(t, func(tb budgettest.TB) {
					budgettest.Scale(tb, sizes, seed, func(ctx context.Context, p pages) error { return second(p.loop(ctx)) })
				})
				_, at, _ := strings.Cut(text, "linear  findings_test.go:")
				line, _, _ := strings.Cut(at, " ")
				if !strings.Contains(text, ": 1, 3, 9 queries at sizes 1, 3, 9: SELECT works grows with the data") || !strings.HasSuffix(sourceLine(t, "findings_test.go", "0"+line), "// loop") {
					t.Errorf("the loop at %q:\n%s", line, text)
				}
				var report *budget.Report
				budgettest.Scale(t, sizes, seed, func(ctx context.Context, p pages) error {
					err := second(p.repair(ctx))
					report = budget.FromContext(ctx).Report()
					return err
				})
				if name != "gorm" && name != "bun" { // they quote as each database does
					budgettest.GoldenFile(t, filepath.Join("testdata", "querybudget", name+".txt"), report)
				}
			})
		}
	})
}

// The helpers on real databases: code without a context, one transaction, no query,
// and fresh data in a transaction that is rolled back.
func TestHelpers(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		fill(t, db, 3)
		// The first three queries are one family's; none of them has a context.
		legacy := func(context.Context) {
			tx, err := db.Begin()
			if err != nil {
				t.Error(err)
				return
			}
			for id := range 2 {
				if _, err := tx.Exec(d.rebind("UPDATE writers SET name = ? WHERE id = ?"), "x", id+1); err != nil {
					t.Error(err)
				}
			}
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
		}
		budgettest.Run(t, budgettest.Want{
			DB: db, Writes: budgettest.Exactly(2), Queries: budgettest.Exactly(2), Transactions: budgettest.Exactly(1), OneTransaction: true,
			Runs: []string{"UPDATE writers SET name = ? WHERE id = ?"}, Never: []string{"works"}, Tables: []string{"writers"},
		}, legacy)
		if text := failure(t, func(tb budgettest.TB) { budgettest.Run(tb, budgettest.Want{DB: db, Attributed: true}, legacy) }); !strings.Contains(text, "did not have the block's context") {
			t.Errorf("attributed: %q", text)
		}
		if text := failure(t, func(tb budgettest.TB) { budgettest.NoQueries(tb, db, legacy) }); !strings.Contains(text, "exactly 0 wanted, 2 seen") {
			t.Errorf("no queries: %q", text)
		}
		budgettest.NoQueries(t, db, func(context.Context) {})

		seed := func(tb budgettest.TB, n int) (*sql.Tx, error) {
			tx := budgettest.Tx(tb, db)
			for i := range n {
				if _, err := tx.ExecContext(tb.Context(), fmt.Sprintf("INSERT INTO writers VALUES (%d, 'writer')", 100+i)); err != nil {
					return nil, err
				}
			}
			return tx, nil
		}
		all := budgettest.Scale(t, nil, seed, func(ctx context.Context, tx *sql.Tx) error {
			rows, err := tx.QueryContext(ctx, d.rebind("SELECT name FROM writers WHERE id >= ?"), 100)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			return rows.Close()
		})
		if len(all) != 1 || fmt.Sprint(all[0].Queries, all[0].Rows) != "[1 1 1] [1 5 25]" {
			t.Errorf("in a transaction: %+v", all)
		}
		var left int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM writers").Scan(&left); err != nil || left != 3 {
			t.Errorf("%d writers are left, %v", left, err)
		}
	})
}

func TestScaleOnSQLiteFiles(t *testing.T) {
	seed := func(tb budgettest.TB, n int) (*sql.DB, error) {
		db := budgettest.SQLite(tb, sqlwrap.Open, "sqlite", "CREATE TABLE writers (id INTEGER PRIMARY KEY)")
		for range n {
			if _, err := db.ExecContext(tb.Context(), "INSERT INTO writers DEFAULT VALUES"); err != nil {
				return nil, err
			}
		}
		return db, nil
	}
	all := budgettest.Scale(t, nil, seed, func(ctx context.Context, db *sql.DB) error {
		var n int
		return db.QueryRowContext(ctx, "SELECT count(*) FROM writers").Scan(&n)
	})
	if len(all) != 1 || fmt.Sprint(all[0].Queries, all[0].Rows) != "[1 1 1] [1 1 1]" {
		t.Errorf("got %+v", all)
	}
}
