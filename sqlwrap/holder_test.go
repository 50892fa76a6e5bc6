package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// plain is a driver without ResetSession and IsValid.
type plain struct{ texts }

// resetting has ResetSession, checking IsValid.
type (
	resetting     struct{ texts }
	checking      struct{ texts }
	resettingConn struct{ textsConn }
	checkingConn  struct{ textsConn }
)

func (d *resetting) Connect(context.Context) (driver.Conn, error) {
	return resettingConn{textsConn{&d.texts}}, nil
}

func (d *checking) Connect(context.Context) (driver.Conn, error) {
	return checkingConn{textsConn{&d.texts}}, nil
}
func (resettingConn) ResetSession(context.Context) error { return nil }
func (checkingConn) IsValid() bool                       { return true }

// silent stands between database/sql and the wrapper, and keeps to itself when a connection
// is given back.
type silent struct{ driver.Connector }

type silentConn struct{ driver.Conn }

func (c silent) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return silentConn{conn}, err
}

func (c silentConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

// A connection is held from one statement to the next if nobody gave it back in between, and
// that is known. The limit is a nanosecond, so each time between two statements counts.
func TestWhoHoldsAConnection(t *testing.T) {
	onOne := func(ctx context.Context, db *sql.DB, between func(*sql.Conn) error) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "DELETE FROM a"); err != nil {
			return err
		}
		if err := between(conn); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "DELETE FROM b"); err != nil {
			return err
		}
		return conn.Close()
	}
	nothing := func(*sql.Conn) error { return nil }
	wrapped := map[string]driver.Connector{
		"plain": sqlwrap.Connector(&plain{}), "resetting": sqlwrap.Connector(&resetting{}), "checking": sqlwrap.Connector(&checking{}),
	}
	for name, c := range wrapped {
		for _, test := range []struct {
			name  string
			above driver.Connector
			run   func(ctx context.Context, db *sql.DB) error
			want  int
		}{
			{"one holder", c, func(ctx context.Context, db *sql.DB) error { return onOne(ctx, db, nothing) }, 1},
			{"the pool", c, func(ctx context.Context, db *sql.DB) error {
				for range 5 {
					if _, err := db.ExecContext(ctx, "DELETE FROM a"); err != nil {
						return err
					}
				}
				return nil
			}, 0},
			{"a holder after another one", c, func(ctx context.Context, db *sql.DB) error {
				_, err := db.ExecContext(ctx, "DELETE FROM a")
				if err == nil {
					err = onOne(ctx, db, nothing)
				}
				return err
			}, 1},
			{"used past the wrapper", c, func(ctx context.Context, db *sql.DB) error {
				return onOne(ctx, db, func(conn *sql.Conn) error {
					return conn.Raw(func(c any) error { _ = sqlwrap.Raw(c); return nil })
				})
			}, 0},
			{"a transaction", c, func(ctx context.Context, db *sql.DB) error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return nil //nolint:nilerr // this driver has none
				}
				return tx.Commit()
			}, 0},
			{"another wrapper above", silent{c}, func(ctx context.Context, db *sql.DB) error {
				_, err := db.ExecContext(ctx, "DELETE FROM a")
				if err == nil {
					_, err = db.ExecContext(ctx, "DELETE FROM b")
				}
				return err
			}, 0},
		} {
			db := sql.OpenDB(test.above)
			db.SetMaxOpenConns(1)
			ctx, r := budget.Bounds{Rules: budget.Rules{IdleTransaction: 1}}.NewContext(t.Context())
			if err := test.run(ctx, db); err != nil {
				t.Errorf("%s, %s: %v", name, test.name, err)
			}
			n := 0
			for _, i := range r.Report().Idle {
				if i.Held == budget.HoldConnection && i.Next >= 0 {
					n++
				}
			}
			if n != test.want {
				t.Errorf("%s, %s: %+v", name, test.name, r.Report().Idle)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// What is sent between BEGIN and COMMIT on one connection is in a transaction, also where the
// driver wants each text prepared.
func TestTransactionByText(t *testing.T) {
	for _, declines := range []bool{false, true} {
		db := commented(t, &texts{declines: declines}, sqlwrap.Config{})
		ctx, r := budget.NewContext(t.Context())
		conn, err := db.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"BEGIN", "DELETE FROM a", "SAVEPOINT s", "DELETE FROM b", "COMMIT", "DELETE FROM c"} {
			if _, err := conn.ExecContext(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		report := r.Report()
		if n := report.Totals; n.Transactions != 1 || n.Queries != 3 || n.TransactionTime <= 0 || n.Errors != 0 {
			t.Errorf("declines %v: %+v", declines, n)
		}
		if q := report.Queries; q[0].Transaction != 1 || q[1].Transaction != 1 || q[2].Transaction != 0 {
			t.Errorf("declines %v: in %d, %d, %d", declines, q[0].Transaction, q[1].Transaction, q[2].Transaction)
		}
	}
}
