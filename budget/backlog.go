package budget

import "time"

// backlog has the queries of a unit that are not yet counted: one recorder's, to one
// database, in the order in which they started. What there is to know of them is in
// their records, and to write it down is all that is done while a query waits. They
// are counted when somebody looks, when anything else happens in the unit, or when
// there are maxBacklog of them; step by step, as they were made. So the account is
// what it would be if each had been counted at once.
//
// For the steps to be in their order, only the latest query may make one: when an
// earlier one does, whose rows were open meanwhile or which ran in parallel, the
// backlog is counted first.
//
// This is the way of most queries: Start, End, Open and Close unlock by hand on it,
// which saves 2 ns each, and defer where there is more to do.
type backlog struct {
	recorder    *Recorder
	database    *Database
	before      int64 // that it had run unattributed before the first
	first, last *record
	n           int
}

const maxBacklog = 64

// take takes a query that starts now, or reports that it has to be counted at once.
func (b *backlog) take(r *Recorder, rec *record) bool {
	d := rec.origin.database
	switch {
	case b.n == maxBacklog || !r.waits():
		return false
	case b.n == 0:
		b.recorder, b.database, b.before = r, d, d.unattributed.queries.Load()
		b.first = rec
	case b.recorder != r || b.database != d:
		return false
	default:
		b.last.next = rec
	}
	b.last = rec
	b.n++
	return true
}

// waits reports whether the queries of r may be counted later. Where one may be
// refused, or be a retry, the account must be right when it starts.
func (r *Recorder) waits() bool {
	for s := r; s != nil; s = s.parent {
		if s.budget.Mode == Enforce {
			return false
		}
	}
	return r.account == nil || len(r.account.retries) == 0
}

// opened, closed and ended take the steps of the latest query.

func (b *backlog) opened(now time.Duration) {
	rec := b.last
	rec.exec, rec.state = now-rec.start, openRows
}

func (b *backlog) closed(now time.Duration, rows int64) {
	rec := b.last
	rec.fetch, rec.rows, rec.state = now-rec.opened(), rows, fetchedRows
}

func (b *backlog) ended(now time.Duration, affected int64) {
	rec := b.last
	rec.exec, rec.rows, rec.state = now-rec.start, affected, changedRows
}

// lock locks the unit for whoever reads or changes an account: it counts what is left
// to count.
func (u *unit) lock() {
	u.mu.Lock()
	u.settle()
}

// settle counts the backlog.
func (u *unit) settle() {
	b := u.backlog
	if b.n == 0 {
		return
	}
	u.backlog = backlog{}
	for s := b.recorder; s != nil; s = s.parent {
		s.counts().noteDatabase(b.database, b.before)
	}
	for rec := b.first; rec != nil; {
		next := rec.next
		b.recorder.replay(rec)
		rec = next
	}
}

// replay counts the steps that a query has made.
func (r *Recorder) replay(rec *record) {
	state, rows, returned, closed := rec.state, rec.rows, rec.opened(), rec.closed()
	_ = r.entered(rec) // nothing is refused here, see waits
	switch state {
	case openRows:
		r.opened(rec, returned)
	case fetchedRows:
		r.opened(rec, returned)
		r.closed(rec, closed, rows, nil)
	case changedRows:
		r.ended(rec, returned, rows, nil)
	}
}
