package frameworks

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
)

// riverDatabase is a pool in a schema of its own, with River's tables and some books.
func riverDatabase(t *testing.T) *pgxpool.Pool {
	t.Helper()
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set: in CI no database may be left out")
	}
	if dsn == "" {
		t.Skip("QUERYBUDGET_POSTGRES_DSN is not set")
	}
	schema := "river_" + strings.ToLower(rand.Text()[:8])
	separator := "?"
	if strings.Contains(dsn, "?") {
		separator = "&"
	}
	pool, err := riverPool(t.Context(), dsn+separator+"search_path="+schema)
	must(t, err)
	ctx := budget.Without(context.WithoutCancel(t.Context()))
	_, err = pool.Exec(ctx, "CREATE SCHEMA "+schema)
	must(t, err)
	t.Cleanup(func() {
		_, err := pool.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
		pool.Close()
		must(t, err)
	})
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	must(t, err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	must(t, err)
	_, err = pool.Exec(ctx, "CREATE TABLE books (id int, author_id int, title text)")
	must(t, err)
	_, err = pool.Exec(ctx, "INSERT INTO books SELECT n, n, 'Book ' || n FROM generate_series(1, 20) AS n")
	must(t, err)
	return pool
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A job of River is a unit of its own: its queries, its loop and its budget. What River sends
// for itself, to fetch jobs, to elect a leader and to note what was done, is in no unit, and
// not unattributed.
func TestRiver(t *testing.T) {
	pool := riverDatabase(t)
	reports := make(collector, 10)
	client, err := riverClient(pool, reports)
	must(t, err)
	must(t, startRiver(t.Context(), client))

	ctx, request := budget.NewContext(t.Context())
	_, err = client.Insert(ctx, titles{Authors: []int64{1, 2, 3, 4, 5, 6}}, nil)
	must(t, err)
	inserted := request.Report()
	if n := inserted.Totals; n.Writes == 0 || n.Transactions != 1 || !strings.Contains(inserted.Queries[0].Shape, "river_job") {
		t.Errorf("the request sent %+v", n)
	}

	job := <-reports
	must(t, client.Stop(context.WithoutCancel(t.Context())))
	if job.Name != "titles" || job.Totals.Queries != 6 || job.Budget != few || job.Verdict.Outcome != budget.Exceeded {
		t.Errorf("%q: %d queries, budget %+v, %s", job.Name, job.Totals.Queries, job.Budget, job.Verdict.Outcome)
	}
	found := find(job, budget.NPlusOne)
	if found == nil {
		t.Fatalf("no n+1 in %v", job.Findings)
	}
	if at := found.CallSite(); !strings.HasSuffix(at.File, "riverjobs.go") || !strings.HasSuffix(at.Function, "(*titlesWorker).Work") {
		t.Errorf("the loop is at %v", at)
	}
	select {
	case more := <-reports:
		t.Errorf("a second report: %v", more)
	default:
	}
	if n := pgxwrap.Database(pool).Unattributed(); n.Queries != 0 {
		t.Errorf("%d queries are unattributed: %v", n.Queries, n)
	}
	if n := request.Report().Totals.Queries; n != inserted.Totals.Queries {
		t.Errorf("the request has %d queries in the end", n)
	}
}
