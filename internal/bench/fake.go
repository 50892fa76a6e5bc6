package main

import (
	"context"
	"database/sql/driver"
	"io"
)

// fakeDriver answers at once, with as many rows as the statement is long in bytes
// over 100, and one for shorter ones. What is measured is database/sql and what is
// wrapped around the driver. It has the interfaces that pgx and go-sql-driver have.
type fakeDriver struct{}

func (d fakeDriver) Open(string) (driver.Conn, error)                 { return &fakeConn{}, nil }
func (d fakeDriver) OpenConnector(string) (driver.Connector, error)   { return d, nil }
func (d fakeDriver) Connect(ctx context.Context) (driver.Conn, error) { return &fakeConn{}, nil }
func (d fakeDriver) Driver() driver.Driver                            { return d }

type fakeConn struct{ _ int }

func (c *fakeConn) Prepare(string) (driver.Stmt, error) { return &fakeStmt{}, nil }
func (c *fakeConn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return &fakeStmt{}, nil
}
func (c *fakeConn) Close() error              { return nil }
func (c *fakeConn) Begin() (driver.Tx, error) { return fakeTx{}, nil }
func (c *fakeConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return fakeTx{}, nil
}
func (c *fakeConn) ResetSession(context.Context) error { return nil }
func (c *fakeConn) IsValid() bool                      { return true }
func (c *fakeConn) Ping(context.Context) error         { return nil }

func (c *fakeConn) CheckNamedValue(nv *driver.NamedValue) (err error) {
	nv.Value, err = driver.DefaultParameterConverter.ConvertValue(nv.Value)
	return err
}

func (c *fakeConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	return &fakeRows{left: rowsOf(query)}, nil
}

func (c *fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

func rowsOf(query string) int {
	if query == manyRows {
		return 100
	}
	return 1
}

type fakeStmt struct{ _ int }

func (s *fakeStmt) Close() error                               { return nil }
func (s *fakeStmt) NumInput() int                              { return -1 }
func (s *fakeStmt) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(1), nil }
func (s *fakeStmt) Query([]driver.Value) (driver.Rows, error)  { return &fakeRows{left: 1}, nil }
func (s *fakeStmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}
func (s *fakeStmt) QueryContext(context.Context, []driver.NamedValue) (driver.Rows, error) {
	return &fakeRows{left: 1}, nil
}

type fakeTx struct{}

func (fakeTx) Commit() error   { return nil }
func (fakeTx) Rollback() error { return nil }

type fakeRows struct{ left int }

var fakeColumns = []string{"id"}

func (r *fakeRows) Columns() []string { return fakeColumns }
func (r *fakeRows) Close() error      { return nil }

func (r *fakeRows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0] = int64(1)
	return nil
}
