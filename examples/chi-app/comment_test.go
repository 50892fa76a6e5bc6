package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// commentedDatabases open a handle of one connection whose queries have comments.
var commentedDatabases = []struct {
	name, driver, variable, suffix string
	self                           string // asks the server what it shows of this connection
}{
	{"PostgreSQL, pgx", "pgx", "QUERYBUDGET_POSTGRES_DSN", "", "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"},
	{"PostgreSQL, pgx, simple protocol", "pgx", "QUERYBUDGET_POSTGRES_DSN", "&default_query_exec_mode=simple_protocol", "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"},
	{"PostgreSQL, lib/pq", "postgres", "QUERYBUDGET_POSTGRES_DSN", "", "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"},
	{"MariaDB", "mysql", "QUERYBUDGET_MYSQL_DSN", "", "SELECT info FROM information_schema.processlist WHERE id = connection_id()"},
	{"MariaDB, interpolated", "mysql", "QUERYBUDGET_MYSQL_DSN", "?interpolateParams=true&multiStatements=true", "SELECT info FROM information_schema.processlist WHERE id = connection_id()"},
}

// The servers themselves show who sends a query, in whatever way the driver sends it.
func TestCommentsOnServers(t *testing.T) {
	for _, d := range commentedDatabases {
		t.Run(d.name, func(t *testing.T) {
			db := openCommented(t, d.driver, serverDSN(t, d.variable)+d.suffix, &sqlwrap.Comment{Application: "shop"})
			ctx := inRoute(t, "/files/*")
			const want = "/*action='chi-app.shown',application='shop',route='/files/%2A'*/"
			for what, text := range map[string]string{
				"short":          d.self,
				"semicolon":      d.self + " ;",
				"line comment":   d.self + " -- self",
				"long":           d.self + " AND 1 IN (" + strings.Repeat("1, ", 600) + "1)",
				"sqlc":           "-- name: Self :one\n" + d.self,
				"nested comment": "SELECT /* a /* b */ " + strings.TrimPrefix(d.self, "SELECT"),
			} {
				if what == "nested comment" && d.driver != "mysql" {
					text = strings.Replace(text, "b */", "b */ */", 1)
				}
				if got := shown(t, ctx, db, text); !strings.Contains(got, want) {
					t.Errorf("%s: the server shows %q", what, got)
				}
			}
			argument := " AND 1 = ?"
			if d.driver != "mysql" {
				argument = " AND 1 = $1"
			}
			if got := shown(t, ctx, db, d.self+argument, 1); !strings.Contains(got, want) {
				t.Errorf("with an argument the server shows %q", got)
			}
		})
	}
}

// shown returns what the server says that it executes.
func shown(t *testing.T, ctx context.Context, db *sql.DB, text string, args ...any) (query string) {
	t.Helper()
	if err := db.QueryRowContext(ctx, text, args...).Scan(&query); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return query
}

