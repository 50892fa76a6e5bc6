package sqlwrap

import (
	"context"
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
)

// conn wraps a driver.Conn with the methods that every connection may have.
// Those whose presence is a signal are added by wrapConn.
//
// database/sql uses a connection from one goroutine at a time.
type conn struct {
	bare   driver.Conn
	handle *handle

	// transaction is the open transaction, nil outside of one.
	transaction *budget.Transaction
	// skipped is the text that the driver declined with driver.ErrSkip in the
	// call before, with its arguments. database/sql now prepares it on this
	// connection.
	skipped     string
	skippedArgs []driver.NamedValue
}

// Raw returns the driver's connection. Other wrappers use the same name.
func (c *conn) Raw() driver.Conn { return c.bare }

// Account returns the account's side of the handle, for helpers that get hold of
// the connection with [database/sql.Conn.Raw] and do not import this package.
func (c *conn) Account() *budget.Database { return c.handle.database }

func (c *conn) Close() error { return c.bare.Close() }

// Prepare and Begin are never called by database/sql, which prefers the methods
// with a context, but may be by code that got hold of the connection.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// Ping does nothing for a driver that cannot, as database/sql does.
func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.bare.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

// CheckNamedValue leaves the argument to the default conversion for a driver
// without one.
func (c *conn) CheckNamedValue(nv *driver.NamedValue) error {
	if checker, ok := c.bare.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(nv)
	}
	return driver.ErrSkip
}

// PrepareContext prepares a statement.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	fallback, args := c.skipped == query && query != "", c.skippedArgs
	c.skipped, c.skippedArgs = "", nil
	r := c.handle.database.Recorder(ctx)
	clock := startClock(r != nil)
	bare, err := prepare(ctx, c.bare, query)
	took := clock.took()
	switch {
	case err == nil:
		r.Prepared(took, nil)
		return wrapStmt(bare, c, query), nil
	case fallback:
		r.Prepared(took, nil) // the error is the query's
		c.failedFallback(ctx, query, args, err)
	default:
		r.Prepared(took, err)
	}
	return nil, err
}

// failedFallback counts a query that was asked for as such, and that failed when
// database/sql prepared it because the driver wanted it to. Its arguments tell
// whether what follows is its retry.
func (c *conn) failedFallback(ctx context.Context, query string, args []driver.NamedValue, err error) {
	q, refused := c.start(ctx, query, args)
	if refused == nil {
		q.end(nil, err)
	}
}

// BeginTx begins a transaction.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	r := c.handle.database.Recorder(ctx)
	clock := startClock(r != nil)
	bare, err := begin(ctx, c.bare, opts)
	transaction := r.Began(clock.took(), err)
	if err != nil {
		return nil, err
	}
	c.transaction = transaction
	return &tx{bare: bare, conn: c, transaction: transaction}, nil
}
