package budget

import (
	"context"
	"math"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// lostQueries are the latest queries of a handle that ran without a recorder. A unit of
// work takes those that its own goroutine sent since it began: they are sent from below
// its handler for sure. What goroutines sent that it started, or other units, is not told
// apart, and not taken.
type lostQueries struct {
	latest atomic.Int64 // when the latest was sent, since the handle was made

	mu   sync.Mutex
	ring []lostQuery // the next one is the oldest
	next int
}

type lostQuery struct {
	statement *statement.Statement
	stack     *callsite.Stack
	context   reflect.Type // that it had in place of the request's
	goroutine uint64
	at        time.Duration // since the handle was made
}

const (
	// maxLost is the number of lost queries of a handle that are told apart: 12 kB.
	maxLost = 256
	// manyUnattributed is the number of queries after which a handle that no unit ever
	// used is taken for one that none will use.
	manyUnattributed = 1000
)

// lose takes note of a query without a recorder in ctx.
func (d *Database) lose(ctx context.Context, st *statement.Statement, stack *callsite.Stack) {
	q := lostQuery{statement: st, stack: stack, context: reflect.TypeOf(ctx), goroutine: callsite.Goroutine()}
	l := &d.lost
	l.mu.Lock()
	defer l.mu.Unlock()
	q.at = time.Since(d.made) // with the lock: latest must not go back
	l.latest.Store(int64(q.at))
	if len(l.ring) < maxLost {
		l.ring = append(l.ring, q)
		return
	}
	l.ring[l.next] = q
	l.next = (l.next + 1) % maxLost
}

// mayHaveLost reports whether a query was lost since a unit began.
func (d *Database) mayHaveLost(u *unit) bool {
	return d.lost.latest.Load() >= int64(u.started.Sub(d.made)) && d.unattributed.queries.Load() > 0
}

// lostBy calls f for the queries that a unit's goroutine lost, in their order.
func (d *Database) lostBy(u *unit, f func(*lostQuery)) {
	if !d.mayHaveLost(u) {
		return
	}
	since := u.started.Sub(d.made)
	until := time.Duration(math.MaxInt64)
	if u.ended > 0 {
		until = since + u.ended // the goroutine may serve another unit by now
	}
	l := &d.lost
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.ring {
		if q := &l.ring[(l.next+i)%len(l.ring)]; q.goroutine == u.goroutine && q.at >= since && q.at <= until {
			f(q)
		}
	}
}

// contextType names the type of a query's context, if it is one of a framework: those of
// package context say nothing.
func (q *lostQuery) contextType() string {
	if q.context == nil {
		return ""
	}
	name := q.context.String()
	if strings.HasPrefix(strings.TrimPrefix(name, "*"), "context.") {
		return ""
	}
	return name
}
