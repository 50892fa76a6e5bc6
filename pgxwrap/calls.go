package pgxwrap

import (
	"context"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// mark tells the tracers below, and that of calls, what is running. It costs something, and
// is left out where nobody is told of calls.
func (t *tracer) mark(ctx context.Context, q *query) context.Context {
	switch {
	case t.calls == nil || q == nil || q.statement == nil:
		return ctx
	case q.control != nil || q.unattributed:
		return t.database.ContextFrom(ctx, q.statement, q.stack)
	default:
		return q.execution.Context(ctx)
	}
}

// markCall is mark for what is no query, with its text if it has one.
func (t *tracer) markCall(ctx context.Context, counted bool, sql string) context.Context {
	if t.calls == nil || counted {
		return ctx
	}
	var st *statement.Statement
	if sql != "" {
		st = t.statements.Read(sql)
	}
	return t.database.Context(ctx, st)
}

// traceQuery tells of a query that begins. Its end is told where it is counted.
func (t *tracer) traceQuery(ctx, application context.Context, q *query) context.Context {
	if t.calls == nil || q == nil || q.statement == nil {
		return ctx
	}
	q.traced = t.calls.TraceStart(ctx, budget.TracedCall{Application: application})
	return q.traced
}

// traceCall tells of another call that begins. The second context is nil for one whose end
// nobody is told of.
func (t *tracer) traceCall(ctx, application context.Context, counted bool, method string) (_, traced context.Context) {
	if t.calls == nil || counted {
		return ctx, nil
	}
	traced = t.calls.TraceStart(ctx, budget.TracedCall{Method: method, Application: application})
	return traced, traced
}

func (t *tracer) traceEnd(traced context.Context, err error) {
	if traced != nil {
		t.calls.TraceEnd(traced, err)
	}
}

// batchTrace is what the tracer of calls is told of a batch.
type batchTrace struct {
	ctx  context.Context // nil where it is told nothing
	turn time.Time       // when the driver came to the statement that is running
}

// traceBatch tells of a batch that begins. Its statements are told of when they end, since
// the server may never come to them.
func (t *tracer) traceBatch(ctx, application context.Context, c *connection) context.Context {
	if t.calls == nil || c.counted || len(c.batch) == 0 {
		return ctx
	}
	ctx, c.told.ctx = t.traceCall(ctx, application, false, "pgx.batch")
	c.told.turn = time.Now()
	for i := range c.batch {
		c.batch[i].traced, c.batch[i].inBatch = t.mark(ctx, &c.batch[i]), true
	}
	return ctx
}

// traceEnded tells that a query has ended.
func (t *tracer) traceEnded(c *connection, q *query, err error) {
	if !q.inBatch {
		t.traceEnd(q.traced, err)
		return
	}
	if !neverSent(err) {
		began := c.told.turn
		c.told.turn = time.Now()
		t.calls.TraceEnd(t.calls.TraceStart(q.traced, budget.TracedCall{Application: q.traced, Began: began}), err)
	}
}

// traceBatchEnd tells that a batch has ended, once.
func (t *tracer) traceBatchEnd(c *connection, err error) {
	t.traceEnd(c.told.ctx, err)
	c.told = batchTrace{}
}
