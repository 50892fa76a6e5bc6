package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"runtime"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// leaving is a driver that leaves one of its methods in another way than by returning.
type leaving struct {
	in    string
	leave func()
}

func (l *leaving) call(method string) {
	if method == l.in {
		l.leave()
	}
}

func (l *leaving) Connect(context.Context) (driver.Conn, error) {
	l.call("Connect")
	return leavingConn{l}, nil
}
func (l *leaving) Driver() driver.Driver { return nil }

type leavingConn struct{ *leaving }

func (c leavingConn) Close() error { return nil }

func (c leavingConn) Prepare(string) (driver.Stmt, error) {
	c.call("Prepare")
	return leavingStmt(c), nil
}

func (c leavingConn) Begin() (driver.Tx, error) {
	c.call("Begin")
	return leavingTx(c), nil
}

func (c leavingConn) ExecContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Result, error) {
	if text == "DECLINED" {
		return nil, driver.ErrSkip
	}
	c.call("Conn.Exec")
	return leavingResult(c), nil
}

func (c leavingConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	c.call("Conn.Query")
	return leavingRows(c), nil
}

type leavingResult struct{ *leaving }

func (leavingResult) LastInsertId() (int64, error) { return 0, nil }

func (r leavingResult) RowsAffected() (int64, error) {
	r.call("RowsAffected")
	return 1, nil
}

type leavingTx struct{ *leaving }

func (t leavingTx) Commit() error {
	t.call("Commit")
	return nil
}

func (t leavingTx) Rollback() error {
	t.call("Rollback")
	return nil
}

type leavingStmt struct{ *leaving }

func (s leavingStmt) NumInput() int { return -1 }

func (s leavingStmt) Close() error {
	s.call("Stmt.Close")
	return nil
}

func (s leavingStmt) Exec([]driver.Value) (driver.Result, error) {
	s.call("Stmt.Exec")
	return leavingResult(s), nil
}

func (s leavingStmt) Query([]driver.Value) (driver.Rows, error) {
	s.call("Stmt.Query")
	return leavingRows(s), nil
}

type leavingRows struct{ *leaving }

func (leavingRows) Columns() []string { return []string{"id"} }

func (r leavingRows) Close() error {
	r.call("Rows.Close")
	return nil
}

func (r leavingRows) Next(dest []driver.Value) error {
	r.call("Next")
	dest[0] = int64(1)
	return nil
}
func (leavingRows) HasNextResultSet() bool { return true }

func (r leavingRows) NextResultSet() error {
	r.call("NextResultSet")
	return nil
}

// use makes each call of database/sql that reaches the driver.
func use(ctx context.Context, db *sql.DB) {
	_, _ = db.ExecContext(ctx, "UPDATE a SET b = 1")
	read(db.QueryContext(ctx, "SELECT id FROM a"))
	_, _ = db.ExecContext(ctx, "DECLINED")
	for _, text := range []string{"SELECT id FROM b", "COPY b FROM STDIN"} {
		copying(ctx, db, text)
	}
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		tx, _ := db.BeginTx(ctx, nil)
		_ = end(tx)
	}
}

func read(rows *sql.Rows, _ error) {
	defer rows.Close() //nolint:errcheck // a test
	rows.Next()
	rows.NextResultSet()
}

func copying(ctx context.Context, db *sql.DB, text string) {
	s, _ := db.PrepareContext(ctx, text)
	defer s.Close() //nolint:errcheck // a test
	read(s.QueryContext(ctx))
	_, _ = s.ExecContext(ctx, 1)
}

// A driver call that panics, or ends its goroutine, has failed for the account, and the
// application sees what it would see without a wrapper.
func TestCallThatNeverReturns(t *testing.T) {
	for _, method := range []string{
		"Connect", "Prepare", "Begin", "Conn.Exec", "Conn.Query", "Commit", "Rollback",
		"Stmt.Exec", "Stmt.Query", "Stmt.Close", "Rows.Close", "Next", "NextResultSet",
	} {
		for name, leave := range map[string]func(){"panic": func() { panic("the driver's own") }, "Goexit": runtime.Goexit} {
			ctx, r := budget.NewContext(t.Context())
			db := sql.OpenDB(sqlwrap.Connector(&leaving{method, leave}))
			returned, value := outcome(func() { use(ctx, db) })
			if returned || name == "panic" && value != "the driver's own" || name == "Goexit" && value != nil {
				t.Errorf("%s, %s: returned %v, recovered %v", method, name, returned, value)
			}
			got := r.Report()
			if got.Totals.Running != 0 || got.Totals.OpenRows != 0 {
				t.Errorf("%s, %s: left in the account: %+v", method, name, got.Totals)
			}
			if got.Totals.Errors != 1 && method != "Stmt.Close" { // nothing was copied there
				t.Errorf("%s, %s: %d errors", method, name, got.Totals.Errors)
			}
			if n := len(got.Queries); n > 0 {
				if q := got.Queries[n-1]; q.Failed != "" && q.Failed != "sqlwrap.panicOrGoexit" {
					t.Errorf("%s, %s: failed with %s", method, name, q.Failed)
				}
			}
		}
	}
}

// outcome runs f in a goroutine of its own.
func outcome(f func()) (returned bool, panicked any) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		f()
		returned = true
	}()
	<-done
	return returned, panicked
}

// A query that nobody records is counted on its handle, with its failure.
func TestUnattributedCallThatNeverReturns(t *testing.T) {
	for _, method := range []string{"Conn.Exec", "Conn.Query", "Stmt.Query"} {
		l := &leaving{method, runtime.Goexit}
		db := sql.OpenDB(sqlwrap.Connector(l))
		_, _ = outcome(func() { use(t.Context(), db) })
		l.in = ""
		account, err := sqlwrap.Database(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		if got := account.Unattributed(); got.Errors != 1 {
			t.Errorf("%s: %+v", method, got)
		}
	}
}

// The account asks a result for its rows where the application did not: that nothing
// comes of it is not for the application to see.
func TestResultThatPanics(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	db := sql.OpenDB(sqlwrap.Connector(&leaving{"RowsAffected", func() { panic("not here") }}))
	if _, err := db.ExecContext(ctx, "UPDATE a SET b = 1"); err != nil {
		t.Fatal(err)
	}
	if got := r.Totals(); got.Queries != 1 || got.Errors != 0 || got.RowsAffected != 0 {
		t.Errorf("got %+v", got)
	}
}

// Rows that are read on after a panic count what they gave.
func TestRowsAfterPanic(t *testing.T) {
	l := &leaving{}
	db := sql.OpenDB(sqlwrap.Connector(l))
	ctx, r := budget.NewContext(t.Context())
	rows, err := db.QueryContext(ctx, "SELECT id FROM a")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	l.in, l.leave = "Next", func() { panic("once") }
	_, _ = outcome(func() { rows.Next() })
	l.in = ""
	rows.Next()
	_ = rows.Close()
	if got := r.Report(); got.Totals.Rows != 2 || got.Totals.Errors != 1 || got.Queries[0].Failed != "sqlwrap.panicOrGoexit" {
		t.Errorf("got %+v", got.Totals)
	}
}
