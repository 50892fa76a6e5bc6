package corpus

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/sqlwrap"
)

// eachPlans runs a test on the bookshop of each system.
func eachPlans(t *testing.T, test func(t *testing.T, system string, db *sql.DB)) {
	for _, system := range Systems {
		t.Run(system, func(t *testing.T) { test(t, system, openPlans(t, system)) })
	}
}

func verdictOf(t *testing.T, p explain.Planner, query string, args ...any) *explain.Result {
	t.Helper()
	r, err := explain.Plan(t.Context(), p, query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func execute(t *testing.T, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func ask(t *testing.T, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, query string) (value string) {
	t.Helper()
	if err := db.QueryRowContext(budget.Without(t.Context()), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// Plans count neither in the unit whose context they have nor on the handle.
func TestPlansAreNotCounted(t *testing.T) {
	eachPlans(t, func(t *testing.T, _ string, db *sql.DB) {
		account, err := sqlwrap.Database(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		before := account.Unattributed()
		ctx, unit := budget.NewContext(t.Context())
		if _, err := explain.Plan(ctx, explain.SQL(db), "SELECT * FROM books WHERE author_id = 1"); err != nil {
			t.Fatal(err)
		}
		if got := unit.Report().Totals; got.Queries != 0 || got.Prepares != 0 || got.Transactions != 0 || got.Connects != 0 {
			t.Errorf("counted in the unit: %+v", got)
		}
		err = explain.SQL(db).Session(ctx, func(run func(context.Context, string, ...any) ([]string, [][]any, error)) error {
			_, _, err := run(ctx, "SELECT id FROM books WHERE id = 1")
			return err
		})
		if got := unit.Report().Totals; err != nil || got.Queries != 0 {
			t.Errorf("%v; what a session sends is counted: %+v", err, got)
		}
		if after := account.Unattributed(); after.Queries != before.Queries {
			t.Errorf("counted on the handle: %+v, before %+v", after, before)
		}
	})
}

// The connection is closed: what the session of the plan had, nobody gets.
func TestPlansCloseTheirConnection(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		db.SetMaxIdleConns(0)
		db.SetMaxIdleConns(5)
		open := db.Stats().OpenConnections
		verdictOf(t, explain.SQL(db), "SELECT * FROM books WHERE author_id = 1")
		if got := db.Stats(); got.OpenConnections != open || got.Idle != open {
			t.Errorf("%d connections are open and %d idle, %d before", got.OpenConnections, got.Idle, open)
		}
		if got := verdictOf(t, explain.SQL(db), "SELECT * FROM books WHERE editor_id = 1"); got.Verdict != explain.Indexed {
			t.Errorf("the next plan: %s", got.Verdict)
		}
	})
}

// The only connection of a pool is the application's, with all that it keeps there.
func TestPlansKeepTheOnlyConnection(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		db.SetMaxOpenConns(1)
		execute(t, db, "CREATE TEMPORARY TABLE notes (id int, author_id int)")
		if system == "postgres" {
			execute(t, db, "SET statement_timeout = '7s'", "SELECT pg_advisory_lock(4711)")
		}
		r := verdictOf(t, explain.SQL(db), rebind(system, "SELECT * FROM notes WHERE author_id = ?"))
		want := explain.NotIndexed
		if system == "mysql" {
			want = explain.Unknown // no catalogue has them
		}
		if r.Verdict != want {
			t.Errorf("of a temporary table: %s, want %s", r.Verdict, want)
		}
		if got := ask(t, db, "SELECT count(*) FROM notes"); got != "0" {
			t.Errorf("%s rows in the temporary table", got)
		}
		if system == "postgres" {
			for query, want := range map[string]string{
				"SHOW statement_timeout": "7s", "SHOW enable_seqscan": "on", "SHOW plan_cache_mode": "auto", "SHOW transaction_read_only": "off",
				"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()": "1",
				"SELECT count(*) FROM pg_prepared_statements WHERE name = 'querybudget_explain'":       "0",
			} {
				if got := ask(t, db, query); got != want {
					t.Errorf("%s: %s, want %s", query, got, want)
				}
			}
		}
	})
}

// What nobody can ask for lives there too: the variables of MariaDB.
func TestPlansKeepVariables(t *testing.T) {
	db := openPlans(t, "mysql")
	db.SetMaxOpenConns(1)
	execute(t, db, "SET @mark = 7")
	verdictOf(t, explain.SQL(db), "SELECT * FROM books WHERE author_id = ?")
	if got := ask(t, db, "SELECT @mark"); got != "7" {
		t.Errorf("the variable is %q", got)
	}
}

// What lives in a connection survives, also where the pool may have more of them.
func TestPlansKeepWhatLivesInAConnection(t *testing.T) {
	db, err := sqlwrap.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	execute(t, db, append(planSchema["sqlite"], planRows...)...)
	for range 3 {
		if got := verdictOf(t, explain.SQL(db), "SELECT * FROM books WHERE author_id = ?"); got.Verdict != explain.NotIndexed {
			t.Errorf("%s, want not indexed", got.Verdict)
		}
	}
	if got := ask(t, db, "SELECT count(*) FROM books"); got != "3" {
		t.Errorf("%s rows left", got)
	}
	for _, system := range Systems {
		t.Run(system, func(t *testing.T) {
			db := openPlans(t, system)
			db.SetMaxIdleConns(0)
			db.SetMaxIdleConns(1) // one, that everybody gets
			execute(t, db, "CREATE TEMPORARY TABLE notes (id int)")
			verdictOf(t, explain.SQL(db), "SELECT * FROM books WHERE author_id = 1")
			if got := ask(t, db, "SELECT count(*) FROM notes"); got != "0" {
				t.Errorf("%s rows in the temporary table", got)
			}
		})
	}
}

// In a test's transaction the plan is made there, and the transaction goes on.
func TestPlansInATransaction(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		execute(t, tx, "INSERT INTO authors (id, name) VALUES (9, 'nine')")
		if system != "mysql" { // there a definition commits
			execute(t, tx, "CREATE INDEX books_author ON books (author_id)")
		}
		want := map[string]explain.Verdict{"mysql": explain.NotIndexed}[system]
		if want == "" {
			want = explain.Indexed
		}
		if got := verdictOf(t, explain.Tx(tx), rebind(system, "SELECT * FROM books WHERE author_id = ?")); got.Verdict != want {
			t.Errorf("%s, want %s", got.Verdict, want)
		}
		if _, err := explain.Plan(t.Context(), explain.Tx(tx), "SELECT * FROM nowhere"); err == nil {
			t.Error("no error of a table that is not there")
		}
		if got := ask(t, tx, "SELECT count(*) FROM authors"); got != "4" {
			t.Errorf("%s authors, want 4", got)
		}
		execute(t, tx, "INSERT INTO authors (id, name) VALUES (10, 'ten')")
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	})
}

