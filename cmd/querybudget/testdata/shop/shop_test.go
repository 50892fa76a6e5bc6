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

// fake answers each query with twenty rows.
type fake struct{}

func (fake) Connect(context.Context) (driver.Conn, error) { return fake{}, nil }
func (fake) Driver() driver.Driver                        { return nil }
func (fake) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (fake) Close() error                                 { return nil }
func (fake) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }

func (fake) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &rows{}, nil
}

type rows struct{ n int64 }

func (*rows) Columns() []string { return []string{"id"} }
func (*rows) Close() error      { return nil }

func (r *rows) Next(to []driver.Value) error {
	if r.n++; r.n > 20 {
		return io.EOF
	}
	to[0] = r.n
	return nil
}
