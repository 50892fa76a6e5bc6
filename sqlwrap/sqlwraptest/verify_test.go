package sqlwraptest_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
	"github.com/querybudget/querybudget/sqlwrap/sqlwraptest"
)

var _ sqlwraptest.TB = testing.TB(nil)

func target(s *state, open func() (driver.Connector, error)) sqlwraptest.Target {
	return sqlwraptest.Target{
		Open: open, Calls: s.take,
		Insert: "INSERT ? ?", Select: "SELECT ?", SelectAll: "SELECTS", Broken: "BROKEN",
		Arguments: []any{custom{1}},
	}
}

// Every shape of driver, bare and wrapped.
func TestShapes(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			s := &state{}
			sqlwraptest.Verify(t, target(s, func() (driver.Connector, error) {
				return connector{&contextDriver{fakeDriver{shape, s}}}, nil
			}))
		})
	}
}

// The fake answers any SELECT with three rows, one for one that takes an
// argument, so it serves for the rules of what counts too.
func TestCounts(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			s := &state{}
			counted := target(s, func() (driver.Connector, error) {
				return connector{&contextDriver{fakeDriver{shape, s}}}, nil
			})
			counted.Insert, counted.Select, counted.SelectAll = "INSERT INTO t VALUES (?, ?)", "SELECT a, b FROM t WHERE a = ?", "SELECT a, b FROM t"
			sqlwraptest.VerifyCounts(t, counted)
		})
	}
	if err := sqlwraptest.CheckCounts(t.Context(), sqlwraptest.Target{}); err == nil {
		t.Error("an empty target passes")
	}
}

// One query that is many driver calls.
func TestDeclinedQueryIsOneQueryAndOnePrepare(t *testing.T) {
	s := &state{}
	db := sql.OpenDB(sqlwrap.Connector(connector{&contextDriver{fakeDriver{shapes["declining, as go-sql-driver/mysql"], s}}}))
	defer db.Close() //nolint:errcheck // a fake
	ctx, r := budget.NewContext(t.Context())
	if _, err := db.ExecContext(ctx, "INSERT INTO t VALUES (?)", 1); err != nil {
		t.Fatal(err)
	}
	if got := r.Totals(); got.Queries != 1 || got.Prepares != 1 || got.Connects != 1 || got.Errors != 0 || got.RowsAffected != 3 {
		t.Errorf("got %+v", got)
	}
	// Asked for as a query, failed when it was prepared: still a query.
	if _, err := db.ExecContext(ctx, "BROKEN ?", 1); err == nil {
		t.Fatal("no error")
	}
	if got := r.Totals(); got.Queries != 2 || got.Prepares != 2 || got.Errors != 1 {
		t.Errorf("got %+v", got)
	}
	// Prepared as such, and failed: no query.
	if _, err := db.PrepareContext(ctx, "BROKEN ?"); err == nil {
		t.Fatal("no error")
	}
	if got := r.Totals(); got.Queries != 2 || got.Prepares != 3 || got.Errors != 2 {
		t.Errorf("got %+v", got)
	}
}