// An index that is not committed is unknown to others: that there is none would be a
// false verdict.
func TestPlansOfUncommittedSchema(t *testing.T) {
	db := openPlans(t, "postgres")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	execute(t, tx, "CREATE INDEX books_author ON books (author_id)")
	const query = "SELECT * FROM books WHERE author_id = $1"
	if got := verdictOf(t, explain.SQL(db), query); got.Verdict != explain.Unknown || !strings.Contains(got.Tables[0].Reason, "explain.Tx") {
		t.Errorf("beside an open transaction: %s", describe(got))
	}
	_ = tx.Rollback()
	if got := verdictOf(t, explain.SQL(db), query); got.Verdict != explain.NotIndexed {
		t.Errorf("after it: %s", describe(got))
	}
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	execute(t, other, "CREATE TEMPORARY TABLE books (id int, author_id int UNIQUE)")
	if got := verdictOf(t, explain.SQL(db), query); got.Verdict != explain.Unknown {
		t.Errorf("beside a temporary table: %s", describe(got))
	}
}

// SQLite has one writer: where it is another connection, nobody knows what it made.
func TestPlansBesideAnotherWriter(t *testing.T) {
	db := openPlans(t, "sqlite")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	execute(t, tx, "CREATE INDEX books_author ON books (author_id)")
	o, query := explain.Options{TryIndexes: true}, "SELECT * FROM books WHERE author_id = ?"
	got, err := o.Plan(t.Context(), explain.SQL(db), query)
	if err != nil || got.Verdict != explain.Unknown || !strings.Contains(got.Tables[0].Reason, "explain.Tx") {
		t.Errorf("beside it: %v, %s", err, describe(got))
	}
	_ = tx.Rollback()
	if got, err = o.Plan(t.Context(), explain.SQL(db), query); err != nil || got.Verdict != explain.NotIndexed {
		t.Errorf("after it: %v, %s", err, describe(got))
	}
	db.SetMaxOpenConns(1)
	before := ask(t, db, "PRAGMA busy_timeout")
	if _, err := o.Plan(t.Context(), explain.SQL(db), query); err != nil {
		t.Fatal(err)
	}
	if after := ask(t, db, "PRAGMA busy_timeout"); after != before {
		t.Errorf("busy_timeout is %s, and was %s", after, before)
	}
}

