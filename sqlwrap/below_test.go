package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Who connects is told that what the connection sends is counted above, also for the first
// connection, before which little is known of the handle.
func TestConnectIsTold(t *testing.T) {
	told := 0
	c := tellingConnector{func(ctx context.Context) {
		q := budget.RunningQueryFromContext(ctx)
		if q == nil || q.Statement() != nil || q.Position() != 0 {
			t.Errorf("a connect is told of %+v", q)
		}
		if site := q.CallSite(); told == 0 && !site.IsZero() {
			t.Errorf("the first connect comes from %v", site)
		}
		told++
	}}
	db := sql.OpenDB(sqlwrap.Connector(c))
	defer db.Close() //nolint:errcheck // a test
	for range 2 {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // a test
	}
	if told != 2 {
		t.Errorf("%d connects", told)
	}
}

type tellingConnector struct{ tell func(context.Context) }

func (c tellingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c.tell(ctx)
	return nothingConn{}, nil
}

func (c tellingConnector) Driver() driver.Driver { return nil }

// nothingConn can do nothing.
type nothingConn struct{}

func (nothingConn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (nothingConn) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }
func (nothingConn) Close() error                        { return nil }
