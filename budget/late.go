package budget

// A unit of work has ended when its report is made, and may go on all the same: rows
// that are closed later, goroutines that outlive the request. What comes then counts in
// the recorder, as before, and in another one inside of it that began with the end. So
// a late report has what came after the final one and nothing else.

// finish makes the final report, or the late one if there was a final one before, and
// begins a new account for what comes after it. OnLate is told when there is some, with
// the unit's lock held.
func (r *Recorder) finish(content Content, onLate func()) *Report {
	r.unit.lock()
	defer r.unit.mu.Unlock()
	now := r.unit.now()
	r.unit.cameBack(now)
	if r.late == nil {
		if r.parent == nil {
			r.unit.ended = now
		}
		rep := r.report(Final, content)
		r.late = r.after(r, onLate)
		return rep
	}
	done := r.late
	done.id, done.name, done.route, done.allowed = r.identity(), r.name, r.route, r.allowed
	rep := done.report(Late, content)
	rep.Duration = now - r.started
	r.late = r.after(done, onLate)
	return rep
}

// after returns a recorder inside of r for what comes after done. What is under way
// goes on in it.
func (r *Recorder) after(done *Recorder, onLate func()) *Recorder {
	late := &Recorder{unit: r.unit, parent: r, started: r.started, onLate: onLate}
	if done.account == nil {
		return late
	}
	old := done.account
	if old.busy.active == 0 && old.totals.OpenRows == 0 && old.reserved == (reserved{}) {
		return late // nothing is under way
	}
	late.newAccount()
	a := late.account
	a.reserved, a.open = old.reserved, append(a.open, old.open...)
	a.totals.OpenRows = old.totals.OpenRows
	a.busy = busyTime{active: old.busy.active, since: r.unit.now(), until: r.unit.now()}
	return late
}

// running makes a report of a unit that goes on.
func (r *Recorder) running(content Content) *Report {
	r.unit.lock()
	defer r.unit.mu.Unlock()
	return r.report(Running, content)
}

// lateTotals are those since the final report.
func (r *Recorder) lateTotals() Totals {
	r.unit.lock()
	defer r.unit.mu.Unlock()
	if r.late == nil {
		return Totals{}
	}
	return r.late.counted().totalsAt(r.unit.now())
}