// A pool whose connections are all in use is not waited for.
func TestPlansDoNotWaitForThePool(t *testing.T) {
	eachPlans(t, func(t *testing.T, _ string, db *sql.DB) {
		db.SetMaxOpenConns(1)
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = explain.Plan(t.Context(), explain.SQL(db), "SELECT * FROM books")
		if err == nil || !strings.Contains(err.Error(), "no connection of the pool was free") {
			t.Errorf("%v", err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A table that is locked is not waited for, and its lock does not depend on us.
func TestPlansDoNotWaitForLocks(t *testing.T) {
	db := openPlans(t, "postgres")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	execute(t, tx, "LOCK TABLE books IN ACCESS EXCLUSIVE MODE")
	if _, err := explain.Plan(t.Context(), explain.SQL(db), "SELECT * FROM books"); err == nil || !strings.Contains(err.Error(), "55P03") {
		t.Errorf("%v, want a lock timeout", err)
	}
}

// Nor is one that is locked on MariaDB.
func TestPlansDoNotWaitForTableLocks(t *testing.T) {
	db := openPlans(t, "mysql")
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	execute(t, c, "LOCK TABLES books WRITE")
	for _, query := range []string{"SELECT * FROM books", "SELECT * FROM books WHERE id = ?"} {
		// Which of the two limits of a second ends it, the statement's or the lock's, is the server's.
		_, err := explain.Plan(t.Context(), explain.SQL(db), query)
		if err == nil || !strings.Contains(err.Error(), "max_statement_time exceeded") && !strings.Contains(err.Error(), "Lock wait timeout exceeded") {
			t.Errorf("%s: %v, want an end of the wait", query, err)
		}
	}
	execute(t, c, "UNLOCK TABLES")
}

// What the database says of a statement may quote its literals.
func TestErrorsAreMasked(t *testing.T) {
	db := openPlans(t, "postgres")
	_, err := explain.Plan(t.Context(), explain.SQL(db), "SELECT * FROM books WHERE author_id = 'secret'")
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

// Nothing is executed, and what PostgreSQL executes while it plans writes nothing.
func TestPlansExecuteNothing(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		for _, query := range []string{
			"DELETE FROM books WHERE id > 0", "UPDATE books SET price = 0 WHERE id > 0",
			"INSERT INTO authors (id, name) SELECT id + 100, 'x' FROM books",
		} {
			if _, err := explain.Plan(t.Context(), explain.SQL(db), query); err != nil {
				t.Errorf("%s: %v", query, err)
			}
		}
		if got := ask(t, db, "SELECT sum(price) FROM books"); got != "45" {
			t.Errorf("the sum of prices is %s, want 45", got)
		}
		if got := ask(t, db, "SELECT count(*) FROM authors"); got != "3" {
			t.Errorf("%s authors, want 3", got)
		}
		if system == "postgres" {
			execute(t, db, `CREATE FUNCTION clear() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN DELETE FROM books; RETURN 1; END'`,
				`CREATE FUNCTION sneaky(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN clear(); END'`)
			if _, err := explain.Plan(t.Context(), explain.SQL(db), "SELECT * FROM books WHERE id = sneaky(1)"); err == nil || !strings.Contains(err.Error(), "read-only") {
				t.Errorf("%v, want a read-only transaction", err)
			}
			if got := ask(t, db, "SELECT count(*) FROM books"); got != "3" {
				t.Errorf("%s books, want 3", got)
			}
		}
	})
}

// Analyze executes reads below a ceiling, with the values that they need.
func TestAnalyze(t *testing.T) {
	db := openPlans(t, "postgres")
	planner := explain.SQL(db)
	const query = "SELECT * FROM books WHERE author_id = $1"
	r, err := explain.Options{Analyze: true}.Plan(t.Context(), planner, query, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Nodes[0]; n.ActualRows != 2 || n.Removed != 1 {
		t.Errorf("%v rows and %v dropped, want 2 and 1", n.ActualRows, n.Removed)
	}
	_, err = explain.Options{Analyze: true, MaxCost: 0.5}.Plan(t.Context(), planner, query, 1)
	if !errors.Is(err, explain.ErrRefused) || !strings.Contains(err.Error(), "ceiling") {
		t.Errorf("above the ceiling: %v", err)
	}
	if _, err := (explain.Options{Analyze: true}).Plan(t.Context(), planner, query); !errors.Is(err, explain.ErrRefused) {
		t.Errorf("without arguments: %v", err)
	}
}

// No literal of the text and no argument shows, unless somebody opted in.
func TestPlansAreMasked(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		for query, args := range map[string][]any{
			"SELECT * FROM books WHERE title = 'secret' AND price > 47112": nil,
			rebind(system, "SELECT * FROM books WHERE title = ?"):          {"secret"},
			"SELECT * FROM books WHERE lower(title) IN ('secret', 'x')":    nil,
		} {
			r := verdictOf(t, explain.SQL(db), query, args...)
			all := r.Text + describe(r)
			for _, n := range r.Nodes {
				all += n.Filter + n.Condition
			}
			for _, s := range r.Signs {
				all += s.Text
			}
			if strings.Contains(all, "secret") || strings.Contains(all, "47112") {
				t.Errorf("%s: %s", query, all)
			}
			shown, err := explain.Options{Values: true}.Plan(t.Context(), explain.SQL(db), query, args...)
			if err != nil || system != "sqlite" && !strings.Contains(shown.Text, "secret") {
				t.Errorf("%s: with values: %v\n%s", query, err, shown.Text)
			}
		}
	})
}
