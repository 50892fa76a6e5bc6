package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// ailing is a driver of which one call fails a few times, as on connections that went
// bad while they were idle.
type ailing struct {
	in   string
	left int
}

func (a *ailing) call(method string) error {
	if method == a.in && a.left > 0 {
		a.left--
		return driver.ErrBadConn
	}
	return nil
}

func (a *ailing) Connect(context.Context) (driver.Conn, error) {
	return ailingConn{a: a}, a.call("Connect")
}
func (a *ailing) Driver() driver.Driver { return nil }

type ailingConn struct {
	benchConn
	a *ailing
}

func (c ailingConn) Prepare(string) (driver.Stmt, error) {
	return ailingStmt{}, c.a.call("Prepare")
}

func (c ailingConn) Begin() (driver.Tx, error) { return ailingTx{}, c.a.call("Begin") }

type ailingStmt struct{}

func (ailingStmt) Close() error                               { return nil }
func (ailingStmt) NumInput() int                              { return -1 }
func (ailingStmt) Exec([]driver.Value) (driver.Result, error) { return driver.ResultNoRows, nil }
func (ailingStmt) Query([]driver.Value) (driver.Rows, error)  { return &benchRows{}, nil }

type ailingTx struct{}

func (ailingTx) Commit() error   { return nil }
func (ailingTx) Rollback() error { return nil }

// What database/sql tries again is no error of a unit that saw none.
func TestRetriedOperations(t *testing.T) {
	for method, use := range map[string]func(context.Context, *sql.DB) error{
		"Connect": func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, "UPDATE a")
			return err
		},
		"Prepare": func(ctx context.Context, db *sql.DB) error {
			s, err := db.PrepareContext(ctx, "SELECT 1")
			if err != nil {
				return err
			}
			return s.Close()
		},
		"Begin": func(ctx context.Context, db *sql.DB) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			return tx.Commit()
		},
	} {
		for bad := range int64(4) {
			ctx, r := budget.NewContext(t.Context())
			db := sql.OpenDB(sqlwrap.Connector(&ailing{method, int(bad)}))
			failed := use(ctx, db) != nil
			got := r.Totals()
			if got.Retries != min(bad, 2) || got.Errors != max(0, bad-2) || failed != (bad > 2) {
				t.Errorf("%s, %d bad: %d retries, %d errors, failed %v", method, bad, got.Retries, got.Errors, failed)
			}
			if bad == 2 && method == "Prepare" && got.Prepares != 1 || bad == 2 && method == "Begin" && got.Transactions != 1 {
				t.Errorf("%s: %+v", method, got)
			}
			_ = db.Close()
		}
	}
}

// In a transaction nothing is tried again: what fails there has failed, also where the
// application begins anew.
func TestPrepareInTransactionIsNotRetried(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	db := sql.OpenDB(sqlwrap.Connector(&ailing{"Prepare", 1}))
	defer db.Close() //nolint:errcheck // a test
	for range 2 {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = tx.PrepareContext(ctx, "SELECT 1")
		_ = tx.Rollback()
	}
	if got := r.Totals(); got.Retries != 0 || got.Errors != 1 || got.Prepares != 2 {
		t.Errorf("got %+v", got)
	}
}

// A transaction that was begun without a context is one of the unit whose queries run
// in it, on one connection.
func TestTransactionWithoutContext(t *testing.T) {
	db := sql.OpenDB(sqlwrap.Connector(&ailing{}))
	defer db.Close() //nolint:errcheck // a test
	ctx, r := budget.NewContext(t.Context())
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE a"); err != nil { // not the unit's
		t.Fatal(err)
	}
	rows, err := tx.QueryContext(ctx, "SELECT id FROM a")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		if _, err := tx.ExecContext(ctx, "UPDATE b"); err != nil {
			t.Fatal(err)
		}
	}
	_ = rows.Close()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	report := r.Report()
	if got := report.Totals; got.Transactions != 1 || got.Queries != 2 {
		t.Errorf("got %+v", got)
	}
	for _, q := range report.Queries {
		if q.Transaction != 1 {
			t.Errorf("%s in transaction %d", q.Shape, q.Transaction)
		}
	}
	if len(report.Nested) != 0 {
		t.Errorf("nested %+v: there is one connection", report.Nested)
	}
}
