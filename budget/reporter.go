package budget

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Reporter takes finished reports somewhere: a log, a metric, a page. Report is
// called once for each unit of work, from many goroutines at a time. The
// context carries the values of the unit's context, but is not cancelled with
// it. The report is shared with other reporters and must not be changed.
//
// A Reporter should return quickly and hand slow work to a goroutine of its
// own. See [Delivery] for what happens when it does not.
type Reporter interface {
	Report(context.Context, *Report)
}

// ReporterFunc is a function that serves as a [Reporter].
type ReporterFunc func(context.Context, *Report)

// Report calls f.
func (f ReporterFunc) Report(ctx context.Context, r *Report) { f(ctx, r) }

// QuickReporter is a [Reporter] that waits for nothing, or for nothing that the
// application does not wait for in the same way. Where all reporters are quick, a
// unit calls them by itself: that saves waking a goroutine, which takes 1 µs under
// load and 10 µs and more on an idle machine.
type QuickReporter interface {
	Reporter
	// Quick reports whether it is one.
	Quick() bool
}

const (
	// deliveryPatience is how long a unit waits for its reporters. The usual
	// reporter takes microseconds; the rest is for the scheduler.
	deliveryPatience = 50 * time.Millisecond
	// maxLate is the number of deliveries that may be late at the same time.
	maxLate = 32
)

// Delivery hands reports to reporters in such a way that no reporter can hurt
// the unit of work that it reports on:
//
//   - a reporter that panics loses that report; the others get theirs;
//   - a unit waits 50 milliseconds for its reporters and then goes on without
//     them, while they finish in a goroutine of their own;
//   - while 32 deliveries are late, further reports are dropped.
//
// If all reporters are quick, see [QuickReporter], the unit calls them itself and
// waits for them. Whatever goes wrong is passed to OnError. A Delivery is safe for concurrent use and
// must not be copied after its first use.
type Delivery struct {
	Reporters []Reporter
	// OnError is told what went wrong. It may be nil, and must be safe for
	// concurrent use.
	OnError func(error)

	late atomic.Int32
}

// Deliver hands the report to every reporter, in their order.
func (d *Delivery) Deliver(ctx context.Context, r *Report) {
	if len(d.Reporters) == 0 {
		return
	}
	if d.quick() {
		began := time.Now()
		d.callAll(context.WithoutCancel(ctx), r)
		if time.Since(began) > deliveryPatience {
			d.slow(r)
		}
		return
	}
	if d.late.Load() >= maxLate {
		d.failed(fmt.Errorf("budget: the report of %q was dropped: %d deliveries are late", r.Name, maxLate))
		return
	}
	ctx = context.WithoutCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.callAll(ctx, r)
	}()
	patience := time.NewTimer(deliveryPatience)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		d.late.Add(1)
		go func() {
			<-done
			d.late.Add(-1)
		}()
		d.slow(r)
	}
}

func (d *Delivery) quick() bool {
	for _, reporter := range d.Reporters {
		if q, ok := reporter.(QuickReporter); !ok || !q.Quick() {
			return false
		}
	}
	return true
}

func (d *Delivery) callAll(ctx context.Context, r *Report) {
	for _, reporter := range d.Reporters {
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

func (d *Delivery) slow(r *Report) {
	d.failed(fmt.Errorf("budget: a reporter took more than %v for the report of %q: hand slow work to a goroutine", deliveryPatience, r.Name))
}

func (d *Delivery) failed(err error) {
	if d.OnError != nil {
		d.OnError(err)
	}
}
