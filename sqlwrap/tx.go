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

func (t *tx) Commit() error   { return t.end(t.bare.Commit) }
func (t *tx) Rollback() error { return t.end(t.bare.Rollback) }

func (t *tx) end(do func() error) error {
	began := time.Now()
	err := do()
	t.transaction.Ended(time.Since(began), err)
	t.conn.transaction = nil
	return err
}
