package sqlwrap

import (
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
)

// tx wraps a driver.Tx. It counts in the recorder of the context that began it;
// Commit and Rollback have no context, and are never refused.
type tx struct {
	bare    driver.Tx
	conn    *conn
	account budget.Transaction
}

func (t *tx) Commit() error {
	began := t.account.Clock()
	err := reveal(t.bare.Commit())
	t.conn.transaction = nil
	t.account.Committed(began, err)
	return err
}

func (t *tx) Rollback() error {
	began := t.account.Clock()
	err := reveal(t.bare.Rollback())
	t.conn.transaction = nil
	t.account.RolledBack(began, err)
	return err
}
