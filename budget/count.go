package budget

import "time"

// What follows counts the steps of a query in the recorder and those around it. It
// is called with the unit's lock, in the order in which the steps were made: each
// as it is made, or later, from the unit's backlog.

// begin locks the unit for a step of x, and takes the time. The record is nil, and
// nothing locked, if there is no step to make.
func (x *Execution) begin() (u *unit, rec *record, now time.Duration) {
	if x.recorder == nil {
		return nil, nil, 0
	}
	u, rec = x.recorder.unit, x.record
	now = u.now()
	u.mu.Lock()
	if rec.serial != x.serial { // it has ended, and the record is somebody else's now
		u.mu.Unlock()
		*x = Execution{}
		return nil, nil, 0
	}
	if u.backlog.last != rec {
		u.settle() // what others did before this step
	}
	return u, rec, now
}

// stepped counts the step that a query has just made, unless that can wait.
func (r *Recorder) stepped(rec *record) {
	if b := &r.unit.backlog; b.last == rec && rec.details == nil {
		if rec.step == fetchedRows {
			b.rows += rec.rows
		}
		return
	}
	r.unit.settle()
	r.advance(rec)
}

// advance counts the steps of a query that are not counted yet.
func (r *Recorder) advance(rec *record) {
	if rec.counted == declared && rec.step >= inDriver {
		rec.counted = inDriver
		r.countStart(rec)
		if rec.step == inDriver {
			r.unit.execute(rec)
			return
		}
	}
	if rec.counted == inDriver && rec.step > inDriver {
		r.unit.executed(rec)
	}
	switch {
	case rec.counted == inDriver && rec.step == changedRows:
		rec.counted = changedRows
		r.countEnd(rec)
		return
	case rec.counted == inDriver && rec.step > inDriver:
		rec.counted = openRows
		r.countOpen(rec)
	}
	if rec.counted == openRows && rec.step == fetchedRows {
		rec.counted = fetchedRows
		r.countClose(rec)
	}
}

// countStart counts a query as under way. It was admitted.
func (r *Recorder) countStart(rec *record) {
	if rec.isQuery() {
		rec.position = r.unit.nextPosition(rec)
	}
	o := &r.unit.bounds
	for s := r.counts(); s != nil; s = s.around() {
		a := s.account
		a.reserve(rec, o)
		a.busy.enter(rec.start)
		if !o.Rules.Off {
			a.noteDatabase(rec.origin.database, -1)
		}
	}
}

// nextPosition returns the place of a query among those of the unit. A retry has that
// of the first attempt.
func (u *unit) nextPosition(rec *record) int64 {
	if w := rec.retry(); w != nil {
		return w.position
	}
	u.positions++
	return u.positions
}

// admit asks every budget for room, unless the query is a retry, which has been
// counted, or cannot be refused.
func (r *Recorder) admit(rec *record, cannotRefuse func() bool) error {
	if !rec.isQuery() {
		return nil
	}
	r.counts()
	if w := r.account.takeRetry(rec); w != nil {
		rec.detail().retry = w
		return nil
	}
	for s := r; s != nil; s = s.parent {
		if s.budget.Mode != Enforce {
			continue
		}
		if err := s.refuse(rec); err != nil {
			if cannotRefuse != nil && cannotRefuse() {
				return nil
			}
			for b := r.counts(); b != nil; b = b.around() {
				if b.account.block(rec, err, &r.unit.bounds) {
					b.steps++
				}
			}
			return err
		}
	}
	return nil
}

// skipped takes a query back that the driver declined.
func (r *Recorder) skipped(rec *record, now time.Duration) {
	r.unit.executed(rec)
	for s := r.counts(); s != nil; s = s.around() {
		s.account.release(rec, &r.unit.bounds)
		s.account.busy.leave(now)
	}
	if w := rec.retry(); w != nil {
		r.account.putRetry(w)
	} else if rec.position == r.unit.positions && rec.isQuery() {
		r.unit.positions--
	}
	r.unit.done(rec)
}

// countExecution counts a query once the driver has executed it.
func (r *Recorder) countExecution(rec *record, err error) {
	o := &r.unit.bounds
	if w := rec.retry(); w != nil {
		w.again(rec, err)
	}
	for s := r.counts(); s != nil; s = s.around() {
		s.account.release(rec, o)
		s.account.noteNesting(rec, o)
		s.account.execute(rec, err, o)
		s.noteCrossings(rec, rec.returnedAt())
	}
}

// countEnd counts a query without rows.
func (r *Recorder) countEnd(rec *record) {
	err, isQuery := rec.failure(), rec.isQuery()
	r.countExecution(rec, err)
	if kept := rec.reported(); kept != nil && kept != rec {
		kept.retried(rec)
	}
	for s := r.counts(); s != nil; s = s.around() {
		if rec.rows != 0 && isQuery {
			s.account.affect(s.account.groupOf(rec.origin, r.unit.bounds.Groups), rec.rows)
		}
		s.account.busy.leave(rec.returnedAt())
	}
	if isQuery && rec.transaction() == nil && isRetried(err) {
		r.account.awaitRetry(rec)
	}
	r.unit.done(rec)
}

// countOpen counts a query whose rows are open now.
func (r *Recorder) countOpen(rec *record) {
	r.countExecution(rec, nil)
	if !rec.isQuery() {
		return
	}
	if kept := rec.reported(); kept != nil && kept != rec {
		kept.step = openRows
	}
	for s := r.counts(); s != nil; s = s.around() {
		s.account.addOpen(rec)
	}
}

// countClose counts what was fetched by a query.
func (r *Recorder) countClose(rec *record) {
	err, isQuery, now := rec.failure(), rec.isQuery(), rec.closedAt()
	if kept := rec.reported(); kept != nil && kept != rec {
		kept.retried(rec)
	}
	for s := r.counts(); s != nil; s = s.around() {
		if isQuery {
			g := s.account.groupOf(rec.origin, r.unit.bounds.Groups)
			s.account.fetch(g, rec.rows, rec.fetch, err)
			g.Slowest = max(g.Slowest, now-rec.start)
			s.account.removeOpen(rec)
			if rec.rows == 0 {
				s.account.reads.foundNothing(rec)
			}
			if rec.details != nil && rec.details.unread {
				g.Unread++
			}
		}
		s.account.busy.leave(now)
		s.noteCrossings(rec, now)
	}
	r.unit.done(rec)
}
