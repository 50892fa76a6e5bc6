package sqlwrap

import (
	"context"
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// query is one query on its way through a connection or a statement. It is small
// enough for registers.
type query struct {
	execution budget.Execution
	more      *moreOfQuery // nil for most
	// database is set if there is no recorder: the query is counted on its handle
	// once the driver has executed it.
	database  *budget.Database
	ctx       context.Context
	statement *statement.Statement
}

// moreOfQuery is what few queries have.
type moreOfQuery struct {
	values  *values        // where they are tracked
	control budget.Control // of a transaction; isControl says whether it is one, and no query

	isControl bool
}

func (q *query) isControl() bool { return q.more != nil && q.more.isControl }

// inserts returns the values to take note of, of an INSERT; nil for all others.
func (q *query) inserts() *values {
	if q.more == nil || q.more.values == nil || !q.more.values.isInsert {
		return nil
	}
	return q.more.values
}

// start admits a query. The error is a *budget.ExceededError.
func (c *conn) start(
	ctx context.Context,
	st *statement.Statement,
	text string,
	args []driver.NamedValue,
) (query, error) {
	database := c.handle.database
	r := database.Recorder(ctx)
	if !st.Kind.IsQuery() {
		if x, is := c.account.StartControl(ctx, database, r, st); is {
			return query{more: &moreOfQuery{control: x, isControl: true}}, nil
		}
	}
	if r == nil {
		return query{database: database, ctx: ctx, statement: st}, nil
	}
	call := budget.Call{Database: database, Statement: st, Connection: &c.account}
	if st.Verb == "INSERT" && r.TellsInserts() {
		call.Arguments.Inserts = new([]uint64)
	}
	for i := range args {
		call.Arguments.Add(st, c.handle.hasher, args[i].Value)
	}
	call.Arguments.End(st)
	var more *moreOfQuery
	if r.TracksValues() || c.handle.arguments || r.KeepsTexts() {
		call.Detail, more = c.detail(r, st, text, args)
	}
	x, err := r.Start(call)
	return query{execution: x, more: more}, err
}

// detail takes what somebody opted in to.
func (c *conn) detail(
	r *budget.Recorder,
	st *statement.Statement,
	text string,
	args []driver.NamedValue,
) (d *budget.CallDetail, more *moreOfQuery) {
	d = &budget.CallDetail{}
	if r.TracksValues() {
		d.Hashes, d.OneEach = hashTexts(c.handle.hasher, args, takesArrays(st))
		d.Parts = partsOf(c.handle.hasher, args)
		more = &moreOfQuery{values: newValues(c.handle.hasher, st)}
	}
	if c.handle.arguments {
		d.SQL, d.Values = text, keepArguments(args)
	} else if r.KeepsTexts() {
		d.SQL = text
	}
	return d, more
}

// contextOf returns the context of the query for whoever is below the account.
func (c *conn) contextOf(ctx context.Context, q *query) context.Context {
	switch {
	case !c.informs:
		return ctx
	case q.isControl():
		return c.handle.database.Context(ctx, q.more.control.Statement())
	case q.database != nil:
		return q.database.Context(ctx, q.statement)
	default:
		return q.execution.Context(ctx)
	}
}

// unlessReturned is deferred around a driver call, and ends the query of one that does
// not return.
func (q *query) unlessReturned(returned *bool) {
	if !*returned {
		q.end(nil, panicOrGoexit{})
	}
}

// end takes the outcome of a driver call that returns no rows.
func (q *query) end(result driver.Result, err error) {
	if q.isControl() {
		q.more.control.End(err)
		return
	}
	if q.database != nil {
		q.database.CountUnattributed(q.ctx, q.statement, err != nil)
		return
	}
	if v := q.inserts(); v != nil && err == nil && result != nil {
		v.inserted(result)
		q.execution.Fetched(&v.seen)
	}
	q.execution.End(affected(result, err), err)
}

// open takes the outcome of a driver call that returns rows, and wraps them if
// somebody counts them.
func (q *query) open(ctx context.Context, c *conn, via driver.Rows, err error) (driver.Rows, error) {
	bare := c.lower.takeRows() // also those that Config.Inner made an error of
	if err != nil {
		q.end(nil, err)
		return via, err
	}
	if q.database != nil || q.isControl() {
		q.end(nil, nil)
		if bare == nil {
			return via, nil
		}
	} else {
		q.execution.Open()
	}
	r := c.newRows()
	r.via, r.ctx, r.execution = via, ctx, q.execution
	if bare != nil || q.more != nil {
		r.more = &moreOfRows{bare: bare}
		if q.more != nil {
			r.more.values = q.more.values
		}
	}
	return wrapRows(r), nil
}

// affected asks a result for the number of rows it changed, -1 if it cannot say. The
// application did not ask: a driver that panics here does so for it alone.
func affected(result driver.Result, err error) (n int64) {
	if err != nil {
		return 0
	}
	if result == nil {
		return -1
	}
	n = -1
	defer func() { _ = recover() }()
	if told, err := result.RowsAffected(); err == nil {
		n = told
	}
	return n
}

func (e execer) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return e.conn.exec(ctx, e.conn.execer, text, args)
}

func (q queryer) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	return q.conn.query(ctx, q.conn.queryer, text, args)
}

// exec executes a statement. Down is the way to the driver.
func (c *conn) exec(
	ctx context.Context,
	down driver.ExecerContext,
	text string,
	args []driver.NamedValue,
) (driver.Result, error) {
	st := c.read(text)
	q, err := c.start(ctx, st, text, args)
	if err != nil {
		return nil, err
	}
	returned := false
	defer q.unlessReturned(&returned)
	result, err := down.ExecContext(c.contextOf(ctx, &q), c.commented(ctx, st, text), args)
	returned, err = true, reveal(err)
	if !c.declined(&q, text, args, err) {
		q.end(result, err)
	}
	return result, err
}

// query sends a query in the same way.
func (c *conn) query(
	ctx context.Context,
	down driver.QueryerContext,
	text string,
	args []driver.NamedValue,
) (driver.Rows, error) {
	st := c.read(text)
	q, err := c.start(ctx, st, text, args)
	if err != nil {
		return nil, err
	}
	returned := false
	defer q.unlessReturned(&returned)
	via, err := down.QueryContext(c.contextOf(ctx, &q), c.commented(ctx, st, text), args)
	returned, err = true, reveal(err)
	if c.declined(&q, text, args, err) {
		return nil, err
	}
	return q.open(ctx, c, via, err)
}

// declined reports whether the driver answered driver.ErrSkip: database/sql, which
// compares it by identity, will prepare the text. Until then nothing was asked.
func (c *conn) declined(q *query, text string, args []driver.NamedValue, err error) bool {
	if err != driver.ErrSkip { //nolint:errorlint // as database/sql does
		if c.skipped != "" {
			c.skipped, c.skippedArgs = "", nil
		}
		return false
	}
	c.skipped, c.skippedArgs = text, args
	q.execution.Skip()
	return true
}
