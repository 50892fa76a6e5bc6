package sqlwraptest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// both is a driver that has statements in both forms, as go-sql-driver/mysql, lib/pq
// and the drivers for SQLite.
func both(c base) driver.Conn {
	return struct {
		base
		execContext
		queryContext
		oldExec
		oldQuery
		resetter
		validator
	}{c, execContext{c}, queryContext{c}, oldExec{c}, oldQuery{c}, resetter{c}, validator{c}}
}

func fakeConnector(conn func(base) driver.Conn, s *state) driver.Connector {
	return connector{&contextDriver{fakeDriver{shape{conn, plainStatement, plainRows}, s}}}
}

// raw hands out what sql.Conn.Raw does.
func raw(t *testing.T, c driver.Connector, f func(c any)) {
	t.Helper()
	db := sql.OpenDB(c)
	defer db.Close() //nolint:errcheck // a fake
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a fake
	if err := conn.Raw(func(c any) error { f(c); return nil }); err != nil {
		t.Fatal(err)
	}
}

// What the bare connection shows to sql.Conn.Raw, the wrapped one shows.
func TestOldFaces(t *testing.T) {
	all := map[string]func(base) driver.Conn{"both forms": both}
	for name, s := range shapes {
		all[name] = s.conn
	}
	for name, conn := range all {
		c := fakeConnector(conn, &state{})
		var bare, wrapped [2]bool
		see := func(seen *[2]bool) func(any) {
			return func(c any) {
				_, seen[0] = c.(driver.Execer)  //nolint:staticcheck // what is looked at
				_, seen[1] = c.(driver.Queryer) //nolint:staticcheck // what is looked at
			}
		}
		raw(t, c, see(&bare))
		raw(t, sqlwrap.Connector(c), see(&wrapped))
		for i := range bare {
			if bare[i] && !wrapped[i] {
				t.Errorf("%s: bare %v, wrapped %v", name, bare, wrapped)
			}
		}
		if name == "no validator, as pgx" && wrapped != bare {
			t.Errorf("%s: wrapped %v", name, wrapped)
		}
	}
}

// A wrapper that knows nothing newer sends each query at once, through the driver's own
// method, and it is counted once.
func TestOldFacesAreCountedOnce(t *testing.T) {
	s := &state{}
	wrapped := sqlwrap.Connector(fakeConnector(both, s))
	db := sql.OpenDB(old{wrapped})
	defer db.Close() //nolint:errcheck // a fake
	if _, err := db.Exec("UPDATE a SET b = ?", 1); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query("SELECT a FROM b WHERE c = ?", 2)
	if err != nil {
		t.Fatal(err)
	}
	_ = rows.Close()
	calls := slices.DeleteFunc(s.take(), func(call string) bool { return !strings.Contains(call, "=") })
	want := []string{"Exec UPDATE a SET b = ? 1::int64(1)", "Query SELECT a FROM b WHERE c = ? 1::int64(2)"}
	if !slices.Equal(calls, want) {
		t.Errorf("got %q", calls)
	}
	raw(t, wrapped, func(c any) {
		got := c.(interface{ Account() *budget.Database }).Account().Unattributed()
		if got.Queries != 2 || got.Errors != 0 {
			t.Errorf("counted %+v", got)
		}
	})
}

type old struct{ driver.Connector }

func (o old) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := o.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return struct {
		driver.Conn
		driver.Execer
		driver.Queryer
	}{c, c.(driver.Execer), c.(driver.Queryer)}, nil //nolint:staticcheck // what it knows
}

// A failed assertion of the driver's own type says where to look.
func TestFailedAssertionNamesTheWayOut(t *testing.T) {
	for name, shape := range shapes {
		raw(t, sqlwrap.Connector(fakeConnector(shape.conn, &state{})), func(c any) {
			defer func() {
				want := "is sqlwrap.wrappedConnSeeSqlwrapRaw, not sqlwraptest_test.base"
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("%s: %s", name, got)
				}
			}()
			_ = c.(base)
		})
	}
}
