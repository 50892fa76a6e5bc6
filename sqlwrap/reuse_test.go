package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// reusedDriver has transactions, and connections whose sessions are reset.
type reusedDriver struct{ benchDriver }

func (reusedDriver) Connect(context.Context) (driver.Conn, error) { return reusedConn{}, nil }

type reusedConn struct{ benchConn }

func (reusedConn) Begin() (driver.Tx, error)          { return reusedConn{}, nil }
func (reusedConn) Commit() error                      { return nil }
func (reusedConn) Rollback() error                    { return nil }
func (reusedConn) ResetSession(context.Context) error { return nil }

// A unit is looked at while its connections and transactions go on with others: the race
// detector sees whether anything is shared without a lock.
func TestReportsWhileConnectionsGoOn(t *testing.T) {
	db := sql.OpenDB(sqlwrap.Config{System: "sqlite"}.Connector(reusedDriver{}))
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(3)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for range 30 {
				ctx, r := budget.Bounds{TrackValues: true}.NewContext(t.Context())
				var parts sync.WaitGroup
				parts.Go(func() {
					rows, err := db.QueryContext(ctx, "SELECT n FROM pages")
					if err != nil {
						t.Error(err)
						return
					}
					_ = rows.Close()
				})
				parts.Go(func() {
					tx, err := db.BeginTx(ctx, nil)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = tx.ExecContext(ctx, "DELETE FROM pages WHERE n = 1")
					_ = tx.Rollback()
				})
				parts.Go(func() { _ = r.Report() })
				parts.Wait()
				if n := r.Report().Totals.Queries; n != 2 {
					t.Errorf("%d queries", n)
				}
			}
		})
	}
	all.Wait()
}
