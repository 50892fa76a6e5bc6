package budget

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// Who waits for a connection, or for a lock, waits for somebody of the same process, as a
// rule: for a transaction that is open, or for rows.

// Hold is what holds a connection of a handle while a unit hangs.
type Hold struct {
	// Kind is HoldTransaction or HoldRows.
	Kind HoldKind
	// Unit is the name of the unit of work that holds it; Own is set where it is the one that
	// hangs.
	Unit string
	Own  bool
	// Since is for how long it has held it, Idle for how long nothing has run in it: 0 while
	// something does, and for rows.
	Since, Idle time.Duration
	// Summary is the statement that the rows are of, or the latest one of the transaction:
	// empty if there was none.
	Summary string

	began, latest *callsite.Stack
}

// Began is where the transaction began. It is zero for rows, and where it is not known.
func (h *Hold) Began() callsite.CallSite { return h.began.CallSite() }

// Latest is where the statement of Summary comes from.
func (h *Hold) Latest() callsite.CallSite { return h.latest.CallSite() }

// String returns the hold in a few words, without the name of its unit: "a transaction for 12s
// that began at job.go:12 main.nightly, idle for 11s after UPDATE orders at job.go:14
// main.nightly".
func (h *Hold) String() string {
	statement := h.Summary + " at " + h.Latest().String()
	if h.Kind == HoldRows {
		return fmt.Sprintf("rows of %s for %v", statement, h.Since.Round(time.Second/10))
	}
	s := fmt.Sprintf("a transaction for %v", h.Since.Round(time.Second/10))
	if site := h.Began(); !site.IsZero() {
		s += " that began at " + site.String()
	}
	if h.Idle > 0 {
		s += fmt.Sprintf(", idle for %v", h.Idle.Round(time.Second/10))
	}
	if h.Summary == "" {
		return s
	}
	if h.Idle > 0 {
		return s + " after " + statement
	}
	return s + ", with " + statement
}

// maxHolds is the number of holds that a hang lists.
const maxHolds = 5

// holders looks for what holds connections of the handles that a unit hangs on: transactions
// of all units in the process, and open rows of those that the alarm looks at. What began
// after the hang is not what it waits for.
func (h *Hang) holders(units []alarmedUnit) {
	since := h.recorder.unit.started.Add(h.began)
	for _, d := range h.databases {
		for _, t := range d.open.all() {
			if t == h.in {
				continue // that it is open while its query runs is nothing to tell
			}
			if hold := t.hold(h.recorder.unit, since); hold != nil {
				h.Holds = append(h.Holds, *hold)
			}
		}
	}
	for _, u := range units {
		if h.State == HangWaiting && u.recorder.unit != h.recorder.unit { // those of its own are in the report
			h.Holds = append(h.Holds, u.recorder.unit.rowsOf(h.databases, u.recorder, since)...)
		}
	}
	slices.SortStableFunc(h.Holds, func(a, b Hold) int { return cmp.Or(compareBools(b.Own, a.Own), cmp.Compare(b.Since, a.Since)) })
	if more := len(h.Holds) - maxHolds; more > 0 {
		h.Holds, h.MoreHolds = h.Holds[:maxHolds], more
	}
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// hold says what a transaction is to a unit that hangs since a time, nil if it has ended, or
// began later.
func (t *Transaction) hold(hanging *unit, since time.Time) *Hold {
	r := t.recorder
	u := r.unit
	u.lock()
	defer u.mu.Unlock()
	now := u.now()
	if u.started.Add(t.opened).After(since) {
		return nil
	}
	out := &Hold{Kind: HoldTransaction, Unit: r.unitName(), Own: u == hanging, Since: now - t.opened, began: t.began}
	if t.resting != nil {
		out.Idle = now - t.since
	}
	if t.latest != nil {
		out.Summary, out.latest = t.latest.statement.Summary, t.latest.stack
	}
	return out
}

// rowsOf are the rows that are open on handles since before a time, outside of transactions.
func (u *unit) rowsOf(databases []*Database, r *Recorder, since time.Time) (out []Hold) {
	u.lock()
	defer u.mu.Unlock()
	for _, rec := range r.counted().open {
		o := rec.origin
		if rec.transaction() != nil || !slices.Contains(databases, o.database) || u.started.Add(rec.start).After(since) {
			continue
		}
		out = append(out, Hold{
			Kind: HoldRows, Unit: r.unitName(), Since: u.now() - rec.start, Summary: o.statement.Summary, latest: o.stack,
		})
	}
	return out
}

// unitName is the name of the unit. It is called with the lock.
func (r *Recorder) unitName() string {
	for r.parent != nil {
		r = r.parent
	}
	return cmp.Or(r.name, "a unit without a name")
}
