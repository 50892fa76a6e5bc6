package budget

// backlog has the queries of a unit that are not yet counted: one recorder's, to one
// database, in the order in which they started. Their steps are in their records, and
// to write them down is all that is done while a query waits. They are counted when
// somebody looks, when anything else happens in the unit, or when there are
// maxBacklog of them. So the account is what it would be if each step had been
// counted at once.
//
// For the steps to be in their order, only the latest query may make one without
// being counted: when an earlier one does, whose rows were open meanwhile or which ran
// in parallel, the backlog is counted first (Execution.begin).
type backlog struct {
	recorder    *Recorder
	database    *Database
	waits       int64 // in its pool before the first
	first, last *record
	n           int
	rows        int64 // fetched by them
}

const maxBacklog = 64

// take takes a query that starts now, or reports that it has to be counted at once.
func (b *backlog) take(r *Recorder, rec *record) bool {
	d := rec.origin.database
	switch {
	case b.n == maxBacklog || rec.details != nil || !r.mayWait(b, rec):
		return false
	case b.n == 0:
		b.recorder, b.database, b.waits = r, d, r.waitsIn(d)
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

// mayWait reports whether a query of r may be counted later. Where it may be refused,
// or be a retry, the account must be right when it starts; and where somebody wants to
// know that it came late, that is to be told.
func (r *Recorder) mayWait(b *backlog, rec *record) bool {
	for s := r; s != nil; s = s.parent {
		if s.late != nil && s.late.onLate != nil {
			return false
		}
		if s.budget.Mode == Enforce && !s.hasRoom(b, rec) {
			return false
		}
	}
	return r.account == nil || len(r.account.retries) == 0
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
	for s := b.recorder.counts(); s != nil && !u.bounds.Rules.Off; s = s.around() {
		s.account.noteDatabase(b.database, b.waits)
	}
	for rec := b.first; rec != nil; {
		next := rec.next
		rec.next = nil
		b.recorder.advance(rec)
		rec = next
	}
}
