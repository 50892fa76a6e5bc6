package pgxwrap_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/pgxwrap"
)

var _ explain.Planner = pgxwrap.PoolPlanner{}

type run = func(ctx context.Context, query string, args ...any) (columns []string, rows [][]any, err error)

// A session has a connection of its own while the pool has none left, with the settings of
// the pool's. It counts nowhere, no tracer sees it, and it is closed.
func TestPlanner(t *testing.T) {
	log := &hookLog{}
	pool := poolOf(t, func(c *pgxpool.Config) {
		c.MaxConns, c.ConnConfig.Tracer = 1, combination(63, log)
		c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SET statement_timeout = '1234ms'")
			return err
		}
	}, table, "INSERT INTO authors VALUES (1, 'a')")
	ctx, r := enforce(t.Context())
	conn, err := pool.Acquire(ctx)
	must(t, err)
	defer conn.Release()
	log.lines = nil
	var pid any
	must(t, pgxwrap.Planner(pool).Session(ctx, func(run run) error {
		columns, rows, err := run(ctx, "SELECT id, name, NULL, pg_backend_pid(), current_setting('statement_timeout') FROM authors WHERE id = $1", 1)
		must(t, err)
		pid = rows[0][3]
		if len(columns) != 5 || columns[1] != "name" || len(rows) != 1 || rows[0][0] != int64(1) || rows[0][1] != "a" || rows[0][2] != nil || rows[0][4] != "1234ms" {
			t.Errorf("columns %q, rows %v", columns, rows)
		}
		_, rows, err = run(ctx, "EXPLAIN (FORMAT JSON) SELECT id FROM authors")
		must(t, err)
		if text, ok := rows[0][0].([]byte); !ok || !strings.Contains(string(text), "Plan") {
			t.Errorf("the plan is %v", rows)
		}
		_, _, err = run(ctx, "SELECT 1 / 0")
		return failed(err)
	}))
	if got := countsOf(r.Totals()); got != (budget.Totals{}) || len(log.lines) != 0 {
		t.Errorf("counted %+v, traced %q", got, log.lines)
	}
	wantErr := errors.New("enough")
	if err := pgxwrap.Planner(pool).Session(ctx, func(run) error { return wantErr }); !errors.Is(err, wantErr) {
		t.Errorf("the error is %v", err)
	}
	waitUntilGone(t, conn.Conn(), pid)
}

// Plans, missing indexes and proven repairs of what a pool sent.
func TestPlansOfAPool(t *testing.T) {
	config, err := pgxpool.ParseConfig(dsnOf(t))
	must(t, err)
	pgxwrap.Options{Arguments: true}.Config(config)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	must(t, err)
	t.Cleanup(pool.Close)
	for _, statement := range []string{
		table, "INSERT INTO authors SELECT i, 'a' FROM generate_series(1, 7) i",
		"CREATE TABLE books (author_id int, title text)", "INSERT INTO books SELECT i, 'b' || i FROM generate_series(1, 7) i",
	} {
		_, err := pool.Exec(budget.Without(t.Context()), statement)
		must(t, err)
	}
	planner := pgxwrap.Planner(pool)
	report := budgettest.Run(quiet{t}, budgettest.Want{Indexed: planner, Repairs: planner}, func(ctx context.Context) {
		must(t, eachAuthor(ctx, pool, func(id int) error {
			return read(pool.Query(ctx, "SELECT author_id, title FROM books WHERE author_id = $1", id))
		}))
	})
	kinds := map[budget.FindingKind]budget.Finding{}
	for _, f := range report.Findings {
		kinds[f.Kind] = f
	}
	if f, ok := kinds[budget.MissingIndex]; !ok || !strings.Contains(f.Repair, "author_id") {
		t.Errorf("found %v", report.Findings)
	}
	if f, ok := kinds[budget.NPlusOne]; !ok || !strings.Contains(f.Repair, "tried: ") {
		t.Errorf("found %v with %s", report.Findings, f.Repair)
	}
}

// quiet takes the failures that are meant.
type quiet struct{ *testing.T }

func (q quiet) Errorf(format string, args ...any) { q.Logf(format, args...) }
func (q quiet) Error(args ...any)                 { q.Log(args...) }
func (q quiet) Fatalf(format string, args ...any) { q.Logf(format, args...) }

// waitUntilGone waits until the server has ended a session, which happens soon after the
// client has.
func waitUntilGone(t *testing.T, conn *pgx.Conn, pid any) {
	t.Helper()
	for n := 1; n > 0; {
		must(t, conn.QueryRow(budget.Without(t.Context()), "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid).Scan(&n))
	}
}

func TestNilPlanner(t *testing.T) {
	for name, f := range map[string]func(){
		"planner": func() { pgxwrap.Planner(nil) }, "config": func() { pgxwrap.Config(nil) },
		"empty config": func() { pgxwrap.Config(&pgxpool.Config{}) }, "connection": func() { pgxwrap.ConnConfig(nil) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "pgxwrap: ") {
					t.Errorf("%s: the panic is %q", name, text)
				}
			}()
			f()
		}()
	}
}
