package pgxwrap

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// tracer has all hooks of pgx and of its pool. Those that the tracer below does not have
// end here.
type tracer struct {
	database   *budget.Database
	statements *statement.Reader
	hasher     *statement.Hasher
	stacks     *callsite.Cache
	arguments  bool
	below      below
	calls      budget.CallTracer // nil for none
	pool       pool
}

func (t *tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	application := ctx
	ctx, q, err := t.startQuery(ctx, t.connectionOf(conn), conn, data.SQL, data.Args)
	ctx = t.mark(ctx, q)
	if t.below.query != nil {
		ctx = t.below.query.TraceQueryStart(ctx, conn, data)
	}
	return refuse(t.traceQuery(ctx, application, q), err)
}

func (t *tracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	t.connectionOf(conn).endQuery(ctx, t, conn, outcome{data.CommandTag, data.Err})
	if t.below.query != nil {
		t.below.query.TraceQueryEnd(ctx, conn, data)
	}
}

func (t *tracer) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	c := t.connectionOf(conn)
	application := ctx
	ctx, q, err := t.startQuery(ctx, c, conn, copyText(data), nil)
	c.copies = c.running.statement != nil
	ctx = t.mark(ctx, q)
	if t.below.copy != nil {
		ctx = t.below.copy.TraceCopyFromStart(ctx, conn, data)
	}
	return refuse(t.traceQuery(ctx, application, q), err)
}

func (t *tracer) TraceCopyFromEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromEndData) {
	c := t.connectionOf(conn)
	c.copies = false
	c.endQuery(ctx, t, conn, outcome{data.CommandTag, data.Err})
	if t.below.copy != nil {
		t.below.copy.TraceCopyFromEnd(ctx, conn, data)
	}
}

// copyText is the statement that pgx sends for CopyFrom.
func copyText(data pgx.TraceCopyFromStartData) string {
	columns := make([]byte, 0, 64)
	for i, name := range data.ColumnNames {
		if i > 0 {
			columns = append(columns, ", "...)
		}
		columns = append(columns, pgx.Identifier{name}.Sanitize()...)
	}
	return "copy " + data.TableName.Sanitize() + " ( " + string(columns) + " ) from stdin binary;"
}
