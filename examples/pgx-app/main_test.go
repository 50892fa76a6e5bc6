package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/Masterminds/squirrel"
	"github.com/georgysavva/scany/v2/pgxscan"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/examples/pgx-app/store"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/pgxwrap"
)

func dsnOf(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set: in CI no database may be left out")
	}
	if dsn == "" {
		t.Skip("QUERYBUDGET_POSTGRES_DSN is not set")
	}
	return dsn
}

// shop is a filled bookshop in a schema of its own.
func shop(t *testing.T) (*store.Store, *pgxpool.Pool) {
	t.Helper()
	schema := "pgx_app_" + strings.ToLower(rand.Text()[:8])
	pool, err := open(t.Context(), dsnOf(t), schema)
	must(t, err)
	_, err = pool.Exec(budget.Without(t.Context()), "CREATE SCHEMA "+schema)
	must(t, err)
	t.Cleanup(func() {
		if _, err := pool.Exec(budget.Without(context.WithoutCancel(t.Context())), "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
		pool.Close()
	})
	s := store.New(pool)
	must(t, s.Fill(budget.Without(t.Context()), authors()))
	return s, pool
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The page that asks for each author is found, with its parent and a repair; the other one
// keeps to the budget of the route.
func TestPages(t *testing.T) {
	s, _ := shop(t)
	h := routes(s, slog.New(slog.DiscardHandler))
	budgettest.Check(t, h, httptest.NewRequest("GET", "/authors", nil))
	if report, response := check(t, h, "/bad/authors"); len(report.Findings) != 1 {
		t.Errorf("%d: found %v", response.Code, report.Findings)
	} else if f := report.Findings[0]; f.Kind != budget.NPlusOne || f.Count != 20 || f.Parent == nil || !strings.HasSuffix(f.CallSite().Function, "AuthorsSlowly") {
		t.Errorf("found %v", &f)
	} else {
		t.Log(f.String(), "\n", f.Repair)
	}
}

// The application is wired: each part is proven, and each fault is named.
func TestWiring(t *testing.T) {
	s, pool := shop(t)
	wrap, application := middleware.Track(), routes(s, slog.New(slog.DiscardHandler))
	budgettest.DoctorOf(t, application, wrap, pgxwrap.Handle(pool), httptest.NewRequest("GET", "/authors", nil))

	lost := middleware.Track()(middleware.Limit(budget.Budget{Queries: 3})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(s.Authors)(w, httptest.NewRequestWithContext(context.Background(), "GET", "/authors", nil))
	})))
	bare, err := pgxpool.New(t.Context(), dsnOf(t))
	must(t, err)
	t.Cleanup(bare.Close)
	for fault, test := range map[string]struct {
		handler http.Handler
		wrap    func(http.Handler) http.Handler
		pool    *pgxpool.Pool
	}{
		"-> call pgxwrap.Config(config), the last line before the pool is made":     {application, wrap, bare},
		"the planted page is not tracked":                                           {application, func(h http.Handler) http.Handler { return h }, pool},
		"GET /authors: 2 queries without the request's context, at store/store.go:": {lost, wrap, pool},
	} {
		f := &failures{TB: t}
		budgettest.DoctorOf(f, test.handler, test.wrap, pgxwrap.Handle(test.pool), httptest.NewRequest("GET", "/authors", nil))
		if !strings.Contains(f.text, fault) {
			t.Errorf("%q is not in %q", fault, f.text)
		}
	}
}

// failures takes what a test would fail with.
type failures struct {
	testing.TB
	text string
}

func (f *failures) Errorf(format string, args ...any) { f.text += fmt.Sprintf(format, args...) }

// quiet takes the failures that are meant.
type quiet struct{ testing.TB }

func (quiet) Errorf(string, ...any) {}
func (quiet) Error(...any)          {}

func check(t *testing.T, h http.Handler, path string) (*budget.Report, *httptest.ResponseRecorder) {
	t.Helper()
	return budgettest.Check(quiet{t}, h, httptest.NewRequest("GET", path, nil))
}

// What sqlc writes is seen through: a query comes from the line that calls it, also in a
// batch and in a copy.
func TestSQLC(t *testing.T) {
	s, _ := shop(t)
	names := map[int64]string{}
	for id := range int64(8) {
		names[id+1] = "Somebody"
	}
	for name, test := range map[string]struct {
		run     func(ctx context.Context) error
		queries int64
		batches int64
		found   []budget.FindingKind
	}{
		"RenameSlowly": {func(ctx context.Context) error { return s.RenameSlowly(ctx, names) }, 8, 0, []budget.FindingKind{budget.WriteLoop}},
		"Rename":       {func(ctx context.Context) error { return s.Rename(ctx, names) }, 8, 1, nil},
		"Authors":      {func(ctx context.Context) error { _, err := s.Authors(ctx); return err }, 2, 0, nil},
	} {
		ctx, r := budget.NewContext(t.Context())
		must(t, test.run(ctx))
		report := r.Report()
		if n := report.Totals; n.Queries != test.queries || n.Batches != test.batches || len(report.Findings) != len(test.found) {
			t.Errorf("%s: found %v in %+v", name, report.Findings, n)
		}
		for _, q := range report.Queries {
			if site := q.CallSite(); !strings.HasSuffix(site.Function, "(*Store)."+name) {
				t.Errorf("%s: %s comes from %v", name, q.Summary, site)
			}
		}
	}
}

// Libraries that take a pool count, and are seen through.
func TestLibraries(t *testing.T) {
	_, pool := shop(t)
	ctx, r := budget.NewContext(t.Context())
	var names []string
	must(t, pgxscan.Select(ctx, pool, &names, "SELECT name FROM authors ORDER BY id"))
	sql, args, err := squirrel.Select("title").From("books").Where(squirrel.Eq{"author_id": 1}).PlaceholderFormat(squirrel.Dollar).ToSql()
	must(t, err)
	must(t, pgxscan.Select(ctx, pool, &names, sql, args...))
	report := r.Report()
	if n := report.Totals; n.Queries != 2 || n.Rows != 22 {
		t.Errorf("counted %+v", n)
	}
	for _, q := range report.Queries {
		if site := q.CallSite(); !strings.HasSuffix(site.Function, "TestLibraries") || site.Library {
			t.Errorf("%s comes from %v", q.Summary, site)
		}
	}
}

func TestDemo(t *testing.T) { must(t, run(t.Context(), dsnOf(t))) }
