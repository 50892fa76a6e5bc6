package sqlwrap

import (
	"context"
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// conn wraps a driver.Conn with the methods that every connection may have.
// Those whose presence is a signal are added by wrapConn.
//
// database/sql uses a connection from one goroutine at a time.
type conn struct {
	bare    driver.Conn // the driver's, which is asked what it can do
	via     driver.Conn // the way to it: the same, but for Config.Inner
	lower   *lowerConn  // below Config.Inner, nil without one
	informs bool        // whether somebody below wants to know what is running
	handle  *handle

	// What via and bare can do is asked once. Nil is for nothing.
	execer  driver.ExecerContext
	queryer driver.QueryerContext
	resets  driver.SessionResetter
	checks  driver.NamedValueChecker

	spare []rows // see newRows

	account budget.Connection
	// skipped is the text that the driver declined with driver.ErrSkip in the
	// call before, with its arguments. database/sql now prepares it on this
	// connection.
	skipped     string
	skippedArgs []driver.NamedValue
}

// newConn wraps a connection that leads to a bare one.
func newConn(via, bare driver.Conn, lower *lowerConn, h *handle) *conn {
	c := &conn{bare: bare, via: via, lower: lower, handle: h, execer: execerOf(via), queryer: queryerOf(via)}
	_, c.informs = via.(interface{ Raw() driver.Conn })
	c.resets, _ = via.(driver.SessionResetter)
	c.checks, _ = bare.(driver.NamedValueChecker)
	return c
}

// Raw returns the driver's connection. Other wrappers use the same name.
func (c *conn) Raw() driver.Conn {
	c.account.UsedDirectly()
	return c.bare
}

// Account returns the account's side of the handle, for helpers that get hold of
// the connection with [database/sql.Conn.Raw] and do not import this package.
func (c *conn) Account() *budget.Database { return c.handle.database }

func (c *conn) Close() error {
	c.account.Released()
	c.account.Forget()
	return reveal(c.via.Close())
}

// Prepare and Begin are never called by database/sql, which prefers the methods
// with a context, but may be by code that got hold of the connection.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

func (c *conn) Ping(ctx context.Context) error { return reveal(ping(c.contextOther(ctx, nil), c.via)) }

func (c *conn) CheckNamedValue(nv *driver.NamedValue) error { return checkValue(c.checks, nv) }

// contextOther returns the context of a driver call that is no query, for whoever is
// below. The text is nil for a call without one.
func (c *conn) contextOther(ctx context.Context, text *string) context.Context {
	switch {
	case !c.informs:
		return ctx
	case text == nil:
		return c.handle.database.Context(ctx, nil)
	default:
		return c.handle.database.Context(ctx, c.read(*text))
	}
}

// read reads a statement.
func (c *conn) read(text string) *statement.Statement { return c.handle.statements.Read(text) }

// PrepareContext prepares a statement.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	via, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return wrapStmt(via, c, query), nil
}

func (c *conn) prepare(ctx context.Context, query string) (via driver.Stmt, err error) {
	fallback, args := c.skipped == query && query != "", c.skippedArgs
	c.skipped, c.skippedArgs = "", nil
	st, r := c.read(query), c.handle.database.Recorder(ctx)
	began := r.Clock()
	err = panicOrGoexit{}
	defer func() {
		switch {
		case fallback && err != nil:
			r.Prepared(began, nil) // the error is the query's
			c.failedFallback(ctx, query, args, err)
		case c.account.Transaction() != nil: // nothing is tried again
			r.Prepared(began, err)
		default:
			c.handle.database.Prepared(r, st, began, err)
		}
	}()
	via, err = prepare(c.contextOther(ctx, &query), c.via, c.commentedPrepare(ctx, st, query, fallback))
	err = reveal(err)
	return via, err
}

// failedFallback counts a query that was asked for as such, and that failed when
// database/sql prepared it because the driver wanted it to. Its arguments tell
// whether what follows is its retry.
func (c *conn) failedFallback(ctx context.Context, query string, args []driver.NamedValue, err error) {
	q, refused := c.start(ctx, c.read(query), query, args)
	if refused == nil {
		q.end(nil, err)
	}
}

// BeginTx begins a transaction.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	t := &tx{conn: c}
	if err := t.begin(ctx, opts); err != nil {
		return nil, err
	}
	c.account.Began(&t.account)
	return t, nil
}
