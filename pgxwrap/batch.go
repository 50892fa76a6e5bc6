package pgxwrap

import (
	"context"
	"errors"
	"runtime"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func (t *tracer) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	c, application := t.connectionOf(conn), ctx
	err := t.startBatch(ctx, c, conn, data.Batch.QueuedQueries)
	ctx = t.markCall(ctx, c.counted || len(c.batch) == 0, "")
	if t.below.batch != nil {
		ctx = t.below.batch.TraceBatchStart(ctx, conn, data)
	}
	return refuse(t.traceBatch(ctx, application, c), err)
}

// startBatch admits all statements of a batch, or none: it is sent as a whole.
func (t *tracer) startBatch(ctx context.Context, c *connection, conn *pgx.Conn, queued []*pgx.QueuedQuery) error {
	if c.counted || ctx.Err() != nil {
		return nil
	}
	c.endBatch(t, nil) // whose end nobody told
	c.batch = make([]query, 0, len(queued))
	place := 1
	for _, one := range queued {
		q, err := t.start(ctx, c, conn, one.SQL, one.Arguments, place)
		if err != nil {
			c.takeBack()
			return err
		}
		if c.batch = append(c.batch, q); q.control == nil {
			place++
		}
	}
	return nil
}

// takeBack makes the statements of a batch that were not executed none.
func (c *connection) takeBack() {
	for i := len(c.batch) - 1; i >= 0; i-- {
		c.batch[i].execution.Skip()
	}
	c.batch = nil
}

func (t *tracer) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	c := t.connectionOf(conn)
	if !c.counted && len(c.batch) > 0 {
		c.end(t, &c.batch[0], outcome{data.CommandTag, data.Err})
		if c.batch = c.batch[1:]; data.Err != nil {
			c.takeBack() // the server skips the rest
		} else if len(c.batch) > 0 {
			c.batch[0].execution.Turn()
		}
	}
	switch {
	case t.below.batch != nil:
		t.below.batch.TraceBatchQuery(ctx, conn, data)
	case t.below.query != nil && calledByRows():
		t.below.query.TraceQueryEnd(ctx, conn, pgx.TraceQueryEndData{CommandTag: data.CommandTag, Err: data.Err})
	}
}

// calledByRows reports whether the hook that calls it is called where rows are closed. pgx
// tells a tracer without hooks for batches there that a query has ended (rows.go, Close).
func calledByRows() bool {
	var pc [1]uintptr
	runtime.Callers(3, pc[:])
	frame, _ := runtime.CallersFrames(pc[:]).Next()
	return frame.Function == "github.com/jackc/pgx/v5.(*baseRows).Close"
}

func (t *tracer) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchEndData) {
	if c := t.connectionOf(conn); !c.counted {
		c.endBatch(t, data.Err)
		c.sync(conn)
	}
	if t.below.batch != nil {
		t.below.batch.TraceBatchEnd(ctx, conn, data)
	}
}

// endBatch ends what is left of a batch, whose end is told twice after an early error.
func (c *connection) endBatch(t *tracer, err error) {
	var preprocessing pgx.ErrPreprocessingBatch
	switch {
	case neverSent(err) || len(c.batch) == 0:
	case errors.As(err, &preprocessing):
		c.failPrepare(t, preprocessing.SQL(), err)
	case pgconn.SafeToRetry(err): // the connection is busy, or broken
		c.end(t, &c.batch[0], outcome{err: err})
	default:
		c.endUnread(t, err)
	}
	c.takeBack()
	t.traceBatchEnd(c, err)
}

// failPrepare ends a statement that could not be prepared: it has failed, and nothing was
// executed.
func (c *connection) failPrepare(t *tracer, sql string, err error) {
	st := t.statements.Read(sql)
	for i := range c.batch {
		if q := &c.batch[i]; q.statement == st {
			c.end(t, q, outcome{err: err})
			return
		}
	}
}

// endUnread ends the statements whose results nobody has read: the server has executed
// them. An error of the server is that of the first.
func (c *connection) endUnread(t *tracer, err error) {
	var ofServer *pgconn.PgError
	if !errors.As(err, &ofServer) {
		err = nil // the application's
	}
	for i := range c.batch {
		c.end(t, &c.batch[i], outcome{err: err})
		err = nil
	}
}
