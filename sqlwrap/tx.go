package sqlwrap

import (
	"context"
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
)

// These are the levels of database/sql, without importing its package.
const (
	levelRepeatableRead driver.IsolationLevel = 4
	levelSnapshot       driver.IsolationLevel = 5
	levelSerializable   driver.IsolationLevel = 6
)

// tx wraps a driver.Tx. It counts in the recorder of the context that began it, or
// without one in that of its first query; Commit and Rollback have no context, and are
// never refused.
type tx struct {
	bare    driver.Tx
	conn    *conn
	ctx     context.Context
	account budget.Transaction
}

func (t *tx) begin(ctx context.Context, opts driver.TxOptions) (err error) {
	c := t.conn
	t.ctx = ctx
	r := c.handle.database.Recorder(ctx)
	began := r.Clock()
	err = panicOrGoexit{}
	defer func() {
		t.account = c.handle.database.Began(ctx, r, began, err)
		t.account.Serializable = opts.Isolation == levelSerializable
		t.account.RepeatableRead = opts.Isolation == levelRepeatableRead || opts.Isolation == levelSnapshot
	}()
	t.bare, err = begin(c.contextOther(ctx, nil), c.via, opts)
	err = reveal(err)
	return err
}

func (t *tx) Commit() (err error) {
	began := t.account.Clock()
	err = panicOrGoexit{}
	defer func() {
		t.account.Committed(began, err)
		t.conn.account.Ended()
	}()
	err = reveal(t.bare.Commit())
	return err
}

func (t *tx) Rollback() (err error) {
	began := t.account.Clock()
	err = panicOrGoexit{}
	defer func() {
		t.account.Interrupted = t.ctx.Err() != nil
		t.account.RolledBack(began, err)
		t.conn.account.Ended()
	}()
	err = reveal(t.bare.Rollback())
	return err
}
