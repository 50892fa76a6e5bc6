package sqlwrap

import (
	"database/sql/driver"
	"time"

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
	began := time.Now()
	err := t.bare.Commit()
	t.conn.transaction = nil
	t.transaction.Committed(time.Since(began), err)
	return err
}

func (t *tx) Rollback() error {
	began := time.Now()
	err := t.bare.Rollback()
	t.conn.transaction = nil
	t.transaction.RolledBack(time.Since(began), err)
	return err
}