func openCommented(t *testing.T, driver, dsn string, comment *sqlwrap.Comment) *sql.DB {
	t.Helper()
	db, err := sqlwrap.Config{Comment: comment}.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func inRoute(t *testing.T, pattern string) context.Context {
	ctx, r := budget.NewContext(t.Context())
	r.SetRoute(budget.Route{Method: "GET", Pattern: pattern})
	return ctx
}

// Several statements in one text are still several, and all are executed.
func TestCommentedBatch(t *testing.T) {
	db := openCommented(t, "mysql", serverDSN(t, "QUERYBUDGET_MYSQL_DSN")+"?multiStatements=true", &sqlwrap.Comment{})
	rows, err := db.QueryContext(inRoute(t, "/a"), "SELECT 1; SELECT 2;")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	sets := 1
	for rows.NextResultSet() {
		sets++
	}
	if rows.Err() != nil || sets != 2 {
		t.Errorf("%d results: %v", sets, rows.Err())
	}
}

// What becomes part of the schema is what the application wrote.
func TestSchemaHasNoComments(t *testing.T) {
	const definition = "SELECT routine_definition FROM information_schema.routines WHERE routine_schema = %s AND routine_name = 'qb_comment'"
	for _, d := range []struct {
		name, driver, variable string
		texts                  []string
		kept                   []string // queries for what the schema has
		drop                   []string
	}{
		{
			"MariaDB", "mysql", "QUERYBUDGET_MYSQL_DSN",
			[]string{"CREATE OR REPLACE PROCEDURE qb_comment() SELECT 1", "CREATE OR REPLACE VIEW qb_view AS SELECT 1 AS one"},
			[]string{fmt.Sprintf(definition, "database()"), "SELECT view_definition FROM information_schema.views WHERE table_schema = database() AND table_name = 'qb_view'"},
			[]string{"DROP PROCEDURE qb_comment", "DROP VIEW qb_view"},
		},
		{
			"PostgreSQL", "pgx", "QUERYBUDGET_POSTGRES_DSN",
			[]string{
				"CREATE OR REPLACE FUNCTION qb_comment() RETURNS int LANGUAGE sql AS 'SELECT 1'",
				"CREATE OR REPLACE VIEW qb_view AS SELECT 1 AS one",
				"CREATE TABLE qb_rows (id int)",
				"CREATE OR REPLACE FUNCTION qb_fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
				"CREATE TRIGGER qb_trigger BEFORE INSERT ON qb_rows FOR EACH ROW EXECUTE FUNCTION qb_fires()",
			},
			[]string{
				fmt.Sprintf(definition, "current_schema()"), "SELECT pg_get_viewdef('qb_view'::regclass)", "SELECT prosrc FROM pg_proc WHERE proname = 'qb_fires'",
				"SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'qb_trigger'",
			},
			[]string{"DROP TABLE qb_rows", "DROP FUNCTION qb_fires", "DROP FUNCTION qb_comment", "DROP VIEW qb_view"},
		},
	} {
		t.Run(d.name, func(t *testing.T) {
			db := openCommented(t, d.driver, serverDSN(t, d.variable), &sqlwrap.Comment{Application: "shop"})
			ctx := inRoute(t, "/a")
			for _, text := range d.texts {
				if _, err := db.ExecContext(ctx, text); err != nil {
					t.Fatal(err)
				}
			}
			for i, text := range d.kept {
				kept := shown(t, ctx, db, text)
				if strings.Contains(kept, "/*") || strings.Contains(kept, "shop") || i == 0 && kept != "SELECT 1" {
					t.Errorf("kept is %q", kept)
				}
			}
			for _, text := range d.drop {
				if _, err := db.ExecContext(ctx, text); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// pgx prepares a text once for each function and route that sends it, and no more often
// with each request; with a traceparent, each request prepares it anew.
func TestStatementCache(t *testing.T) {
	dsn := serverDSN(t, "QUERYBUDGET_POSTGRES_DSN")
	request := 0
	traced := &sqlwrap.Comment{Traceparent: func(context.Context) string {
		request++
		return fmt.Sprintf("00-%032x-00000000000000aa-01", request)
	}}
	for _, test := range []struct {
		name    string
		comment *sqlwrap.Comment
		want    int
	}{{"none", nil, 1}, {"function and route", &sqlwrap.Comment{Application: "shop"}, 3}, {"traceparent", traced, 60}} {
		db := openCommented(t, "pgx", dsn, test.comment)
		for i := range 60 {
			var n int
			if err := db.QueryRowContext(inRoute(t, fmt.Sprintf("/page/%c", 'a'+i%3)), "SELECT 41 + $1::int", 1).Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		var prepared int
		if err := db.QueryRowContext(budget.Without(t.Context()), "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 41 + $1%'").Scan(&prepared); err != nil {
			t.Fatal(err)
		}
		if prepared != test.want {
			t.Errorf("%s: %d prepared statements, want %d", test.name, prepared, test.want)
		}
	}
}

// MariaDB's driver keeps no statements: it prepares each text that has arguments, or none
// where it puts them into the text. Comments change nothing of that.
func TestPreparesOnMariaDB(t *testing.T) {
	for suffix, want := range map[string]int{"": 60, "?interpolateParams=true": 0} {
		for name, comment := range map[string]*sqlwrap.Comment{
			"none": nil, "function and route": {Application: "shop"}, "traceparent": {Traceparent: func(context.Context) string {
				return fmt.Sprintf("00-%032x-00000000000000aa-01", rand.Uint64())
			}},
		} {
			db := openCommented(t, "mysql", serverDSN(t, "QUERYBUDGET_MYSQL_DSN")+suffix, comment)
			prepares := func() (n int) {
				t.Helper()
				var variable string
				if err := db.QueryRowContext(budget.Without(t.Context()), "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Scan(&variable, &n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			before := prepares()
			for i := range 60 {
				var n int
				if err := db.QueryRowContext(inRoute(t, fmt.Sprintf("/page/%c", 'a'+i%3)), "SELECT 41 + ?", 1).Scan(&n); err != nil || n != 42 {
					t.Fatal(n, err)
				}
			}
			if got := prepares() - before; got != want {
				t.Errorf("%q, %s: %d prepares, want %d", suffix, name, got, want)
			}
		}
	}
}

// BenchmarkComments is one query over loopback, without comments and with each kind, which
// take turns so that a busy machine is as busy for each. It reports medians.
func BenchmarkComments(b *testing.B) {
	request := 0
	traced := &sqlwrap.Comment{Traceparent: func(context.Context) string {
		request++
		return fmt.Sprintf("00-%032x-00000000000000aa-01", request)
	}}
	names, kinds := []string{"none", "route", "traceparent"}, []*sqlwrap.Comment{nil, {Application: "shop"}, traced}
	for _, d := range []struct{ name, driver, variable, suffix, text string }{
		{"pgx", "pgx", "QUERYBUDGET_POSTGRES_DSN", "", "SELECT 41 + $1::int"},
		{"MariaDB", "mysql", "QUERYBUDGET_MYSQL_DSN", "", "SELECT 41 + ?"},
		{"MariaDB interpolated", "mysql", "QUERYBUDGET_MYSQL_DSN", "?interpolateParams=true", "SELECT 41 + ?"},
	} {
		dsn := os.Getenv(d.variable)
		if dsn == "" {
			b.Logf("%s is not set: left out", d.variable)
			continue
		}
		b.Run(d.name, func(b *testing.B) {
			dbs, took := make([]*sql.DB, len(kinds)), make([][]time.Duration, len(kinds))
			for i, comment := range kinds {
				db, err := sqlwrap.Config{Comment: comment}.Open(d.driver, dsn+d.suffix)
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close() //nolint:errcheck // a benchmark
				db.SetMaxOpenConns(1)
				dbs[i] = db
			}
			for b.Loop() {
				for i, db := range dbs {
					ctx, r := budget.NewContext(context.Background())
					r.SetRoute(budget.Route{Method: "GET", Pattern: "/page"})
					n, began := 0, time.Now()
					if err := db.QueryRowContext(ctx, d.text, 1).Scan(&n); err != nil {
						b.Fatal(err)
					}
					took[i] = append(took[i], time.Since(began))
				}
			}
			for i, name := range names {
				slices.Sort(took[i])
				b.ReportMetric(float64(took[i][len(took[i])/2])/1000, name+"-µs")
			}
		})
	}
}
