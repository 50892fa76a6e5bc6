package pgxwrap

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/querybudget/querybudget/budget"
)

// connecting is the key of a connect that is under way.
type connecting struct{}

type connect struct {
	recorder *budget.Recorder
	began    time.Duration
	counted  bool
	traced   context.Context
}

func (t *tracer) TraceConnectStart(ctx context.Context, data pgx.TraceConnectStartData) context.Context {
	r := t.database.Recorder(ctx)
	application := ctx
	c := &connect{recorder: r, began: r.Clock(), counted: t.countedAbove(ctx)}
	ctx = t.markCall(context.WithValue(ctx, connecting{}, c), c.counted, "")
	if t.below.connect != nil {
		ctx = t.below.connect.TraceConnectStart(ctx, data)
	}
	ctx, c.traced = t.traceCall(ctx, application, c.counted, "pgx.connect")
	return ctx
}

func (t *tracer) TraceConnectEnd(ctx context.Context, data pgx.TraceConnectEndData) {
	if c, ok := ctx.Value(connecting{}).(*connect); ok {
		if !c.counted {
			c.recorder.Connected(c.began, data.Err)
		}
		t.traceEnd(c.traced, data.Err)
		if data.Conn != nil {
			t.connectionOf(data.Conn).counted = c.counted
		}
	}
	if t.below.connect != nil {
		t.below.connect.TraceConnectEnd(ctx, data)
	}
}

// countedAbove reports whether package sqlwrap asks for a connection: what is sent on it
// is counted there. What we have marked ourselves is our own.
func (t *tracer) countedAbove(ctx context.Context) bool {
	running := budget.RunningQueryFromContext(ctx)
	return running != nil && running.Database() != t.database
}
