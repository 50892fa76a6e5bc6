package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

type numberedDriver struct{}

func (d numberedDriver) Connect(context.Context) (driver.Conn, error) { return &numberedConn{}, nil }
func (d numberedDriver) Driver() driver.Driver                        { return nil }

// numberedConn numbers its results.
type numberedConn struct {
	driver.Conn
	results int
}

func (c *numberedConn) Close() error { return nil }

func (c *numberedConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	c.results++
	return &numberedRows{number: c.results}, nil
}

type numberedRows struct {
	number int
	read   bool
}

func (r *numberedRows) Columns() []string { return []string{fmt.Sprint("n", r.number)} }
func (r *numberedRows) Close() error      { return nil }

func (r *numberedRows) Next(dest []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read, dest[0] = true, int64(r.number)
	return nil
}

// An application that got hold of the connection may keep rows as long as it likes.
func TestRowsThatAreKept(t *testing.T) {
	db := sql.OpenDB(sqlwrap.Connector(numberedDriver{}))
	defer db.Close() //nolint:errcheck // a test
	ctx, r := budget.NewContext(t.Context())
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test
	err = conn.Raw(func(c any) error {
		var kept []driver.Rows
		for range 20 {
			rows, err := c.(driver.QueryerContext).QueryContext(ctx, "SELECT n", nil)
			if err != nil {
				return err
			}
			if len(kept)%2 == 0 {
				if err := rows.Close(); err != nil {
					return err
				}
			}
			kept = append(kept, rows)
		}
		for i, rows := range kept {
			dest := make([]driver.Value, 1)
			if err := rows.Next(dest); err != nil || dest[0] != int64(i+1) || rows.Columns()[0] != fmt.Sprint("n", i+1) {
				t.Errorf("result %d has %v of %v, error %v", i+1, dest, rows.Columns(), err)
			}
			if i%2 != 0 {
				if err := rows.Close(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Totals(); got.Queries != 20 || got.Rows != 10 || got.OpenRows != 0 {
		t.Errorf("got %+v", got)
	}
}
