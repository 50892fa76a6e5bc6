package budget

import (
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// Wait is a wait for a connection of a pool that is full, for wrappers that see the pool:
// from [Database.Wait] until End. A nil Wait is none.
type Wait struct {
	recorder *Recorder
	database *Database
	began    time.Duration // since the unit started
	stack    *callsite.Stack
	held     Call
}

// Wait counts a wait for a connection in the unit of r, which begins now in the calling
// goroutine. Held is what the same goroutine sent last, with its Statement and its Stack, on a
// connection of the pool that it holds meanwhile; the zero Call if it holds none. It returns
// nil for a nil Recorder.
func (d *Database) Wait(r *Recorder, held Call) *Wait {
	r = r.counting()
	if r == nil {
		return nil
	}
	w := &Wait{recorder: r, database: d, stack: d.stacks.Capture(), held: held}
	u := r.unit
	u.mu.Lock()
	defer u.mu.Unlock()
	w.began = u.now()
	u.cameBack(w.began)
	u.waiting = append(u.waiting, w)
	return w
}

// End counts the wait, with the error that ended it, nil for a connection. It adds to no time
// of queries. A second end does nothing.
func (w *Wait) End(err error) {
	if w == nil {
		return
	}
	u := w.recorder.unit
	u.lock()
	defer u.mu.Unlock()
	at := slices.Index(u.waiting, w)
	if at < 0 {
		return
	}
	u.waiting = slices.Delete(u.waiting, at, at+1)
	took := u.now() - w.began
	for s := w.recorder.counts(); s != nil; s = s.around() {
		s.account.totals.Waits++
		s.account.totals.WaitTime += took
		if err != nil {
			s.account.totals.Errors++
		}
		if w.held.Statement != nil {
			s.account.noteItself(w.database.origin(w.held.Statement, w.held.Stack), w.stack, w.database.pool().Max)
		}
	}
}

// longestWait returns the wait of a unit that began first, nil for none. It is called with the
// lock.
func (u *unit) longestWait() *Wait {
	if len(u.waiting) == 0 {
		return nil
	}
	return slices.MinFunc(u.waiting, func(x, y *Wait) int { return int(x.began - y.began) })
}
