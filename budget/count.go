package budget

import "time"

// What follows counts the steps of a query in the recorder and those around it. It
// is called with the unit's lock, in the order in which the steps were made: each
// as it is made, or later, from the unit's backlog.

// entered admits a query and counts it as under way.
func (r *Recorder) entered(rec *record) error {
	if rec.isQuery() {
		if err := r.admit(rec); err != nil {
			r.unit.done(rec)
			return err
		}
	}
	o := &r.unit.options
	for s := r; s != nil; s = s.parent {
		a := s.counts()
		a.reserve(rec, o)
		rec.position = int32(a.totals.Queries + a.reserved.queries)
		a.busy.enter(rec.start)
		if !o.Rules.Off {
			a.noteDatabase(rec.origin.database, rec.origin.database.unattributed.queries.Load())
		}
	}
	return nil
}

// admit asks every budget for room, unless the query is a retry, which has been
// counted.
func (r *Recorder) admit(rec *record) error {
	if w := r.counts().takeRetry(rec); w != nil {
		rec.detail().retry = w
		return nil
	}
	for s := r; s != nil; s = s.parent {
		if s.budget.Mode != Enforce {
			continue
		}
		if err := s.refuse(rec); err != nil {
			for b := r; b != nil; b = b.parent {
				b.counts().block(rec, err, &r.unit.options)
			}
			return err
		}
	}
	return nil
}

// skipped takes a query back that the driver declined.
func (r *Recorder) skipped(rec *record, now time.Duration) {
	for s := r; s != nil; s = s.parent {
		s.account.release(rec, &r.unit.options)
		s.account.busy.leave(now)
	}
	if w := rec.retry(); w != nil {
		r.account.putRetry(w)
	}
	r.unit.done(rec)
}

// executed counts a query once the driver has executed it.
func (r *Recorder) executed(rec *record, now time.Duration, err error) {
	rec.exec = now - rec.start
	o := &r.unit.options
	for s := r; s != nil; s = s.parent {
		s.account.release(rec, o)
		s.account.noteNesting(rec, o)
		s.account.execute(rec, err, s == r, o)
		s.note(rec, now)
	}
}

// ended counts a query without rows.
func (r *Recorder) ended(rec *record, now time.Duration, affected int64, err error) {
	r.executed(rec, now, err)
	isQuery := rec.isQuery()
	if kept := rec.reported(); affected > 0 && kept != nil {
		kept.rows, kept.state = affected, changedRows
	}
	for s := r; s != nil; s = s.parent {
		if affected > 0 && isQuery {
			s.account.affect(s.account.countedIn(rec), affected)
		}
		s.account.busy.leave(now)
	}
	if isQuery && rec.transaction == nil && isRetried(err) {
		r.account.awaitRetry(rec)
	}
	r.unit.done(rec)
}

// opened counts a query whose rows are open now.
func (r *Recorder) opened(rec *record, now time.Duration) {
	r.executed(rec, now, nil)
	if !rec.isQuery() {
		return
	}
	if kept := rec.reported(); kept != nil {
		kept.state = openRows
	}
	for s := r; s != nil; s = s.parent {
		s.account.opened(s.account.countedIn(rec), rec)
	}
}

// closed counts what was fetched by a query.
func (r *Recorder) closed(rec *record, now time.Duration, rows int64, err error) {
	took, isQuery := now-rec.opened(), rec.isQuery()
	if kept := rec.reported(); kept != nil && isQuery {
		kept.fetched(rows, took, err)
	}
	for s := r; s != nil; s = s.parent {
		if isQuery {
			g := s.account.countedIn(rec)
			s.account.fetch(g, rows, took, err)
			g.slowest = max(g.slowest, now-rec.start)
			s.account.closed(rec)
		}
		s.account.busy.leave(now)
		s.note(rec, now)
	}
	r.unit.done(rec)
}
