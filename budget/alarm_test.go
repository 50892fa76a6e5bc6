package budget_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// told collects what an alarm tells.
type told struct {
	mu   sync.Mutex
	said []string
}

func (k *told) tell(hangs []budget.Hang) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.said = append(k.said, budget.HangText(hangs))
}

func (k *told) texts() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.said)
}

// pass lets time go by, and whatever is due then be done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func startFrom(t *testing.T, r *budget.Recorder, d *budget.Database, line int) budget.Execution {
	t.Helper()
	site := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "shop.list", File: "books.go", Line: line}})
	x, err := r.Start(budget.Call{Database: d, Statement: users, Stack: site})
	must(t, err)
	return x
}

// A query that hangs is told once, while it hangs, with its line; the next one is told
// again. Those that hang together are one message.
func TestAlarmOfQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k told
		d := budget.NewDatabase(budget.DatabaseOptions{})
		j := budget.Delivery{Alarm: &budget.Alarm{After: 5 * time.Second, Tell: k.tell}}
		ctx, r := budget.NewContext(t.Context())
		r.SetName("report")
		j.Begin(ctx, r)
		other, s := budget.NewContext(t.Context())
		s.SetName("other")
		j.Begin(other, s)
		x, y := startFrom(t, r, d, 7), startFrom(t, s, d, 9)
		pass(4500 * time.Millisecond)
		if len(k.texts()) != 0 {
			t.Errorf("told early: %q", k.texts())
		}
		pass(time.Hour)
		want := []string{
			"budget: 2 hangs: ", "report: running for 5s: SELECT users at books.go:7 shop.list", "other: running for 5s: SELECT users at books.go:9 shop.list",
		}
		if len(k.texts()) != 1 {
			t.Fatalf("told %q", k.texts())
		}
		for _, part := range want {
			if !strings.Contains(k.texts()[0], part) {
				t.Errorf("%q is missing in %q", part, k.texts()[0])
			}
		}
		x.End(0, nil)
		y.End(0, nil)
		x = startFrom(t, r, d, 8)
		pass(10 * time.Second)
		if len(k.texts()) != 2 || !strings.Contains(k.texts()[1], "books.go:8") {
			t.Errorf("told %q", k.texts())
		}
		x.End(0, nil)
		j.End(ctx, r)
		j.End(other, s)
		pass(time.Minute)
		if len(k.texts()) != 2 {
			t.Errorf("told after the end: %q", k.texts())
		}
	})
}

// What does not hang is not told: quick queries, the application's own work, a unit whose
// report nobody wants.
func TestNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k told
		d := budget.NewDatabase(budget.DatabaseOptions{})
		j := budget.Delivery{Alarm: &budget.Alarm{After: 5 * time.Second, Tell: k.tell}}
		ctx, r := budget.NewContext(t.Context())
		j.Begin(ctx, r)
		for range 20 {
			x := startFrom(t, r, d, 7)
			pass(3 * time.Second)
			x.End(0, nil)
		}
		pass(time.Hour) // at work, and nobody waits for a connection
		discarded, s := budget.NewContext(t.Context())
		j.Begin(discarded, s)
		s.Discard()
		y := startFrom(t, s, d, 7)
		pass(time.Minute)
		y.End(0, nil)
		j.End(discarded, s)
		j.End(ctx, r)
		if len(k.texts()) != 0 {
			t.Errorf("told %q", k.texts())
		}
	})
}

// An alarm that nobody hears, and one that panics, are said.
func TestBrokenAlarms(t *testing.T) {
	for name, tell := range map[string]func([]budget.Hang){"without Tell": nil, "panicked": func([]budget.Hang) { panic("no") }} {
		synctest.Test(t, func(t *testing.T) {
			var errs []string
			j := budget.Job{Name: "nightly", Delivery: budget.Delivery{Alarm: &budget.Alarm{Tell: tell}, OnError: func(err error) { errs = append(errs, err.Error()) }}}
			err := j.Run(t.Context(), func(ctx context.Context) error {
				x := startFrom(t, budget.FromContext(ctx), budget.NewDatabase(budget.DatabaseOptions{}), 7)
				pass(time.Minute)
				x.End(0, nil)
				return nil
			})
			must(t, err)
			if len(errs) != 1 || !strings.Contains(errs[0], name) {
				t.Errorf("%s: %q", name, errs)
			}
		})
	}
}
