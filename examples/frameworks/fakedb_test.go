package frameworks

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// fakeDB is a database of 20 books. It has no file, no network and no time of its own.
type fakeDB struct{}

func (fakeDB) Connect(context.Context) (driver.Conn, error) { return fakeConn{}, nil }
func (fakeDB) Driver() driver.Driver                        { return nil }

type fakeConn struct{}

func (fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("no statements") }
func (fakeConn) Begin() (driver.Tx, error)           { return nil, errors.New("no transactions") }
func (fakeConn) Close() error                        { return nil }

func (fakeConn) QueryContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Rows, error) {
	if strings.Contains(text, "WHERE") {
		return &fakeRows{n: 1}, nil
	}
	return &fakeRows{n: 20}, nil
}

type fakeRows struct{ n, at int }

func (r *fakeRows) Columns() []string { return []string{"value"} }
func (r *fakeRows) Close() error      { return nil }

func (r *fakeRows) Next(dest []driver.Value) error {
	if r.at == r.n {
		return io.EOF
	}
	r.at++
	dest[0] = fmt.Sprintf("value %d", r.at)
	return nil
}
