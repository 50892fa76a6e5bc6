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
}

func (t *tracer) TraceConnectStart(ctx context.Context, data pgx.TraceConnectStartData) context.Context {
	r := t.database.Recorder(ctx)
	c := &connect{recorder: r, began: r.Clock(), counted: countedAbove(ctx)}
	ctx = context.WithValue(ctx, connecting{}, c)
	if t.below.connect != nil {
		ctx = t.below.connect.TraceConnectStart(ctx, data)
	}
	return ctx
}

func (t *tracer) TraceConnectEnd(ctx context.Context, data pgx.TraceConnectEndData) {
	if c, ok := ctx.Value(connecting{}).(*connect); ok {
		if !c.counted {
			c.recorder.Connected(c.began, data.Err)
		}
		if data.Conn != nil {
			t.connectionOf(data.Conn).counted = c.counted
		}
	}
	if t.below.connect != nil {
		t.below.connect.TraceConnectEnd(ctx, data)
	}
}

// countedAbove reports whether package sqlwrap asks for a connection: what is sent on it
// is counted there.
func countedAbove(ctx context.Context) bool { return budget.RunningQueryFromContext(ctx) != nil }
