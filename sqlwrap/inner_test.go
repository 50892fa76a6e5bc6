package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// watched is an instrumentation below the account: it takes note of what it finds
// in contexts, and of the errors that pass.
type watched struct {
	driver.Connector
	seen *[]string
	errs *[]error
	raw  bool // whether its connections can be looked through
}

func (w watched) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.Connector.Connect(ctx)
	if err != nil || !w.raw {
		return struct{ driver.Conn }{c}, err
	}
	return watchedConn{c, w}, nil
}

type watchedConn struct {
	driver.Conn
	w watched
}

func (c watchedConn) Raw() driver.Conn { return c.Conn }

func (c watchedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	r := budget.RunningQueryFromContext(ctx)
	*c.w.seen = append(*c.w.seen, fmt.Sprintf("%s position %d repetition %d at %s", r.Statement().Summary, r.Position(), r.Duplicate(), r.CallSite().Function))
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
	*c.w.errs = append(*c.w.errs, err)
	return rows, err
}

type innerDriver struct{ fails bool }

type sqlStateError struct{}

func (sqlStateError) Error() string    { return "the value secret" }
func (sqlStateError) SQLState() string { return "23505" }

func (d innerDriver) Connect(context.Context) (driver.Conn, error) { return innerConn{d}, nil }
func (d innerDriver) Driver() driver.Driver                        { return nil }

type innerConn struct{ d innerDriver }

func (innerConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (innerConn) Close() error                        { return nil }
func (innerConn) Begin() (driver.Tx, error)           { return nil, errors.New("not here") }
func (c innerConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	if c.d.fails {
		return nil, sqlStateError{}
	}
	return &brokenRows{}, nil
}

// brokenRows end with an error after the first of them.
type brokenRows struct{ read int }

func (*brokenRows) Columns() []string                     { return []string{"id"} }
func (*brokenRows) Close() error                          { return nil }
func (*brokenRows) ColumnTypeDatabaseTypeName(int) string { return "INTEGER" }
func (r *brokenRows) Next(dest []driver.Value) error {
	if r.read++; r.read > 1 {
		return sqlStateError{}
	}
	dest[0] = int64(1)
	return nil
}

func TestInner(t *testing.T) {
	var seen []string
	var errs []error
	inner := func(c driver.Connector) driver.Connector { return watched{c, &seen, &errs, true} }
	db := sql.OpenDB(sqlwrap.Config{Inner: inner}.Connector(innerDriver{}))
	defer db.Close() //nolint:errcheck // a test
	ctx, _ := budget.NewContext(t.Context())
	for _, ctx := range []context.Context{ctx, ctx, t.Context()} {
		rows, err := db.QueryContext(ctx, "SELECT id FROM books WHERE id = ?", 1)
		if err != nil {
			t.Fatal(err)
		}
		if types, err := rows.ColumnTypes(); err != nil || len(types) != 1 || types[0].DatabaseTypeName() != "INTEGER" {
			t.Errorf("columns of %v, error %v", types, err)
		}
		for rows.Next() {
		}
		if err := rows.Err(); err != (sqlStateError{}) { //nolint:errorlint // the very one
			t.Errorf("rows end with %v", err)
		}
		_ = rows.Close()
	}
	const at = " at github.com/querybudget/querybudget/sqlwrap_test.TestInner"
	want := []string{"SELECT books position 1 repetition 0" + at, "SELECT books position 2 repetition 1" + at, "SELECT books position 0 repetition 0 at github.com/querybudget/querybudget/sqlwrap_test.watchedConn.QueryContext"}
	if strings.Join(seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(seen, "\n"))
	}

	failing := sql.OpenDB(sqlwrap.Config{Inner: inner}.Connector(innerDriver{fails: true}))
	defer failing.Close() //nolint:errcheck // a test
	_, err := failing.QueryContext(ctx, "SELECT id FROM books")
	if err != (sqlStateError{}) { //nolint:errorlint // the very one
		t.Errorf("the application got %v", err)
	}
	var hidden sqlwrap.DriverError
	if last := errs[len(errs)-1]; !errors.As(last, &hidden) || last.Error() != "sqlwrap_test.sqlStateError (SQLSTATE 23505)" || !errors.Is(last, sqlStateError{}) {
		t.Errorf("below the account: %v", last)
	}
}

// An instrumentation that answers by itself, as a cache does, gives its own rows.
func TestInnerThatAnswers(t *testing.T) {
	inner := func(c driver.Connector) driver.Connector { return answering{c} }
	db := sql.OpenDB(sqlwrap.Config{Inner: inner}.Connector(innerDriver{}))
	defer db.Close() //nolint:errcheck // a test
	ctx, r := budget.NewContext(t.Context())
	rows, err := db.QueryContext(ctx, "SELECT id FROM books")
	if err != nil {
		t.Fatal(err)
	}
	columns, err := rows.Columns()
	if err != nil || len(columns) != 1 || !rows.Next() || rows.Next() {
		t.Errorf("got %v, %v", columns, err)
	}
	if err := errors.Join(rows.Err(), rows.Close()); !errors.Is(err, sqlStateError{}) {
		t.Errorf("got %v", err)
	}
	if n := r.Totals().Queries; n != 1 {
		t.Errorf("%d queries", n)
	}
}

type answering struct{ driver.Connector }

func (a answering) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := a.Connector.Connect(ctx)
	return answeringConn{c}, err
}

type answeringConn struct{ driver.Conn }

func (c answeringConn) Raw() driver.Conn { return c.Conn }

func (answeringConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &brokenRows{}, nil
}

// One that only prepares, below an account that offers what the driver has: as if the
// driver had declined, database/sql prepares.
func TestInnerThatOnlyPrepares(t *testing.T) {
	inner := func(c driver.Connector) driver.Connector { return preparing{c} }
	db := sql.OpenDB(sqlwrap.Config{Inner: inner}.Connector(innerDriver{}))
	defer db.Close() //nolint:errcheck // a test
	ctx, r := budget.NewContext(t.Context())
	_, err := db.QueryContext(ctx, "SELECT id FROM books")
	if err == nil || err.Error() != "not here" {
		t.Errorf("got %v, want the error of innerConn.Prepare", err)
	}
	if got := r.Totals(); got.Queries != 1 || got.Prepares != 1 || got.Errors != 1 {
		t.Errorf("counted %+v", got)
	}
}

type preparing struct{ driver.Connector }

func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	return preparingConn{c}, err
}

type preparingConn struct{ driver.Conn }

func (c preparingConn) Raw() driver.Conn { return c.Conn }

func TestBadInner(t *testing.T) {
	blind := func(c driver.Connector) driver.Connector { return watched{c, nil, nil, false} }
	db := sql.OpenDB(sqlwrap.Config{Inner: blind}.Connector(innerDriver{}))
	defer db.Close() //nolint:errcheck // a test
	if err := db.PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "Raw() driver.Conn") {
		t.Errorf("got %v", err)
	}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "sqlwrap: Config.Inner") {
			t.Errorf("got %q", p)
		}
	}()
	sqlwrap.Config{Inner: func(driver.Connector) driver.Connector { return nil }}.Connector(innerDriver{})
}

// Nothing runs in a context that comes from nowhere.
func TestNothingRunning(t *testing.T) {
	r := budget.RunningQueryFromContext(t.Context())
	if r.Statement() != nil || r.Database() != nil || r.Position() != 0 || r.Duplicate() != 0 || !r.CallSite().IsZero() {
		t.Errorf("got %+v", r)
	}
	var x budget.Execution
	if x.Context(t.Context()) != t.Context() {
		t.Error("an execution that records nothing changes its context")
	}
}
