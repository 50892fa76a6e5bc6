package pgxwrap

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// pool is what is known of the pool that a tracer was made for. If there are several, of
// one configuration, it knows the latest, and looks more often than it needs to.
type pool struct {
	latest   atomic.Pointer[pgxpool.Pool]
	limit    atomic.Int64 // of the latest
	acquired atomic.Int64 // connections, of all
	waiting  atomic.Int64 // for one
	waits    atomic.Int64 // so far

	mu          sync.Mutex
	connections []weak.Pointer[connection]
}

// holder tells who uses a connection of a pool. Others look at it.
type holder struct {
	goroutine atomic.Uint64 // 0 while it is in the pool
	statement atomic.Pointer[statement.Statement]
	stack     atomic.Pointer[callsite.Stack]
}

func (h *holder) took() {
	h.statement.Store(nil)
	h.goroutine.Store(callsite.Goroutine())
}

// sent takes note of what was sent last, unless the connection is of no pool.
func (h *holder) sent(st *statement.Statement, s *callsite.Stack) {
	if h.goroutine.Load() != 0 {
		h.goroutine.Store(callsite.Goroutine())
		h.statement.Store(st)
		h.stack.Store(s)
	}
}

// begins takes note of BEGIN, whose line is told until something else is sent.
func (h *holder) begins(t *tracer, st *statement.Statement) {
	if h.goroutine.Load() != 0 {
		h.sent(st, t.stacks.Capture())
	}
}

// add takes note of a connection, as long as there is one.
func (p *pool) add(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.connections) == cap(p.connections) {
		p.connections = slices.DeleteFunc(p.connections, func(w weak.Pointer[connection]) bool { return w.Value() == nil })
	}
	p.connections = append(p.connections, weak.Make(c))
}

// heldByMe returns what the calling goroutine sent last on a connection that it holds, the zero
// Call for none, where so many are in use. Nobody tells of one that was hijacked, and is not
// the pool's any more: who holds what is not known then.
func (p *pool) heldByMe(inUse int32) (held budget.Call) {
	if p.acquired.Load() > int64(inUse) {
		return held
	}
	me := callsite.Goroutine()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.connections {
		if c := w.Value(); c != nil && c.holder.goroutine.Load() == me {
			held.Statement, held.Stack = c.holder.statement.Load(), c.holder.stack.Load()
			return held
		}
	}
	return held
}

// isFull reports whether all connections of a pool are in use, and how many are. Few have to
// ask the pool, which takes its lock.
func (p *pool) isFull(of *pgxpool.Pool) (full bool, inUse int32) {
	if p.acquired.Load() < p.limit.Load() {
		return false, 0
	}
	s := of.Stat()
	return s.AcquiredConns()+s.ConstructingConns() >= s.MaxConns(), s.AcquiredConns()
}

// wait is one for a connection of a full pool.
type wait struct {
	counted *budget.Wait // nil without a recorder
	traced  context.Context
}

// waitingKey is the key of a wait that is under way.
type waitingKey struct{}

func (t *tracer) TraceAcquireStart(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireStartData) context.Context {
	p := &t.pool
	if p.latest.Load() != pool {
		t.watch(pool)
	}
	application, w := ctx, (*wait)(nil)
	if full, inUse := p.isFull(pool); full && !t.countedAbove(ctx) {
		p.waits.Add(1)
		p.waiting.Add(1)
		w = &wait{counted: t.database.Wait(t.database.Recorder(ctx), p.heldByMe(inUse))}
		ctx = t.markCall(context.WithValue(ctx, waitingKey{}, w), false, "")
	}
	if t.below.acquire != nil {
		ctx = t.below.acquire.TraceAcquireStart(ctx, pool, data)
	}
	if w != nil {
		ctx, w.traced = t.traceCall(ctx, application, false, "pgxpool.acquire")
	}
	return ctx
}

// watch lets the account know a pool.
func (t *tracer) watch(pool *pgxpool.Pool) {
	limit := pool.Stat().MaxConns()
	t.pool.limit.Store(int64(limit))
	t.pool.latest.Store(pool)
	t.database.WatchPool(func() budget.Pool {
		in := t.pool.acquired.Load()
		if in >= int64(limit) { // also for one that was hijacked, and is not the pool's any more
			in = int64(pool.Stat().AcquiredConns())
		}
		return budget.Pool{Max: int(limit), InUse: int(in), Waits: t.pool.waits.Load()}
	})
}

func (t *tracer) TraceAcquireEnd(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	if t.pool.waiting.Load() > 0 {
		if w, ok := ctx.Value(waitingKey{}).(*wait); ok {
			t.pool.waiting.Add(-1)
			t.traceEnd(w.traced, data.Err)
			w.counted.End(data.Err)
		}
	}
	if data.Conn != nil {
		c := t.connectionOf(data.Conn)
		c.counted = t.countedAbove(ctx)
		c.holder.took()
		c.account.Watched = true
		c.account.Released()
		t.pool.acquired.Add(1)
	}
	if t.below.acquire != nil {
		t.below.acquire.TraceAcquireEnd(ctx, pool, data)
	}
}

func (t *tracer) TraceRelease(pool *pgxpool.Pool, data pgxpool.TraceReleaseData) {
	c := t.connectionOf(data.Conn)
	if !data.Conn.PgConn().IsBusy() {
		c.endQuery(context.Background(), t, data.Conn, outcome{}) // whose end nobody told
	}
	c.account.Released()
	if conn := data.Conn.PgConn(); conn.TxStatus() != idle {
		c.account.Forget() // the pool closes it
	}
	if c.holder.goroutine.Swap(0) != 0 { // AcquireAllIdle tells nobody
		t.pool.acquired.Add(-1)
	}
	if t.below.release != nil {
		t.below.release.TraceRelease(pool, data)
	}
}
