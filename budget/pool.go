package budget

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// The pool's deadlock: a unit holds a connection, with rows that are open or a
// transaction, and waits for another one. A wrapper that sees the pool tells both. For
// others, who waits does so above the driver, which sees nothing of it: what can be seen
// is who held a connection until its context ended, and that queries waited for one
// meanwhile.

// Pool is the state of a handle's pool of connections.
type Pool struct {
	// Max is the number of connections that it may have, 0 for no limit.
	Max int
	// InUse is how many are handed out now, 0 where that is not known.
	InUse int
	// Waits is how often a query had to wait for a connection so far.
	Waits int64
}

// WatchPool tells d how to look at its pool. It is for driver wrappers that know it: look
// is called when a unit of work first uses the handle, and when something held a
// connection until its context ended, both with the lock of that unit. It must be safe for
// concurrent use. With nil the pool is not known any more.
func (d *Database) WatchPool(look func() Pool) {
	if look == nil {
		d.lookAtPool.Store(nil)
		return
	}
	d.lookAtPool.Store(&look)
}

func (d *Database) pool() Pool {
	if look := d.lookAtPool.Load(); look != nil {
		return (*look)()
	}
	return Pool{}
}

// Held is what held a connection until its context ended, while queries waited for one:
// rows that were open, or a transaction, by its latest query. The queries that waited may
// be the unit's own, which then waited for itself; they never reached the driver.
type Held struct {
	// Group is an index in [Report.Groups]; -1 for a transaction of which only BEGIN was sent.
	Group int `json:"group"`
	// Waits is how often a query had to wait since the unit first used the handle, Max
	// the number of connections that the pool may have.
	Waits int64 `json:"waits"`
	Max   int   `json:"max"`
	// Itself is set where the unit was seen to wait while it held the connection: Waits
	// are then those of the unit, and Waiter is the line.
	Itself bool `json:"itself,omitempty"`

	waiter *callsite.Stack
	began  *callsite.Stack // of the transaction, where there is no group
}

// Began is where the transaction began of which only BEGIN was sent, zero for another
// statement, which is that of the group.
func (h *Held) Began() callsite.CallSite { return h.began.CallSite() }

// Waiter is where the unit waited for a connection while it held another one. It is zero
// where that was not seen.
func (h *Held) Waiter() callsite.CallSite { return h.waiter.CallSite() }

func (a *account) noteItself(o *origin, waiter *callsite.Stack, limit int) {
	for i := range a.held {
		if h := &a.held[i]; h.Itself && h.origin.is(o) && h.waiter == waiter {
			h.Waits++
			return
		}
	}
	if len(a.held) < maxHeld {
		a.held = append(a.held, held{o, Held{Waits: 1, Max: limit, Itself: true, waiter: waiter}})
	}
}

type held struct {
	origin *origin
	Held
}

// maxHeld is the number of call sites that are told apart.
const maxHeld = 20

// noteHeld takes note of what held a connection until its context ended.
func (r *Recorder) noteHeld(o *origin) {
	pool := o.database.pool()
	if pool.Max == 0 {
		return
	}
	for s := r.counts(); s != nil; s = s.around() {
		a := s.account
		waits := pool.Waits - a.waitsBefore(o.database, pool.Waits)
		isKnown := slices.ContainsFunc(a.held, func(h held) bool { return !h.Itself && h.origin.is(o) })
		if waits > 0 && !isKnown && len(a.held) < maxHeld {
			a.held = append(a.held, held{o, Held{Waits: waits, Max: pool.Max}})
		}
	}
}

// waitsIn is how often queries of a handle have waited, for a unit that uses it for the
// first time; -1 for one that knows from before.
func (r *Recorder) waitsIn(d *Database) int64 {
	if r.account != nil && slices.ContainsFunc(r.account.databases, func(seen seenDatabase) bool { return seen.Database == d }) {
		return -1
	}
	return d.pool().Waits
}

// waitsBefore is how often queries of a handle had waited before the unit first used it.
func (a *account) waitsBefore(d *Database, unknown int64) int64 {
	for _, seen := range a.databases {
		if seen.Database == d {
			return seen.waits
		}
	}
	return unknown
}

func isContextError(err error) bool {
	return err != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

func (b *builder) held() []Held {
	var out []Held
	for _, h := range b.account.held {
		if h.Group = b.placeOf(h.origin); h.Group < 0 {
			if h.origin.statement.Kind != statement.Begin {
				continue
			}
			h.began = h.origin.stack
		}
		out = append(out, h.Held)
	}
	return out
}

func mayBeHeld(s *suspect) bool { return len(s.account.held) > 0 }

// heldConnections: what held a connection while the unit waited for another one, or until
// its context ended, while queries waited. What was seen comes before what may be.
func (f *finder) heldConnections() {
	for _, h := range f.report.Held {
		if h.Itself {
			f.waitedHolding(h)
		}
	}
	for _, h := range f.report.Held {
		if h.Itself || f.report.Groups[h.Group].Overflow || f.find(HeldConnection, h.Group) != nil {
			continue
		}
		g := &f.report.Groups[h.Group]
		out := f.evidence(g, HeldConnection, Candidate, h.Waits)
		out.Proof = fmt.Sprintf("it held a connection until its context ended, and %s in a pool of %d meanwhile", waited(h.Waits), h.Max)
		out.Repair = "close rows before the next query, and send what belongs to a transaction through it: who holds one connection and " +
			"waits for another waits for itself. The query that waited never reached the driver: its line is not known"
		f.add(out, h.Group)
	}
}

func (f *finder) waitedHolding(h Held) {
	if h.Group >= 0 && f.report.Groups[h.Group].Overflow {
		return
	}
	waiter := Related{Summary: "another connection", Count: h.Waits, Why: "the unit waits here, while it holds one", stack: h.waiter}
	if old := f.sameHeld(h.Group, h.began); old != nil {
		old.Count += h.Waits
		old.Also = append(old.Also, waiter)
		return
	}
	out := Finding{Kind: HeldConnection, Confidence: Proven, Summary: "BEGIN", Count: h.Waits, InTransaction: true, stack: h.began}
	if h.Group >= 0 {
		out = f.evidence(&f.report.Groups[h.Group], HeldConnection, Proven, h.Waits)
	}
	out.Proof = fmt.Sprintf("it held a connection while the same goroutine waited for another one, in a pool of %d, at %s", h.Max, h.Waiter())
	out.Also = []Related{waiter}
	out.Repair = "close rows before the next query, and send what belongs to a transaction through it: units that hold one connection " +
		"each and wait for a second one wait for ever when the pool is full"
	f.add(out, h.Group)
}

// sameHeld returns the finding about a group, or about a transaction of which only BEGIN was
// sent; nil if there is none.
func (f *finder) sameHeld(group int, began *callsite.Stack) *Finding {
	if group >= 0 {
		return f.find(HeldConnection, group)
	}
	for i := range f.found {
		if f.found[i].Kind == HeldConnection && f.of[i] == noGroup && f.found[i].stack.Key() == began.Key() {
			return &f.found[i]
		}
	}
	return nil
}

func waited(n int64) string {
	if n == 1 {
		return "1 query waited for one"
	}
	return fmt.Sprintf("%d queries waited for one", n)
}
