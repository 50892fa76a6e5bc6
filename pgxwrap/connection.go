package pgxwrap

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// connection is what is known of a connection. Like the connection, it is used by one
// goroutine at a time.
type connection struct {
	// counted is set where what is sent is counted elsewhere: by package sqlwrap, above.
	counted bool
	// account knows the transaction that is open.
	account budget.Connection
	// names are the statements that the application has prepared, by their names.
	names map[string]string

	holder holder // of a connection of a pool

	running  query   // that was sent last, and has not ended
	batch    []query // in the same way
	told     batchTrace
	also     int     // queries that were sent although one is running, see startQuery
	copies   bool    // it is CopyFrom
	prepares prepare // the statement that is being prepared
}

// dataKey is where a connection keeps what we know of it.
const dataKey = "querybudget"

func (t *tracer) connectionOf(conn *pgx.Conn) *connection {
	data := conn.PgConn().CustomData()
	c, ok := data[dataKey].(*connection)
	if !ok {
		c = &connection{}
		data[dataKey] = c
		t.pool.add(c)
	}
	return c
}

// query is one query on its way. The zero query is none.
type query struct {
	execution budget.Execution
	statement *statement.Statement // nil for no query
	// unattributed is set where no recorder counts it, with its context and its stack.
	unattributed bool
	ctx          context.Context
	stack        *callsite.Stack
	control      *budget.Control // of a transaction, nil for a query
	// traced is the context of a query that the tracer of calls was told of, or is told of when
	// it ends: in a batch.
	traced  context.Context
	inBatch bool
}

// outcome is how a query ended.
type outcome struct {
	tag pgconn.CommandTag
	err error
}

// alsoRunning is the key of a query that is sent although another one is running on the
// connection: pgx will say that it is busy.
type alsoRunning struct{}

// startQuery admits a query, which is nil where nothing is counted here. The error is a
// *budget.ExceededError.
func (t *tracer) startQuery(
	ctx context.Context,
	c *connection,
	conn *pgx.Conn,
	sql string,
	args []any,
) (_ context.Context, _ *query, err error) {
	if c.counted {
		return ctx, nil, nil
	}
	c.copies = false
	if c.running.statement != nil {
		if conn.PgConn().IsBusy() {
			return t.startAlso(ctx, c, conn, sql, args)
		}
		c.endQuery(ctx, t, conn, outcome{}) // whose end nobody told
	}
	if ctx.Err() == nil { // of a context that has ended nothing is sent
		c.running, err = t.start(ctx, c, conn, sql, args, 0)
	}
	return ctx, &c.running, err
}

// startAlso admits a query on a connection that is busy. Its end is found in its context.
func (t *tracer) startAlso(
	ctx context.Context,
	c *connection,
	conn *pgx.Conn,
	sql string,
	args []any,
) (_ context.Context, _ *query, err error) {
	q := &query{}
	if ctx.Err() == nil {
		*q, err = t.start(ctx, c, conn, sql, args, 0)
	}
	c.also++
	return context.WithValue(ctx, alsoRunning{}, q), q, err
}

// start admits a query, with its place in a batch, from 1.
func (t *tracer) start(
	ctx context.Context,
	c *connection,
	conn *pgx.Conn,
	sql string,
	args []any,
	place int,
) (query, error) {
	c.sync(conn)
	if text, ok := c.names[sql]; ok {
		sql = text
	}
	sql, args, unknown := resolve(ctx, conn, sql, args)
	st := t.statements.Read(sql)
	r := t.database.Recorder(ctx)
	if !st.Kind.IsQuery() {
		if x, is := c.account.StartControl(ctx, t.database, r, st); is {
			if st.Kind == statement.Begin {
				c.holder.begins(t, st)
			}
			return query{statement: st, control: &x}, nil
		}
	}
	if r == nil {
		return query{statement: st, unattributed: true, ctx: ctx, stack: t.stacks.Capture()}, nil
	}
	call := budget.Call{
		Database: t.database, Statement: st, Connection: &c.account, Stack: t.stacks.Capture(),
		OnlyEnd: place == 0, Place: place, CannotRefuse: belowDatabaseSQL,
	}
	if unknown {
		args = []any{untold}
	}
	t.addArguments(&call, r, sql, args)
	x, err := r.Start(call)
	if err != nil {
		return query{}, err
	}
	c.holder.sent(st, call.Stack)
	return query{statement: st, execution: x}, nil
}

