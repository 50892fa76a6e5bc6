package sqlwrap

import (
	"context"
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
)

// query is one query on its way through a connection or a statement.
type query struct {
	execution budget.Execution
	values    *values // where they are tracked
	// conn, ctx and text are set if there is no recorder: the query is counted
	// on its handle once the driver has executed it.
	conn *conn
	ctx  context.Context
	text string
}

// start admits a query. The error is a *budget.ExceededError.
func (c *conn) start(ctx context.Context, text string, args []driver.NamedValue) (query, error) {
	r := c.handle.database.Recorder(ctx)
	if r == nil {
		return query{conn: c, ctx: ctx, text: text}, nil
	}
	call := budget.Call{Database: c.handle.database, Statement: c.handle.statements.Read(text), Transaction: c.transaction}
	call.Arguments, call.Key = c.handle.hash.arguments(args)
	if r.TracksValues() {
		call.Hashes = hashTexts(c.handle.hash.seed, args)
	}
	if c.handle.arguments {
		call.SQL, call.Values = text, keepArguments(args)
	}
	x, err := r.Start(call)
	q := query{execution: x}
	if r.TracksValues() {
		q.values = &values{seed: c.handle.hash.seed}
	}
	return q, err
}

// end takes the outcome of a driver call that returns no rows.
func (q *query) end(result driver.Result, err error) {
	if q.conn != nil {
		q.unattributed(err)
		return
	}
	q.execution.End(affected(result, err), err)
}

// open takes the outcome of a driver call that returns rows, and wraps them if
// somebody counts them.
func (q *query) open(bare driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		q.end(nil, err)
		return bare, err
	}
	if q.conn != nil {
		q.unattributed(nil)
		return bare, nil
	}
	q.execution.Open()
	return wrapRows(bare, q.execution, q.values), nil
}

func (q *query) unattributed(err error) {
	h := q.conn.handle
	h.database.CountUnattributed(q.ctx, h.statements.Read(q.text), err != nil)
}

// affected asks a result for the number of rows it changed, 0 if it cannot say.
func affected(result driver.Result, err error) int64 {
	if result == nil || err != nil {
		return 0
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0
	}
	return n
}

func (e execer) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	q, err := e.conn.start(ctx, text, args)
	if err != nil {
		return nil, err
	}
	result, err := exec(ctx, e.conn.bare, text, args)
	if !e.conn.declined(&q, text, args, err) {
		q.end(result, err)
	}
	return result, err
}

func (e queryer) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	q, err := e.conn.start(ctx, text, args)
	if err != nil {
		return nil, err
	}
	bare, err := queryRows(ctx, e.conn.bare, text, args)
	if e.conn.declined(&q, text, args, err) {
		return nil, err
	}
	return q.open(bare, err)
}

// declined reports whether the driver answered driver.ErrSkip: database/sql, which
// compares it by identity, will prepare the text. Until then nothing was asked.
func (c *conn) declined(q *query, text string, args []driver.NamedValue, err error) bool {
	if err != driver.ErrSkip { //nolint:errorlint // as database/sql does
		c.skipped, c.skippedArgs = "", nil
		return false
	}
	c.skipped, c.skippedArgs = text, args
	q.execution.Skip()
	return true
}
