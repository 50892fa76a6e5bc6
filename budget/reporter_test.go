package budget_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
)

func TestDeliver(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	cancel()
	var got []string
	d := budget.Delivery{Reporters: []budget.Reporter{
		budget.ReporterFunc(func(ctx context.Context, r *budget.Report) {
			if ctx.Err() != nil || ctx.Value(key{}) != "value" {
				t.Errorf("the context is cancelled or lost its values: %v", ctx)
			}
			got = append(got, "first "+r.Name)
		}),
		budget.ReporterFunc(func(_ context.Context, r *budget.Report) { got = append(got, "second "+r.Name) }),
	}}
	d.Deliver(ctx, &budget.Report{Name: "x"})
	if strings.Join(got, ", ") != "first x, second x" {
		t.Errorf("got %v", got)
	}
	(&budget.Delivery{}).Deliver(ctx, nil) // nobody to deliver to
}

func TestReporterThatPanics(t *testing.T) {
	reached := false
	var failed error
	d := budget.Delivery{
		Reporters: []budget.Reporter{
			budget.ReporterFunc(func(context.Context, *budget.Report) { panic("boom") }),
			budget.ReporterFunc(func(context.Context, *budget.Report) { reached = true }),
		},
		OnError: func(err error) { failed = err },
	}
	d.Deliver(t.Context(), &budget.Report{Name: "GET /x"})
	if !reached {
		t.Error("the second reporter was left out")
	}
	if failed == nil || !strings.Contains(failed.Error(), "boom") || !strings.Contains(failed.Error(), "GET /x") {
		t.Errorf("got %v", failed)
	}
}

// A reporter that blocks holds up nobody, and its goroutines are bounded.
func TestReporterThatBlocks(t *testing.T) {
	release := make(chan struct{})
	var calls, errs atomic.Int32
	finished := make(chan struct{}, 100)
	d := budget.Delivery{
		Reporters: []budget.Reporter{budget.ReporterFunc(func(context.Context, *budget.Report) {
			calls.Add(1)
			<-release
			finished <- struct{}{}
		})},
		OnError: func(error) { errs.Add(1) },
	}
	for range 40 {
		d.Deliver(t.Context(), &budget.Report{})
	}
	if calls.Load() != 32 || errs.Load() != 40 {
		t.Errorf("%d calls, %d errors for 40 reports", calls.Load(), errs.Load())
	}
	close(release)
	for range 32 {
		<-finished
	}
}

// quickReporter is called by the unit itself, if it is with its like.
type quickReporter struct {
	budget.ReporterFunc
	quick bool
}

func (r quickReporter) Needs() budget.Needs { return budget.Needs{Quick: r.quick} }

func TestQuickReporters(t *testing.T) {
	for name, test := range map[string]struct {
		others []budget.Reporter
		own    bool
	}{
		"alone":                {nil, true},
		"with its like":        {[]budget.Reporter{quickReporter{func(context.Context, *budget.Report) {}, true}}, true},
		"with one that is not": {[]budget.Reporter{quickReporter{func(context.Context, *budget.Report) {}, false}}, false},
		"with any reporter":    {[]budget.Reporter{budget.ReporterFunc(func(context.Context, *budget.Report) {})}, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			called, own := 0, goroutine()
			var failed []error
			quick := func(ctx context.Context, _ *budget.Report) {
				if called++; (goroutine() == own) != test.own || ctx.Err() != nil {
					t.Errorf("called by %q, the test is %q; context: %v", goroutine(), own, ctx.Err())
				}
			}
			boom := func(ctx context.Context, r *budget.Report) { quick(ctx, r); panic("boom") }
			d := budget.Delivery{
				Reporters: append([]budget.Reporter{quickReporter{boom, true}, quickReporter{quick, true}}, test.others...),
				OnError:   func(err error) { failed = append(failed, err) },
			}
			d.Deliver(ctx, &budget.Report{Name: "GET /x"})
			if called != 2 || len(failed) != 1 || !strings.Contains(failed[0].Error(), "boom") {
				t.Errorf("%d calls, errors %v", called, failed)
			}
		})
	}
}

// goroutine names the goroutine that calls it.
func goroutine() string {
	buf := make([]byte, 64)
	name, _, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), "[")
	return name
}

// One that is not quick after all is waited for, and told of.
func TestQuickReporterThatIsSlow(t *testing.T) {
	var failed error
	finished := false
	d := budget.Delivery{
		Reporters: []budget.Reporter{quickReporter{func(context.Context, *budget.Report) {
			time.Sleep(60 * time.Millisecond)
			finished = true
		}, true}},
		OnError: func(err error) { failed = err },
	}
	d.Deliver(t.Context(), &budget.Report{Name: "GET /x"})
	if !finished || failed == nil || !strings.Contains(failed.Error(), "GET /x") {
		t.Errorf("finished: %v, error %v", finished, failed)
	}
}

func TestRun(t *testing.T) {
	failed := errors.New("failed")
	err := budget.Run(t.Context(), "job", budget.Budget{Queries: 1, Mode: budget.Enforce}, func(ctx context.Context) error {
		r := budget.FromContext(ctx)
		if r.Report().Name != "job" {
			t.Errorf("the job is called %q", r.Report().Name)
		}
		return errors.Join(failed, query(r, users, 1, 1), query(r, users, 2, 1))
	})
	if !errors.Is(err, failed) || !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestJobIsReported(t *testing.T) {
	var got []*budget.Report
	job := budget.Job{Name: "nightly", Budget: budget.Budget{Queries: 1}, Delivery: budget.Delivery{
		Reporters: []budget.Reporter{budget.ReporterFunc(func(_ context.Context, r *budget.Report) { got = append(got, r) })},
	}}
	work := func(ctx context.Context) error { return repeat(budget.FromContext(ctx), 2) }
	must(t, job.Run(t.Context(), work))

	outer, unit := budget.NewContext(t.Context())
	must(t, job.Run(outer, work))
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic did not go on")
			}
		}()
		_ = job.Run(t.Context(), func(context.Context) error { panic("boom") })
	}()
	if len(got) != 3 {
		t.Fatalf("%d reports", len(got))
	}
	for _, r := range got[:2] {
		if r.Name != "nightly" || r.Totals.Queries != 2 || r.Verdict.Outcome != budget.Exceeded {
			t.Errorf("got %+v", r)
		}
	}
	if r := unit.Report(); r.Totals.Queries != 2 || r.Scopes[0].Name != "nightly" {
		t.Errorf("the unit around it: %+v", r)
	}
}