// Rows that are copied in through a statement are one query.
func TestBulkCopyIsOneQuery(t *testing.T) {
	for name, shape := range shapes {
		for _, text := range []string{"COPY t (a) FROM STDIN", "INSERTBULK {...}", " copy t from stdin "} {
			s := &state{}
			db := sql.OpenDB(sqlwrap.Connector(connector{&contextDriver{fakeDriver{shape, s}}}))
			ctx, r := budget.NewContext(t.Context())
			r.SetBudget(budget.Budget{Queries: 2, Mode: budget.Enforce})
			statement, err := db.PrepareContext(ctx, text)
			if err != nil {
				t.Fatal(err)
			}
			for range 10 {
				if _, err := statement.ExecContext(ctx, 1); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if got := r.Totals(); got.Queries != 0 || got.Running != 1 {
				t.Errorf("%s: while copying: %+v", name, got)
			}
			if _, err := statement.ExecContext(ctx); err != nil {
				t.Fatal(err)
			}
			if got := r.Totals(); got.Queries != 1 || got.RowsAffected != 3 || got.Running != 0 {
				t.Errorf("%s: after copying: %+v", name, got)
			}
			if _, err := statement.ExecContext(ctx, 1); err != nil { // and again, unfinished
				t.Fatal(err)
			}
			_ = statement.Close()
			_ = db.Close()
			if got := r.Totals(); got.Queries != 2 || got.Running != 0 {
				t.Errorf("%s: after closing: %+v", name, got)
			}
		}
	}
}

func TestErrorWhileIterating(t *testing.T) {
	for name, shape := range shapes {
		s := &state{}
		db := sql.OpenDB(sqlwrap.Connector(connector{&contextDriver{fakeDriver{shape, s}}}))
		ctx, r := budget.NewContext(t.Context())
		rows, err := db.QueryContext(ctx, "FAILING")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if rows.Err() == nil || n != 3 {
			t.Errorf("%s: %d rows, %v", name, n, rows.Err())
		}
		_ = db.Close()
		report := r.Report()
		if got := report.Totals; got.Queries != 1 || got.Rows != 3 || got.Errors != 1 || got.OpenRows != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if q := report.Queries[0]; q.Failed == "" || q.Rows != 3 {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

func TestSeveralResultSets(t *testing.T) {
	s := &state{}
	db := sql.OpenDB(sqlwrap.Connector(connector{&contextDriver{fakeDriver{shapes["full"], s}}}))
	defer db.Close() //nolint:errcheck // a fake
	ctx, r := budget.NewContext(t.Context())
	rows, err := db.QueryContext(ctx, "SELECTS")
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if got := r.Totals(); got.Queries != 1 || got.Rows != 5 {
		t.Errorf("got %+v", got)
	}
}

func TestConnectorWithClose(t *testing.T) {
	for _, err := range []error{nil, errors.New("fake: cannot close")} {
		s := &state{}
		sqlwraptest.Verify(t, target(s, func() (driver.Connector, error) {
			return closingConnector{connector{&contextDriver{fakeDriver{shapes["full"], s}}}, err}, nil
		}))
	}
}

// sqlwrap.Open against sql.Open, for drivers with and without connectors. To
// find the driver, Open has to make a connector more than sql.Open does.
func TestOpen(t *testing.T) {
	for name, test := range map[string]struct {
		driver func(*state) driver.Driver
		calls  []string
	}{
		"fake-dsn":     {func(s *state) driver.Driver { return &fakeDriver{shapes["full"], s} }, []string{"Open source"}},
		"fake-context": {func(s *state) driver.Driver { return &contextDriver{fakeDriver{shapes["full"], s}} }, []string{"OpenConnector", "OpenConnector", "Open connector"}},
	} {
		s := &state{}
		d := test.driver(s)
		name += rand.Text() // a name can be registered once
		sql.Register(name, d)
		db, err := sqlwrap.Open(name, "source")
		if err != nil {
			t.Fatal(err)
		}
		if db.Driver() != d {
			t.Errorf("%s: the driver is %T", name, db.Driver())
		}
		if err := db.PingContext(t.Context()); err != nil {
			t.Error(err)
		}
		if got := s.take(); !slices.Equal(got, append(test.calls, "Ping", "IsValid")) {
			t.Errorf("%s: calls %q", name, got)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := sqlwrap.Open("no such driver", ""); err == nil || !strings.Contains(err.Error(), "no such driver") {
		t.Errorf("got %v", err)
	}
}

// Errors that mean something to database/sql: the same calls, the same outcome,
// the same number of connections.
func TestBadConnections(t *testing.T) {
	for name, shape := range shapes {
		for _, bad := range []int{1, 2, 3, 4} {
			run := func(wrap func(driver.Connector) driver.Connector, ctx context.Context) []string {
				s := &state{bad: bad}
				db := sql.OpenDB(wrap(connector{&contextDriver{fakeDriver{shape, s}}}))
				defer db.Close() //nolint:errcheck // a fake
				_, err := db.ExecContext(ctx, "BAD ?", 1)
				s.note("exec: %v", err)
				rows, err := db.QueryContext(ctx, "BAD ?", 1)
				s.note("query: %v", err)
				if err == nil {
					_ = rows.Close()
				}
				s.note("open: %d", db.Stats().OpenConnections)
				return s.take()
			}
			bare := run(func(c driver.Connector) driver.Connector { return c }, t.Context())
			wrapped := run(sqlwrap.Connector, t.Context())
			ctx, r := budget.NewContext(t.Context())
			recorded := run(sqlwrap.Connector, ctx)
			if !slices.Equal(bare, wrapped) || !slices.Equal(bare, recorded) {
				t.Errorf("%s, %d bad: differs\nbare     %q\nwrapped  %q\nrecorded %q", name, bad, bare, wrapped, recorded)
			}
			// Two queries were asked for. database/sql gave up on the first after
			// three attempts.
			got := r.Totals()
			if want := int64(min(bad, 2) + max(0, bad-3)); got.Queries != 2 || got.Retries != want {
				t.Errorf("%s, %d bad: %d queries, %d retries, want 2 and %d", name, bad, got.Queries, got.Retries, want)
			}
		}
	}
}

// A declined query whose preparation fails for a broken connection is tried again
// as a query: one, whatever its arguments.
func TestRetriesOfDeclinedQueries(t *testing.T) {
	s := &state{bad: 2}
	db := sql.OpenDB(sqlwrap.Connector(connector{&contextDriver{fakeDriver{shapes["declining, as go-sql-driver/mysql"], s}}}))
	defer db.Close() //nolint:errcheck // a fake
	ctx, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: 1, Mode: budget.Enforce})
	if _, err := db.ExecContext(ctx, "BADPREPARE ?", 7); err != nil {
		t.Fatal(err)
	}
	if got := r.Totals(); got.Queries != 1 || got.Retries != 2 || got.Errors != 0 || got.Prepares != 3 {
		t.Errorf("got %+v", got)
	}
}

// A context that ends while a driver without contexts is at work: the statement
// is closed, the transaction rolled back, the call not made.
func TestContextEndsInTheDriver(t *testing.T) {
	for name, shape := range shapes {
		run := func(wrap func(driver.Connector) driver.Connector, ctx context.Context, in string) []string {
			s := &state{}
			db := sql.OpenDB(wrap(connector{&contextDriver{fakeDriver{shape, s}}}))
			defer db.Close() //nolint:errcheck // a fake
			for operation, do := range map[string]func(context.Context) error{
				"prepare": func(ctx context.Context) error { _, err := db.PrepareContext(ctx, "SELECT ?"); return err },
				"exec":    func(ctx context.Context) error { _, err := db.ExecContext(ctx, "INSERT ?", 1); return err },
				"begin": func(ctx context.Context) error {
					tx, err := db.BeginTx(ctx, nil)
					if err == nil {
						_ = tx.Rollback()
						err = errors.New("begun")
					}
					return err
				},
			} {
				ctx, cancel := context.WithCancel(ctx)
				s.during = func(method string) {
					if method == in {
						cancel()
					}
				}
				err := do(ctx)
				for db.Stats().InUse > 0 {
					time.Sleep(time.Millisecond) // a transaction is rolled back elsewhere
				}
				s.note("%s: %v", operation, err)
				s.during = nil
				cancel()
			}
			calls := s.take()
			slices.Sort(calls) // the operations come in any order
			return calls
		}
		for _, in := range []string{"Prepare", "Begin", "NumInput"} {
			bare := run(func(c driver.Connector) driver.Connector { return c }, t.Context(), in)
			if wrapped := run(sqlwrap.Connector, t.Context(), in); !slices.Equal(bare, wrapped) {
				t.Errorf("%s, in %s: differs\nbare    %q\nwrapped %q", name, in, bare, wrapped)
			}
		}
	}
}

// A check that finds nothing must have looked.
func TestCheckFindsDifferences(t *testing.T) {
	s := &state{}
	good := target(s, func() (driver.Connector, error) {
		return connector{&contextDriver{fakeDriver{shapes["full"], s}}}, nil
	})
	for name, wrap := range map[string]func(driver.Connector) driver.Connector{
		"another shape": func(driver.Connector) driver.Connector {
			return sqlwrap.Connector(connector{&contextDriver{fakeDriver{shapes["no validator, as pgx"], s}}})
		},
		"no wrapper": func(c driver.Connector) driver.Connector { return c },
	} {
		bad := good
		bad.Wrap = wrap
		if err := sqlwraptest.Check(t.Context(), bad); err == nil {
			t.Errorf("%s: no difference was found", name)
		}
	}
	if err := sqlwraptest.Check(t.Context(), sqlwraptest.Target{}); err == nil {
		t.Error("an empty target passes")
	}
	broken := good
	broken.Open = func() (driver.Connector, error) { return nil, errors.New("no database") }
	if err := sqlwraptest.Check(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("got %v", err)
	}
	broken = good
	broken.Setup = []string{"BROKEN"}
	if err := sqlwraptest.Check(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "BROKEN") {
		t.Errorf("got %v", err)
	}
}

func ExampleCheck() {
	s := &state{}
	err := sqlwraptest.Check(context.Background(), sqlwraptest.Target{
		Open:   func() (driver.Connector, error) { return connector{&contextDriver{fakeDriver{shapes["full"], s}}}, nil },
		Insert: "INSERT ? ?", Select: "SELECT ?", SelectAll: "SELECT", Broken: "BROKEN",
	})
	fmt.Println(err)
	// Output: <nil>
}
