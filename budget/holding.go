package budget

import (
	"strings"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// HoldKind says what keeps a connection from others.
type HoldKind string

const (
	// HoldTransaction is a transaction.
	HoldTransaction HoldKind = "transaction"
	// HoldConnection is a connection that was taken out of the pool for more than one
	// statement, without a transaction: a [database/sql.Conn], or one that pgxpool's
	// Acquire returned.
	HoldConnection HoldKind = "connection"
	// HoldRows are rows that are open.
	HoldRows HoldKind = "rows"
)

// holding is a transaction, or a connection that somebody has taken, and since when
// nothing runs on it: the next step looks how long that was. It is used by one goroutine at
// a time, with the lock of the unit whose step it is. That of a transaction is looked at by
// alarms too, so steps of other units than its own leave it alone.
type holding struct {
	transaction *Transaction // that it is, nil for a connection
	latest      *origin      // of the statements
	resting     *Recorder    // that made the latest step; nil while something runs, and where it is not known
	since       time.Duration
	running     int  // statements, with those whose rows are open
	steps       int  // that have ended
	shared      bool // with another unit, which has sent a statement since
	session     bool // a connection is kept for what its session has, see keepsSession
}

// isHeld says that a transaction is one, before anybody looks at it, and once: reports of its
// queries are made while it goes on.
func (t *Transaction) isHeld() {
	if t.transaction == nil {
		t.transaction = t
	}
}

// forget forgets a connection that was given back. That it is no transaction stays, as the
// reports of what was sent on it look at that.
func (h *holding) forget() {
	h.latest, h.resting, h.since, h.running, h.steps, h.shared, h.session = nil, nil, 0, 0, 0, false, false
}

// isOf reports whether a step of u is one of the holding's own unit.
func (h *holding) isOf(u *unit) bool {
	return h.transaction == nil || h.transaction.recorder != nil && h.transaction.recorder.unit == u
}

// starts takes note of a statement that begins to run.
func (h *holding) starts(u *unit, o *origin) {
	if h != nil && h.isOf(u) {
		h.running++
		h.latest = o
	}
}

// refused takes note of a statement that was not sent: what rested rests on.
func (h *holding) refused(r *Recorder, now time.Duration) {
	if h != nil && h.isOf(r.unit) && h.running == 0 {
		h.resting, h.since = r, now
	}
}

// rests takes note that a statement has ended: if it was the only one, nothing runs from
// now on.
func (h *holding) rests(r *Recorder, now time.Duration) {
	if h == nil || !h.isOf(r.unit) {
		return
	}
	h.steps++
	if h.running--; h.running <= 0 {
		h.resting, h.since, h.running = r, now, 0
	}
}

// wakes takes note that something runs, and reports since when nothing did if that is too
// long.
func (h *holding) wakes(u *unit, now time.Duration) (since time.Duration, tooLong bool) {
	if !h.isOf(u) {
		h.shared = true
		return 0, false
	}
	tooLong = h.resting != nil && h.resting.unit == u && !h.shared && u.isLong(now-h.since)
	h.resting, h.shared = nil, false
	return h.since, tooLong
}

// isLong reports whether a connection was held for so long that it is a finding.
func (u *unit) isLong(idle time.Duration) bool {
	return idle > u.bounds.Rules.IdleTransaction && !u.bounds.Rules.Off
}

// wakesWith looks at the time before a statement.
func (h *holding) wakesWith(r *Recorder, now time.Duration, next *origin) {
	if h == nil || h.resting == nil && h.transaction == nil {
		return // as for most queries: nobody has held the connection before
	}
	h.lookAtSession()
	if since, tooLong := h.wakes(r.unit, now); tooLong && !h.session {
		r.noteIdle(h, since, now, next, next.stack)
	}
}

// wakesAtEnd looks at the time before a step that is no statement: a transaction's begin or
// end, or that the connection is given back. Line is where it was made.
func (h *holding) wakesAtEnd(r *Recorder, began time.Duration, line func() *callsite.Stack) {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	h.lookAtSession()
	if since, tooLong := h.wakes(r.unit, began); tooLong && !h.session {
		r.noteIdle(h, since, began, nil, line())
	}
}

// lookAtSession looks at the latest statement of a connection that somebody has kept.
func (h *holding) lookAtSession() {
	if h.transaction == nil && h.latest != nil {
		h.session = keepsSession(h.latest.statement, h.session)
	}
}

// keepsSession reports whether a session has something after a statement for which its
// connection has to be kept, as it is while nothing runs: a lock that belongs to the
// session, or a channel that it listens to.
func keepsSession(st *statement.Statement, before bool) bool {
	if len(st.Tables) > 0 {
		return before
	}
	text := strings.ToLower(st.Shape)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("pg_advisory_unlock", "release_lock", "release_all_locks"):
		return false
	case has("pg_advisory_lock", "pg_try_advisory_lock", "get_lock(") || strings.HasPrefix(text, "listen "):
		return true
	}
	return before
}
