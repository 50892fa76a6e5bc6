package budget

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// deliveryTimeout is how long a unit waits for its reporters. The usual
	// reporter takes microseconds; the rest is for the scheduler.
	deliveryTimeout = 50 * time.Millisecond
	// maxSlow is the number of deliveries that may be slow at the same time.
	maxSlow = 32
)

// Delivery follows units of work from [Delivery.Begin] to [Delivery.End], and hands
// their reports to reporters in such a way that no reporter can hurt the unit of work
// that it reports on:
//
//   - a reporter that panics loses that report; the others get theirs;
//   - a unit waits 50 milliseconds for its reporters and then goes on without
//     them, while they finish in a goroutine of their own;
//   - while 32 deliveries are slow, further reports are dropped.
//
// If all reporters are quick, see [Needs], the unit calls them itself and
// waits for them. Whatever goes wrong is passed to OnError. A Delivery is safe for
// concurrent use and must not be copied or changed after its first use.
type Delivery struct {
	Reporters []Reporter
	// OnError is told what went wrong. It may be nil, and must be safe for
	// concurrent use.
	OnError func(error)
	// RunningAfter is how long a unit has run when reporters that ask for it get a
	// report of it, see [Needs]. Default: 10 seconds.
	RunningAfter time.Duration
	// Alarm tells of units that hang, while they do. Default: none.
	Alarm *Alarm

	prepared sync.Once
	needs    []Needs // of each reporter
	quick    bool
	content  Content // the most that one of them needs
	slow     atomic.Int32
	followed followed
}

func (d *Delivery) prepare() {
	d.prepared.Do(func() {
		d.quick, d.content = true, TotalsOnly
		for _, r := range d.Reporters {
			n := needsOf(r)
			d.needs = append(d.needs, n)
			d.quick = d.quick && n.Quick
			d.content = min(d.content, n.Content)
			d.followed.wantsRunning = d.followed.wantsRunning || n.Running
			d.followed.wantsLate = d.followed.wantsLate || n.Late
			if live, ok := r.(LiveReporter); ok {
				d.followed.isWatched = true
				live.Watch(d.Live)
			}
		}
		if d.Alarm != nil {
			d.followed.alarm = newWatch(*d.Alarm)
		}
		if d.followed.runningAfter = d.RunningAfter; d.RunningAfter <= 0 {
			d.followed.runningAfter = 10 * time.Second
		}
	})
}

// Begin follows a unit of work until [Delivery.End].
func (d *Delivery) Begin(ctx context.Context, r *Recorder) {
	if len(d.Reporters) == 0 && d.Alarm == nil || r == nil {
		return
	}
	d.prepare()
	d.follow(ctx, r.counting())
}

// End hands the final report of a unit of work to the reporters. What the unit does
// afterwards comes as a late report to those that ask for it.
func (d *Delivery) End(ctx context.Context, r *Recorder) {
	if len(d.Reporters) == 0 && d.Alarm == nil || r == nil {
		return
	}
	d.prepare()
	r = r.counting()
	if r.isDiscarded() || len(d.Reporters) == 0 {
		d.unfollow(r)
		return
	}
	d.Deliver(ctx, d.finish(ctx, r))
}

// Deliver hands a report to every reporter that asks for its stage, in their order.
func (d *Delivery) Deliver(ctx context.Context, r *Report) {
	if len(d.Reporters) == 0 {
		return
	}
	d.prepare()
	ctx = context.WithoutCancel(ctx)
	if d.quick {
		began := time.Now()
		d.callAll(ctx, r)
		if time.Since(began) > deliveryTimeout {
			d.tooSlow(r)
		}
		return
	}
	if d.slow.Load() >= maxSlow {
		d.failed(fmt.Errorf("budget: the report of %q was dropped: %d deliveries are slow", r.Name, maxSlow))
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.callAll(ctx, r)
	}()
	timeout := time.NewTimer(deliveryTimeout)
	defer timeout.Stop()
	select {
	case <-done:
	case <-timeout.C:
		d.slow.Add(1)
		go func() {
			<-done
			d.slow.Add(-1)
		}()
		d.tooSlow(r)
	}
}

func (d *Delivery) callAll(ctx context.Context, r *Report) {
	for i, reporter := range d.Reporters {
		if n := &d.needs[i]; r.Stage == Late && !n.Late || r.Stage == Running && !n.Running {
			continue
		}
		d.call(ctx, reporter, r)
	}
}

func (d *Delivery) call(ctx context.Context, reporter Reporter, r *Report) {
	defer func() {
		if p := recover(); p != nil {
			d.failed(fmt.Errorf("budget: reporter %T panicked on the report of %q: %v", reporter, r.Name, p))
		}
	}()
	reporter.Report(ctx, r)
}

func (d *Delivery) tooSlow(r *Report) {
	d.failed(
		fmt.Errorf(
			"budget: a reporter took more than %v for the report of %q: hand slow work to a goroutine",
			deliveryTimeout,
			r.Name,
		),
	)
}

func (d *Delivery) failed(err error) {
	if d.OnError != nil {
		d.OnError(err)
	}
}
