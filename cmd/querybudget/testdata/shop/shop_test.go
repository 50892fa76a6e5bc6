package shop

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"net/http/httptest"
	"testing"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/sqlwrap"
)

func TestAuthors(t *testing.T) {
	db := sql.OpenDB(sqlwrap.Connector(fake{}))
	defer db.Close()
	budgettest.Check(t, Routes(&Store{db}), httptest.NewRequest("GET", "/authors", nil))
}

// fake has twenty authors, and one book of each.
type fake struct{}

func (fake) Connect(context.Context) (driver.Conn, error) { return fake{}, nil }
func (fake) Driver() driver.Driver                        { return nil }
func (fake) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (fake) Close() error                                 { return nil }
func (fake) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }

func (fake) QueryContext(_ context.Context, _ string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) == 1 {
		return &rows{price: 900, left: 1}, nil
	}
	if len(args) == 2 {
		return &rows{price: 900, left: 20}, nil
	}
	return &rows{left: 20}, nil
}

type rows struct{ n, left, price int64 }

func (*rows) Columns() []string { return []string{"n"} }
func (*rows) Close() error      { return nil }

func (r *rows) Next(to []driver.Value) error {
	if r.n++; r.n > r.left {
		return io.EOF
	}
	to[0] = r.n + r.price
	return nil
}
