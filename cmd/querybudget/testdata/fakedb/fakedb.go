// Package fakedb is a driver whose SELECTs have as many rows as their first argument says,
// if it is a number below 10 and the statement has "shelf" in it; else four rows of authors,
// and one of anything else.
package fakedb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
)

// Open returns a handle.
func Open() *sql.DB { return sql.OpenDB(connector{}) }

func init() { sql.Register("fakedb", fake{}) }

type fake struct{}

func (fake) Open(string) (driver.Conn, error) { return Conn{}, nil }

type connector struct{}

func (connector) Driver() driver.Driver                        { return fake{} }
func (connector) Connect(context.Context) (driver.Conn, error) { return Conn{}, nil }

// Conn is a connection, which a test can see with sql.Conn.Raw.
type Conn struct{}

func (Conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (Conn) Close() error                        { return nil }
func (Conn) Begin() (driver.Tx, error)           { return tx{}, nil }

type tx struct{}

func (tx) Commit() error   { return nil }
func (tx) Rollback() error { return nil }

func (Conn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

func (Conn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	switch {
	case strings.Contains(query, "shelf") && len(args) > 0:
		return &rows{left: args[0].Value.(int64)}, nil
	case strings.HasSuffix(query, "FROM authors"):
		return &rows{left: 4}, nil
	}
	return &rows{left: 1}, nil
}

type rows struct{ left int64 }

func (*rows) Columns() []string { return []string{"id"} }
func (*rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	dest[0] = r.left
	r.left--
	return nil
}
