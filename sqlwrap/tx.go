package sqlwrap

import (
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
)

// tx wraps a driver.Tx. It counts in the recorder of the context that began it;
// Commit and Rollback have no context, and are never refused.
type tx struct {
	bare        driver.Tx
	conn        *conn
	transaction *budget.Transaction
}

func (t *tx) Commit() error {
	clock := startClock(t.transaction.Counted())
	err := t.bare.Commit()
	t.conn.transaction = nil
	t.transaction.Committed(clock.took(), err)
	return err
}

func (t *tx) Rollback() error {
	clock := startClock(t.transaction.Counted())
	err := t.bare.Rollback()
	t.conn.transaction = nil
	t.transaction.RolledBack(clock.took(), err)
	return err
}
