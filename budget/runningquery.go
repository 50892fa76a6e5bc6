package budget

import (
	"context"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// RunningQuery is what a driver wrapper is doing for the application: a query, a
// prepare, a transaction's begin. The wrapper puts it into the context that it
// passes on, for instrumentation between the account and the driver, such as
// tracing, which finds it with [RunningQueryFromContext].
//
// The methods are safe for concurrent use, and on a nil RunningQuery, which knows
// nothing.
type RunningQuery struct {
	database            *Database
	statement           *statement.Statement
	stack               *callsite.Stack // nil where it is looked at only if somebody asks
	position, duplicate int64
	origin              *origin // nil for what is no query, or counted by nobody
}

// runningKey is the key of what a driver wrapper passes on. The recorder is on its
// way in, this on its way out.
type runningKey struct{}

// runningContext is a context with a RunningQuery: one allocation in place of two.
type runningContext struct {
	context.Context
	running RunningQuery
}

func (c *runningContext) Value(key any) any {
	if key == (runningKey{}) {
		return &c.running
	}
	return c.Context.Value(key)
}

// RunningQueryFromContext returns what is running in ctx, nil if ctx does not come
// from a driver wrapper.
func RunningQueryFromContext(ctx context.Context) *RunningQuery {
	r, _ := ctx.Value(runningKey{}).(*RunningQuery)
	return r
}

// Context returns a copy of ctx that tells instrumentation below about the
// execution. It is for driver wrappers, between Start and the driver call. For the
// zero Execution it returns ctx itself.
func (x *Execution) Context(ctx context.Context) context.Context {
	if x.recorder == nil {
		return ctx
	}
	o := x.record.origin
	running := RunningQuery{database: o.database, statement: o.statement, stack: o.stack, origin: o}
	running.position, running.duplicate = x.place()
	return &runningContext{ctx, running}
}

// Context returns a copy of ctx that tells instrumentation below about a driver call
// which is no query, or which nobody counts. The statement is nil for one that
// has no text. With a nil Database it tells no more than that there is such a call, as
// before the first connection of a handle.
func (d *Database) Context(ctx context.Context, st *statement.Statement) context.Context {
	return &runningContext{ctx, RunningQuery{database: d, statement: st}}
}

// Database is the handle that it runs on.
func (r *RunningQuery) Database() *Database {
	if r == nil {
		return nil
	}
	return r.database
}

// Statement is the statement, nil for a driver call that has none, such as a
// transaction's begin.
func (r *RunningQuery) Statement() *statement.Statement {
	if r == nil {
		return nil
	}
	return r.statement
}

// CallSite is where it comes from. For what is no query, or is counted by nobody,
// it is the caller's, and the wrapper has to be on the stack.
func (r *RunningQuery) CallSite() callsite.CallSite {
	switch {
	case r == nil || r.stack == nil && r.database == nil:
		return callsite.CallSite{}
	case r.stack == nil:
		return r.database.stacks.Capture().CallSite()
	default:
		return r.stack.CallSite()
	}
}

// Position is the query's place among those of its unit of work in the order in
// which they were started, from 1; 0 for what is no query, or counted by nobody.
func (r *RunningQuery) Position() int64 {
	if r == nil {
		return 0
	}
	return r.position
}

// Duplicate is the query's place among the repetitions of a read that was
// answered before, from 1; 0 for one that is no [Duplicate], by what was answered
// when it was started.
func (r *RunningQuery) Duplicate() int64 {
	if r == nil {
		return 0
	}
	return r.duplicate
}

// Kept returns what make returned when it was first called for the same statement from
// the same call site, for what instrumentation makes of the two over and over, such as
// the attributes of a span. It may be called again: after some time, for what is no
// query, and where owners, which tell those who use it apart, take turns. Make must
// depend on Statement and CallSite alone, and its result must not be changed.
func (r *RunningQuery) Kept(owner any, make func() any) any {
	if r == nil || r.origin == nil {
		return make()
	}
	if k := r.origin.kept.Load(); k != nil && k.owner == owner {
		return k.value
	}
	k := &keptValue{owner, make()}
	r.origin.kept.Store(k)
	return k.value
}

// place returns the position of x, and which repetition of a read it is in the whole
// unit.
func (x *Execution) place() (position, repetition int64) {
	st := x.record.origin.statement
	if !st.Kind.IsQuery() {
		return 0, 0
	}
	u := x.recorder.unit
	u.lock()
	defer u.mu.Unlock()
	if st.Repeatable {
		s := x.recorder
		for s.parent != nil {
			s = s.parent
		}
		repetition = s.account.reads.repetition(x.record)
	}
	return int64(x.record.position), repetition
}
