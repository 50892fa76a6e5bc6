package budget

import (
	"context"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// CallTracer is told of the calls of a wrapper: it makes a span of each, or writes a line.
// It is for wrappers of interfaces where nothing can stand between the account and the
// driver, such as package pgxwrap; exporters/otelbudget has one. It is used concurrently.
//
// The context of TraceStart carries a [RunningQuery]. What TraceStart returns is the
// context of the call from then on, and that of TraceEnd, which comes once. A query that
// the budget refuses is no call.
type CallTracer interface {
	TraceStart(ctx context.Context, c TracedCall) context.Context
	TraceEnd(ctx context.Context, err error)
}

// TracedCall is a call that begins.
type TracedCall struct {
	// Method is what the wrapper calls it: "pgx.connect". It is empty for what is sent as a
	// statement, which has a name of its own.
	Method string
	// Application is the context as the application gave it. Where it differs from the
	// one of TraceStart, another instrumentation was told before, and may have a span there.
	Application context.Context
	// Began is when it began, for a statement of a batch, which is told when it ends. Zero
	// for all others: now.
	Began time.Time
}

// ContextFrom is like [Database.Context], for a wrapper that knows the stack of the call.
func (d *Database) ContextFrom(ctx context.Context, st *statement.Statement, stack *callsite.Stack) context.Context {
	return &runningContext{ctx, RunningQuery{database: d, statement: st, stack: stack}}
}
