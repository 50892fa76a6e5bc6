package corpus

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/explain"
)

// The table is the one that the handle's statements see: never another schema's of the same
// name.
func TestPlansOfTheRightSchema(t *testing.T) {
	whole, indexed := openPlans(t, "postgres"), openPlans(t, "postgres")
	execute(t, indexed, "CREATE INDEX ON books (author_id)")
	schema := ask(t, indexed, "SELECT current_schema()")
	const query = "SELECT title FROM books WHERE author_id = $1"
	for _, test := range []struct {
		db    *sql.DB
		query string
		want  explain.Verdict
	}{
		{whole, query, explain.NotIndexed},
		{indexed, query, explain.Indexed},
		{whole, strings.Replace(query, "books", schema+".books", 1), explain.Indexed},
	} {
		if got := verdictOf(t, explain.SQL(test.db), test.query); got.Verdict != test.want {
			t.Errorf("%s: %s, want %s", test.query, describe(got), test.want)
		}
	}
	// Of a unit that changes it, another connection does not know.
	for _, change := range []string{"SET search_path TO " + schema, "SELECT set_config('search_path', '" + schema + "', false)"} {
		whole.SetMaxIdleConns(0)
		whole.SetMaxIdleConns(2)
		failure, report := runIndexed(t, budgettest.Want{Indexed: explain.SQL(whole)}, func(ctx context.Context) {
			c, err := whole.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			execute(t, unitConn{c, ctx}, change)
			var title string
			_ = c.QueryRowContext(ctx, query, 1).Scan(&title)
		})
		if !strings.Contains(failure, "nothing is known of the plans") {
			t.Errorf("%s: %q, found %v", change, failure, report.Findings)
		}
	}
}

// unitConn sends with the context of a unit.
type unitConn struct {
	*sql.Conn
	ctx context.Context
}

func (c unitConn) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return c.Conn.ExecContext(c.ctx, query, args...)
}

// PostgreSQL executes functions while it plans. What takes long is ended, and what they leave
// in the session, locks and settings, dies with it.
func TestPlansEndWithTheirSession(t *testing.T) {
	db := openPlans(t, "postgres")
	execute(t, db, `CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_sleep(60); RETURN 1; END'`,
		`CREATE FUNCTION leave(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
		'BEGIN PERFORM pg_advisory_lock(47120815); PERFORM set_config(''work_mem'', ''7777kB'', false); RETURN 1; END'`)
	o := explain.Options{Timeout: 200 * time.Millisecond}
	if _, err := o.Plan(t.Context(), explain.SQL(db), "SELECT * FROM books WHERE id = slow(1)"); err == nil || !strings.Contains(err.Error(), "57014") {
		t.Errorf("%v, want a statement timeout", err)
	}
	if got := verdictOf(t, explain.SQL(db), "SELECT * FROM books WHERE id = leave(1)"); got.Verdict != explain.Indexed {
		t.Errorf("%s", describe(got))
	}
	for range 100 { // the server's process takes a moment to end
		if ask(t, db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 47120815") == "0" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for query, want := range map[string]string{
		"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 47120815":                                                   "0",
		"SELECT count(*) FROM pg_settings WHERE name = 'work_mem' AND setting = '7777'":                                                    "0",
		"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%leave(1)%' AND pid <> pg_backend_pid() AND datname = current_database()": "0",
	} {
		if got := ask(t, db, query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
