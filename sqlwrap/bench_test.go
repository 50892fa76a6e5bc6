package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// benchDriver answers everything at once: what is measured is database/sql, and
// the wrapper on top of it.
type benchDriver struct{}

func (benchDriver) Connect(context.Context) (driver.Conn, error) { return benchConn{}, nil }
func (d benchDriver) Driver() driver.Driver                      { return d }
func (benchDriver) Open(string) (driver.Conn, error)             { return benchConn{}, nil }

type benchConn struct{}

func (benchConn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (benchConn) Close() error                        { return nil }
func (benchConn) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }

func (benchConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &benchRows{left: 1}, nil
}

func (benchConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

type benchRows struct{ left int }

func (*benchRows) Columns() []string { return benchColumns }
func (*benchRows) Close() error      { return nil }

var benchColumns = []string{"id"}

func (r *benchRows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0] = int64(1)
	return nil
}

// What a query costs on top of database/sql: compare "no recorder" and "recorder"
// with "bare" of the same run.
func BenchmarkQueryRow(b *testing.B) {
	for _, mode := range []struct {
		name string
		db   *sql.DB
		ctx  func() context.Context
	}{
		{"bare", sql.OpenDB(benchDriver{}), context.Background},
		{"no recorder", sql.OpenDB(sqlwrap.Connector(benchDriver{})), context.Background},
		{"recorder", sql.OpenDB(sqlwrap.Connector(benchDriver{})), recorded},
		{"enforced", sql.OpenDB(sqlwrap.Connector(benchDriver{})), enforced},
	} {
		b.Run(mode.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx, n := mode.ctx(), 0
			for b.Loop() {
				if n++; n%20 == 0 {
					ctx = mode.ctx() // a request of 20 queries
				}
				var id int64
				if err := mode.db.QueryRowContext(ctx, "SELECT id FROM books WHERE id = $1", 7).Scan(&id); err != nil {
					b.Fatal(err)
				}
			}
		})
		_ = mode.db.Close()
	}
}

func recorded() context.Context {
	ctx, _ := budget.NewContext(context.Background())
	return ctx
}

func enforced() context.Context {
	ctx, r := budget.NewContext(context.Background())
	r.SetBudget(budget.Budget{Queries: 1000, Repeats: 1000, Duplicates: 1000, Mode: budget.Enforce})
	return ctx
}
