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
//	conn -> Config.Inner's connection -> lowerConn -> the driver's
//
// Calls go down that way. What database/sql wants to know of a connection, a
// statement or rows, conn asks the driver's own, which lowerConn hands up. Errors
// pass as DriverError and are themselves again at the top.

// lowerConnector is the connector that Config.Inner wraps.
type lowerConnector struct {
	bare   driver.Connector
	handle *handle
}

func (c *lowerConnector) Driver() driver.Driver { return c.bare.Driver() }

// Account returns the account's side of the handle.
func (c *lowerConnector) Account() *budget.Database { return c.handle.database }

func (c *lowerConnector) Connect(ctx context.Context) (driver.Conn, error) {
	bare, err := c.bare.Connect(ctx)
	if err != nil {
		return nil, c.handle.redact(err)
	}
	return &lowerConn{bare: bare, handle: c.handle}, nil
}

func (c *lowerConnector) Close() error {
	if closer, ok := c.bare.(io.Closer); ok {
		return c.handle.redact(closer.Close())
	}
	return nil
}

// errNoWayDown is what Connect answers if Config.Inner cannot be looked through.
var errNoWayDown = errors.New(
	"sqlwrap: the connections of Config.Inner must have a method Raw() driver.Conn that returns the connection they wrap",
)

// findLower looks for the lowerConn below an instrumentation's connection.
func findLower(c driver.Conn) (*lowerConn, error) {
	for {
		if lower, ok := c.(*lowerConn); ok {
			return lower, nil
		}
		w, ok := c.(interface{ Raw() driver.Conn })
		if !ok {
			return nil, errNoWayDown
		}
		c = w.Raw()
	}
}

// lowerConn is a connection as Config.Inner sees it: one that has everything. That
// is no lie to database/sql, which asks conn.
type lowerConn struct {
	bare   driver.Conn
	handle *handle
	// stmt and rows are the driver's own of the latest call.
	stmt driver.Stmt
	rows driver.Rows
}

// Raw returns the driver's connection.
func (c *lowerConn) Raw() driver.Conn { return c.bare }

func (c *lowerConn) Close() error { return c.handle.redact(c.bare.Close()) }

func (c *lowerConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *lowerConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

func (c *lowerConn) Ping(ctx context.Context) error { return c.handle.redact(ping(ctx, c.bare)) }

func (c *lowerConn) ResetSession(ctx context.Context) error {
	s, _ := c.bare.(driver.SessionResetter)
	return c.handle.redact(reset(ctx, s))
}

func (c *lowerConn) CheckNamedValue(nv *driver.NamedValue) error {
	checks, _ := c.bare.(driver.NamedValueChecker)
	return checkValue(checks, nv)
}

func (c *lowerConn) IsValid() bool {
	v, ok := c.bare.(driver.Validator)
	return !ok || v.IsValid()
}

func (c *lowerConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	bare, err := prepare(ctx, c.bare, query)
	if err != nil {
		return nil, c.handle.redact(err)
	}
	c.stmt = bare
	return &lowerStmt{bare, c}, nil
}

func (c *lowerConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	bare, err := begin(ctx, c.bare, opts)
	if err != nil {
		return nil, c.handle.redact(err)
	}
	return lowerTx{bare, c.handle}, nil
}

func (c *lowerConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := execerOf(c.bare).ExecContext(ctx, query, args)
	return result, c.handle.redact(err)
}

func (c *lowerConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.result(queryerOf(c.bare).QueryContext(ctx, query, args))
}

// result hands rows up.
func (c *lowerConn) result(bare driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, c.handle.redact(err)
	}
	c.rows = bare
	return wrapLowerRows(bare, c.handle), nil
}

// takeRows returns the driver's own rows of the latest call, takeStmt its
// statement: nil without a Config.Inner, and where that did not ask the driver but
// answered by itself.
func (c *lowerConn) takeRows() (rows driver.Rows) {
	if c != nil {
		rows, c.rows = c.rows, nil
	}
	return rows
}

func (c *lowerConn) takeStmt() (s driver.Stmt) {
	if c != nil {
		s, c.stmt = c.stmt, nil
	}
	return s
}

// lowerStmt is a statement below Config.Inner.
type lowerStmt struct {
	bare driver.Stmt
	conn *lowerConn
}

func (s *lowerStmt) NumInput() int { return s.bare.NumInput() }

func (s *lowerStmt) Close() error { return s.conn.handle.redact(s.bare.Close()) }

func (s *lowerStmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), namedValues(args))
}

func (s *lowerStmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), namedValues(args))
}

func (s *lowerStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := stmtExec(ctx, s.bare, args)
	return result, s.conn.handle.redact(err)
}

func (s *lowerStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.result(stmtQuery(ctx, s.bare, args))
}

// lowerRows are rows below Config.Inner, without what database/sql may ask of their
// columns: it is asked of the driver's own.
type lowerRows struct {
	bare   driver.Rows
	handle *handle
}

func (r *lowerRows) Columns() []string { return r.bare.Columns() }

func (r *lowerRows) Next(dest []driver.Value) error { return r.handle.redact(r.bare.Next(dest)) }

func (r *lowerRows) Close() error { return r.handle.redact(r.bare.Close()) }

func (r *lowerRows) HasNextResultSet() bool {
	next, ok := r.bare.(driver.RowsNextResultSet)
	return ok && next.HasNextResultSet()
}

func (r *lowerRows) NextResultSet() error {
	next, ok := r.bare.(driver.RowsNextResultSet)
	if !ok {
		return io.EOF
	}
	return r.handle.redact(next.NextResultSet())
}

type lowerTx struct {
	bare   driver.Tx
	handle *handle
}

func (t lowerTx) Commit() error { return t.handle.redact(t.bare.Commit()) }

func (t lowerTx) Rollback() error { return t.handle.redact(t.bare.Rollback()) }

// DriverError is what instrumentation below the account sees of a driver's error,
// unless [Config.ErrorText] is set: its type and its SQLSTATE. Drivers quote
// values in the text. The error itself can be unwrapped; the application gets it
// as the driver returned it.
type DriverError struct{ err error }

// Error names the type, and the SQLSTATE if the driver's error informs it.
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

// redact makes a DriverError of an error. Those with a fixed text, which mean something
// to whoever is above, stay what they are.
func (h *handle) redact(err error) error {
	switch err { //nolint:errorlint // they are passed on as they are
	case nil, io.EOF, driver.ErrSkip, driver.ErrBadConn, driver.ErrRemoveArgument, context.Canceled, context.DeadlineExceeded:
		return err
	}
	if h.errorText {
		return err
	}
	return DriverError{err}
}

// reveal is the reverse of redact.
func reveal(err error) error {
	if hidden, ok := err.(DriverError); ok { //nolint:errorlint // not one that somebody wrapped
		return hidden.err
	}
	return err
}
