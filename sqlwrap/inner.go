package sqlwrap

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/querybudget/querybudget/budget"
)

// Instrumentation that stands between the account and the driver hides the
// driver: database/sql can no longer see which interfaces it has, and errors are
// recorded with their texts, which drivers quote values in. So there is something
// of ours below it too:
//
//	conn -> Config.Inner's connection -> tapConn -> the driver's
//
// Calls go down that way. What database/sql wants to know of a connection, a
// statement or rows, conn asks the driver's own, which tapConn hands up. Errors
// pass as DriverError and are themselves again at the top.

// tapConnector is the connector that Config.Inner wraps.
type tapConnector struct {
	bare   driver.Connector
	handle *handle
}

func (c *tapConnector) Driver() driver.Driver { return c.bare.Driver() }

// Account returns the account's side of the handle.
func (c *tapConnector) Account() *budget.Database { return c.handle.database }

func (c *tapConnector) Connect(ctx context.Context) (driver.Conn, error) {
	bare, err := c.bare.Connect(ctx)
	if err != nil {
		return nil, c.handle.hide(err)
	}
	return &tapConn{bare: bare, handle: c.handle}, nil
}

func (c *tapConnector) Close() error {
	if closer, ok := c.bare.(io.Closer); ok {
		return c.handle.hide(closer.Close())
	}
	return nil
}

// errNoWayDown is what Connect answers if Config.Inner cannot be looked through.
var errNoWayDown = errors.New("sqlwrap: the connections of Config.Inner must have a method Raw() driver.Conn that returns the connection they wrap")

// findTap looks for the tap below an instrumentation's connection.
func findTap(c driver.Conn) (*tapConn, error) {
	for {
		if tap, ok := c.(*tapConn); ok {
			return tap, nil
		}
		w, ok := c.(interface{ Raw() driver.Conn })
		if !ok {
			return nil, errNoWayDown
		}
		c = w.Raw()
	}
}

// tapConn is a connection as Config.Inner sees it: one that has everything. That
// is no lie to database/sql, which asks conn.
type tapConn struct {
	bare   driver.Conn
	handle *handle
	// stmt and rows are the driver's own of the latest call.
	stmt driver.Stmt
	rows driver.Rows
}

// Raw returns the driver's connection.
func (c *tapConn) Raw() driver.Conn { return c.bare }

func (c *tapConn) Close() error { return c.handle.hide(c.bare.Close()) }

func (c *tapConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *tapConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

func (c *tapConn) Ping(ctx context.Context) error { return c.handle.hide(ping(ctx, c.bare)) }

func (c *tapConn) ResetSession(ctx context.Context) error {
	s, _ := c.bare.(driver.SessionResetter)
	return c.handle.hide(reset(ctx, s))
}

func (c *tapConn) CheckNamedValue(nv *driver.NamedValue) error {
	checks, _ := c.bare.(driver.NamedValueChecker)
	return checkValue(checks, nv)
}

func (c *tapConn) IsValid() bool {
	v, ok := c.bare.(driver.Validator)
	return !ok || v.IsValid()
}

func (c *tapConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	bare, err := prepare(ctx, c.bare, query)
	if err != nil {
		return nil, c.handle.hide(err)
	}
	c.stmt = bare
	return &tapStmt{bare, c}, nil
}

func (c *tapConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	bare, err := begin(ctx, c.bare, opts)
	if err != nil {
		return nil, c.handle.hide(err)
	}
	return tapTx{bare, c.handle}, nil
}

func (c *tapConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := execerOf(c.bare).ExecContext(ctx, query, args)
	return result, c.handle.hide(err)
}

func (c *tapConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.result(queryerOf(c.bare).QueryContext(ctx, query, args))
}

// result hands rows up.
func (c *tapConn) result(bare driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, c.handle.hide(err)
	}
	c.rows = bare
	return wrapTapRows(bare, c.handle), nil
}