// addArguments takes the arguments, and what somebody opted in to.
func (t *tracer) addArguments(call *budget.Call, r *budget.Recorder, sql string, args []any) {
	st := call.Statement
	if st.Verb == "INSERT" && r.TellsInserts() {
		call.Arguments.Inserts = new([]uint64)
	}
	for _, v := range args {
		call.Arguments.Add(st, t.hasher, v)
	}
	call.Arguments.End(st)
	if t.arguments || r.TracksValues() || r.KeepsTexts() {
		call.Detail = t.detail(r, sql, args)
	}
}

func (t *tracer) detail(r *budget.Recorder, sql string, args []any) *budget.CallDetail {
	d := &budget.CallDetail{}
	if r.TracksValues() {
		d.Hashes = make([]uint64, len(args))
		for i, v := range args {
			d.Hashes[i] = t.hasher.Text(v)
		}
	}
	if t.arguments {
		d.SQL, d.Values = sql, keepArguments(args)
	} else if r.KeepsTexts() {
		d.SQL = sql
	}
	return d
}

// endQuery takes the outcome of the query that is running.
func (c *connection) endQuery(ctx context.Context, t *tracer, conn *pgx.Conn, o outcome) {
	if c.counted {
		return
	}
	q := &c.running
	if c.also > 0 {
		if also, ok := ctx.Value(alsoRunning{}).(*query); ok {
			c.also--
			q = also
		}
	}
	c.end(t, q, o)
	c.sync(conn)
}

// end ends a query, once.
func (c *connection) end(t *tracer, q *query, o outcome) {
	done := *q
	*q = query{}
	t.traceEnded(c, &done, o.err)
	switch st := done.statement; {
	case st == nil:
	case done.control != nil:
		done.control.RolledBack = o.tag.String() == "ROLLBACK" && st.Verb != "ROLLBACK" // COMMIT of one that has failed
		done.control.End(o.err)
	case neverSent(o.err):
		done.execution.Skip()
	case done.unattributed:
		t.database.CountUnattributedFrom(done.ctx, done.stack, st, o.err != nil)
	case fetches(st, o.tag):
		done.execution.Close(o.tag.RowsAffected(), o.err)
	case o.err != nil:
		done.execution.End(0, o.err)
	default:
		done.execution.End(affected(o.tag), nil)
	}
}

// neverSent reports whether the context had ended before anything was sent.
func neverSent(err error) bool {
	return err != nil && pgconn.Timeout(err) && pgconn.SafeToRetry(err)
}

// fetches reports whether the rows in a tag are rows that were fetched: also those of a
// write that returns what it has written, as for package sqlwrap.
func fetches(st *statement.Statement, tag pgconn.CommandTag) bool {
	text := tag.String()
	switch {
	case text == "":
		return st.Kind == statement.Read
	case tag.Select() || strings.HasPrefix(text, "FETCH"):
		return true
	default:
		return st.Kind == statement.Write && (strings.Contains(st.Shape, "RETURNING") || strings.Contains(st.Shape, "returning"))
	}
}

// affected is the number of rows in a tag, -1 for one that has none.
func affected(tag pgconn.CommandTag) int64 {
	text := tag.String()
	if text == "" || text[len(text)-1] < '0' || text[len(text)-1] > '9' {
		return -1
	}
	return tag.RowsAffected()
}
