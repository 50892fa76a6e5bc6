package budget

import (
	"context"
	"sync"
	"time"
)

// followed are the units of work of a Delivery that run now, and those that did more
// after their final report. A unit is followed only if a reporter asks for what comes
// of it. One timer looks after all of them, and only while there are some.
type followed struct {
	wantsRunning, wantsLate, isWatched bool
	runningAfter                       time.Duration
	alarm                              *watch // nil without an Alarm

	mu    sync.Mutex
	live  map[*Recorder]*liveUnit
	late  map[*Recorder]*lateUnit
	timer *time.Timer // nil while nothing is due
}

// liveUnit is a unit that runs. But for the last field it is for running reports.
type liveUnit struct {
	ctx     context.Context
	started time.Time
	due     time.Duration // of the next report, since started
	steps   int32         // over its budget, that are reported
	watched *watchedUnit  // nil before the alarm looks at it
}

type lateUnit struct {
	ctx   context.Context
	since time.Time
	last  Totals // when it was last looked at
	quiet int    // looks since something happened
}

const (
	// followEvery is how often the units are looked at.
	followEvery = time.Second
	// quietLooks is how many looks in a row find nothing new when late work is over.
	quietLooks = 2
	// lateAfter is how long late work is waited for that goes on and on.
	lateAfter = 30 * time.Second
	// maxLateUnits bounds the units whose late work is waited for. Others report it
	// as soon as there is some.
	maxLateUnits = 1000
)

// Live returns the recorders of the units that run now, in no order. It is empty
// unless a reporter is a [LiveReporter] or asks for running reports, or there is an Alarm.
func (d *Delivery) Live() []*Recorder {
	f := &d.followed
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]*Recorder, 0, len(f.live))
	for r := range f.live {
		if !r.isDiscarded() {
			out = append(out, r)
		}
	}
	return out
}

// follow takes note of a unit that runs.
func (d *Delivery) follow(ctx context.Context, r *Recorder) {
	f := &d.followed
	if !f.follows() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.live == nil {
		f.live = make(map[*Recorder]*liveUnit)
	}
	u := &liveUnit{}
	if f.wantsRunning {
		*u = liveUnit{ctx: context.WithoutCancel(ctx), started: time.Now(), due: f.runningAfter}
	}
	f.live[r] = u
	if f.wantsRunning || f.alarm != nil {
		d.arm()
	}
}

func (f *followed) follows() bool { return f.wantsRunning || f.isWatched || f.alarm != nil }

// unfollow takes no more note of a unit: it has ended.
func (d *Delivery) unfollow(r *Recorder) {
	f := &d.followed
	if f.follows() {
		f.mu.Lock()
		delete(f.live, r)
		f.mu.Unlock()
	}
}

// finish makes the final report of a unit, and lets what comes later be told.
func (d *Delivery) finish(ctx context.Context, r *Recorder) *Report {
	d.unfollow(r)
	var onLate func()
	if d.followed.wantsLate {
		ctx = context.WithoutCancel(ctx)
		onLate = func() { go d.followLate(ctx, r) } // the unit's lock is held
	}
	return r.finish(d.content, onLate)
}

// followLate takes note of a unit that does more after its final report.
func (d *Delivery) followLate(ctx context.Context, r *Recorder) {
	f := &d.followed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.late == nil {
		f.late = make(map[*Recorder]*lateUnit)
	}
	u := &lateUnit{ctx: ctx, since: time.Now()}
	if len(f.late) >= maxLateUnits {
		u.since = u.since.Add(-lateAfter)
	}
	f.late[r] = u
	d.arm()
}

// arm starts the timer, unless it runs. It is called with the lock.
func (d *Delivery) arm() {
	if d.followed.timer == nil {
		d.followed.timer = time.AfterFunc(followEvery, d.look)
	}
}

// look delivers what is due.
func (d *Delivery) look() {
	f := &d.followed
	f.mu.Lock()
	f.timer = nil
	type due struct {
		ctx  context.Context
		r    *Recorder
		late bool
	}
	var reports []due
	for r, u := range f.live {
		if f.wantsRunning && u.isDue(r) && !r.isDiscarded() {
			reports = append(reports, due{u.ctx, r, false})
		}
	}
	for r, u := range f.late {
		now := r.lateTotals()
		if u.quiet++; !now.isQuietSince(&u.last) {
			u.quiet = 0
		}
		u.last = now
		if u.quiet >= quietLooks || time.Since(u.since) >= lateAfter {
			delete(f.late, r)
			reports = append(reports, due{u.ctx, r, true})
		}
	}
	if (f.wantsRunning || f.alarm != nil) && len(f.live) > 0 || len(f.late) > 0 {
		d.arm()
	}
	units := f.alarmed()
	f.mu.Unlock()
	f.alarm.look(d, units)
	for _, u := range reports {
		if u.late {
			d.Deliver(u.ctx, u.r.finish(d.content, func() { go d.followLate(u.ctx, u.r) }))
		} else {
			d.Deliver(u.ctx, u.r.running(d.content))
		}
	}
}

// isDue reports whether a unit is reported now: it has run long enough, or made a step
// over its budget since it was looked at. A unit that does so and ends before is
// reported when it ends.
func (u *liveUnit) isDue(r *Recorder) bool {
	steps := r.stepsSoFar()
	isStep := steps != u.steps
	u.steps = steps
	isLong := time.Since(u.started) >= u.due
	if isLong {
		u.due *= 2
	}
	return isStep || isLong
}

// stepsSoFar counts what waits to be counted.
func (r *Recorder) stepsSoFar() int32 {
	r.unit.lock()
	defer r.unit.mu.Unlock()
	return r.steps
}

// isQuietSince reports whether nothing runs, and nothing ran since the last look.
func (t *Totals) isQuietSince(last *Totals) bool {
	return t.Running == 0 && t.Queries == last.Queries && t.Rows == last.Rows && t.Errors == last.Errors &&
		t.Transactions == last.Transactions
}