// takeRows returns the driver's own rows of the latest call, takeStmt its
// statement: nil without a Config.Inner, and where that did not ask the driver but
// answered by itself.
func (c *tapConn) takeRows() (rows driver.Rows) {
	if c != nil {
		rows, c.rows = c.rows, nil
	}
	return rows
}

func (c *tapConn) takeStmt() (s driver.Stmt) {
	if c != nil {
		s, c.stmt = c.stmt, nil
	}
	return s
}

// tapStmt is a statement below Config.Inner.
type tapStmt struct {
	bare driver.Stmt
	conn *tapConn
}

func (s *tapStmt) NumInput() int { return s.bare.NumInput() }

func (s *tapStmt) Close() error { return s.conn.handle.hide(s.bare.Close()) }

func (s *tapStmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), namedValues(args))
}

func (s *tapStmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), namedValues(args))
}

func (s *tapStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := stmtExec(ctx, s.bare, args)
	return result, s.conn.handle.hide(err)
}

func (s *tapStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.result(stmtQuery(ctx, s.bare, args))
}

// tapRows are rows below Config.Inner, without what database/sql may ask of their
// columns: it is asked of the driver's own.
type tapRows struct {
	bare   driver.Rows
	handle *handle
}

func (r *tapRows) Columns() []string { return r.bare.Columns() }

func (r *tapRows) Next(dest []driver.Value) error { return r.handle.hide(r.bare.Next(dest)) }

func (r *tapRows) Close() error { return r.handle.hide(r.bare.Close()) }

func (r *tapRows) HasNextResultSet() bool {
	next, ok := r.bare.(driver.RowsNextResultSet)
	return ok && next.HasNextResultSet()
}

func (r *tapRows) NextResultSet() error {
	next, ok := r.bare.(driver.RowsNextResultSet)
	if !ok {
		return io.EOF
	}
	return r.handle.hide(next.NextResultSet())
}

type tapTx struct {
	bare   driver.Tx
	handle *handle
}

func (t tapTx) Commit() error { return t.handle.hide(t.bare.Commit()) }

func (t tapTx) Rollback() error { return t.handle.hide(t.bare.Rollback()) }

// DriverError is what instrumentation below the account sees of a driver's error,
// unless [Config.ErrorText] is set: its type and its SQLSTATE. Drivers quote
// values in the text. The error itself can be unwrapped; the application gets it
// as the driver returned it.
type DriverError struct{ err error }

// Error names the type, and the SQLSTATE if the driver's error tells it.
func (e DriverError) Error() string {
	if code := e.SQLState(); code != "" {
		return e.ErrorType() + " (SQLSTATE " + code + ")"
	}
	return e.ErrorType()
}

// ErrorType is the type of the driver's error: "*pgconn.PgError".
func (e DriverError) ErrorType() string { return fmt.Sprintf("%T", e.err) }

// SQLState is the five letters in which databases say what went wrong, empty if the
// driver's error has no method of that name.
func (e DriverError) SQLState() string {
	var s interface{ SQLState() string }
	if errors.As(e.err, &s) {
		return s.SQLState()
	}
	return ""
}

// Unwrap returns the driver's error.
func (e DriverError) Unwrap() error { return e.err }

// hide makes a DriverError of an error. Those with a fixed text, which mean something
// to whoever is above, stay what they are.
func (h *handle) hide(err error) error {
	switch err { //nolint:errorlint // they are passed on as they are
	case nil, io.EOF, driver.ErrSkip, driver.ErrBadConn, driver.ErrRemoveArgument, context.Canceled, context.DeadlineExceeded:
		return err
	}
	if h.errorText {
		return err
	}
	return DriverError{err}
}

// show is the reverse of hide.
func show(err error) error {
	if hidden, ok := err.(DriverError); ok { //nolint:errorlint // not one that somebody wrapped
		return hidden.err
	}
	return err
}
