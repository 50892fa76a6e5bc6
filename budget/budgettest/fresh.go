package budgettest

import (
	"context"
	"database/sql"
	"path/filepath"

	"github.com/querybudget/querybudget/budget"
)

// Tx begins a transaction and rolls it back when t ends: fresh data for a test, or
// for each size of [Scale], on any database. What it and the preparations in it do
// counts in no unit of work, as long as they do not get the context of one.
func Tx(t TB, db *sql.DB) *sql.Tx {
	t.Helper()
	if db == nil {
		t.Fatalf("budgettest: Tx with a nil *sql.DB")
	}
	// Not the test's context: it ends before the cleanup, and the transaction with
	// it, at some time.
	tx, err := db.BeginTx(budget.Without(context.WithoutCancel(t.Context())), nil)
	if err != nil {
		t.Fatalf("budgettest: Tx: %v", err)
	}
	t.Cleanup(func() {
		if err := tx.Rollback(); err != nil &&
			err != sql.ErrTxDone { //nolint:errorlint // database/sql returns it as it is
			t.Errorf("budgettest: Tx: rollback: %v", err)
		}
	})
	return tx
}

// SQLite opens an empty SQLite database in a temporary file, runs the schema's
// statements, and closes and removes it when t ends: fresh data for a test, or for
// each size of [Scale]. Open is sqlwrap.Open or the Open of a sqlwrap.Config, and
// driverName that of a SQLite driver which the test imports.
func SQLite(
	t TB,
	open func(driverName, dataSourceName string) (*sql.DB, error),
	driverName string,
	schema ...string,
) *sql.DB {
	t.Helper()
	if open == nil {
		t.Fatalf("budgettest: SQLite without a function to open it with: use sqlwrap.Open")
	}
	db, err := open(driverName, "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "test.db")))
	if err != nil {
		t.Fatalf("budgettest: SQLite: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("budgettest: SQLite: %v", err)
		}
	})
	for _, statement := range schema {
		if _, err := db.ExecContext(budget.Without(t.Context()), statement); err != nil {
			t.Fatalf("budgettest: SQLite: schema: %v", err)
		}
	}
	return db
}
