package budget

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/statement"
)

// collector asks for what its needs say.
type collector struct {
	needs   Needs
	mu      sync.Mutex
	reports []*Report
	live    func() []*Recorder
}

func (c *collector) Needs() Needs                  { return c.needs }
func (c *collector) Watch(live func() []*Recorder) { c.live = live }
func (c *collector) Report(_ context.Context, r *Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reports = append(c.reports, r)
}

// all returns the reports so far.
func (c *collector) all() []*Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.reports)
}

func (c *collector) stages() (out []Stage) {
	for _, r := range c.all() {
		out = append(out, r.Stage)
	}
	return out
}

func send(t *testing.T, r *Recorder, st *statement.Statement, argument uint64, rows int64) {
	t.Helper()
	x, err := r.Start(Call{Statement: st, Arguments: statement.Arguments{List: argument}})
	if err != nil {
		t.Fatal(err)
	}
	x.Open()
	x.Close(rows, nil)
}

// What a unit does after its final report arrives as a late one, which has nothing
// else: an n+1 in it is found, and all reports add up.
func TestLateReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late, once := &collector{needs: Needs{Late: true, Quick: true}}, &collector{needs: Needs{Quick: true}}
		d := &Delivery{Reporters: []Reporter{late, once}}
		ctx, r := NewContext(context.Background())
		r.SetName("GET /x")
		d.Begin(ctx, r)
		send(t, r, readUsers, 1, 8)
		open, _ := r.Start(Call{Statement: readUsers})
		open.Open()
		running, _ := r.Start(Call{Statement: readUsers})
		d.End(ctx, r)
		time.Sleep(10 * time.Second) // nothing happens: no report
		if got := late.stages(); !slices.Equal(got, []Stage{Final}) {
			t.Fatalf("reports %v", got)
		}
		go func() {
			for i := range 8 {
				send(t, r, &statement.Statement{Shape: "late", Fingerprint: 9, Kind: statement.Read, Tables: []string{"t"}}, uint64(i+1), 1)
				time.Sleep(500 * time.Millisecond)
			}
			running.Open()
			running.Close(3, nil)
			open.Close(4, nil)
		}()
		time.Sleep(3 * time.Second)
		if got := late.stages(); !slices.Equal(got, []Stage{Final}) {
			t.Errorf("reported while it went on: %v", got)
		}
		time.Sleep(time.Minute)
		if got := late.stages(); !slices.Equal(got, []Stage{Final, Late}) {
			t.Fatalf("reports %v", got)
		}
		if got := once.stages(); !slices.Equal(got, []Stage{Final}) {
			t.Errorf("one that did not ask got %v", got)
		}
		first, second := late.all()[0], late.all()[1]
		if first.ID != second.ID || second.Name != "GET /x" || first.ID == 0 {
			t.Errorf("ids %v and %v, name %q", first.ID, second.ID, second.Name)
		}
		if a, b := first.Totals, second.Totals; a.Queries != 2 || a.Running != 1 || a.OpenRows != 1 || a.Rows != 8 ||
			b.Queries != 9 || b.Running != 0 || b.OpenRows != 0 || b.Rows != 15 {
			t.Errorf("final %+v\nlate %+v", a, b)
		}
		if all := r.Report().Totals; all.Queries != 11 || all.Rows != 23 || all.ExecTime != first.Totals.ExecTime+second.Totals.ExecTime {
			t.Errorf("in all %+v", all)
		}
		isLoop := func(f Finding) bool { return f.Kind == NPlusOne && f.Count == 8 }
		if !slices.ContainsFunc(second.Findings, isLoop) || slices.ContainsFunc(first.Findings, isLoop) {
			t.Errorf("findings %v, and late %v", first.Findings, second.Findings)
		}
		send(t, r, readUsers, 1, 1) // and again
		time.Sleep(time.Minute)
		if got := late.stages(); !slices.Equal(got, []Stage{Final, Late, Late}) || late.all()[2].Totals.Queries != 1 {
			t.Errorf("reports %v", got)
		}
	})
}

// Late work that goes on and on is reported now and then.
func TestLateWorkThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{needs: Needs{Late: true, Quick: true}}
		d := &Delivery{Reporters: []Reporter{c}}
		ctx, r := NewContext(context.Background())
		d.End(ctx, r)
		for range 100 {
			send(t, r, readUsers, 1, 1)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		var sum int64
		for _, report := range c.all() {
			sum += report.Totals.Queries
		}
		if n := len(c.all()); n < 4 || n > 6 || sum != 100 {
			t.Errorf("%d reports of %d queries", n, sum)
		}
	})
}

// A scope that outlives the request counts late, too.
func TestLateScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{needs: Needs{Late: true, Quick: true}}
		d := &Delivery{Reporters: []Reporter{c}}
		ctx, r := NewContext(context.Background())
		_, scope := With(ctx, "part", Budget{})
		d.End(ctx, r)
		send(t, scope, readUsers, 1, 1)
		time.Sleep(time.Minute)
		if len(c.all()) != 2 || c.all()[1].Totals.Queries != 1 || scope.Totals().Queries != 1 || r.Totals().Queries != 1 {
			t.Errorf("%v", c.stages())
		}
	})
}

// Units that run long are reported while they run to those that ask, and can be looked
// at. The timer ends with them: synctest would not return otherwise.
func TestRunningReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running, plain := &collector{needs: Needs{Running: true, Quick: true}}, &collector{needs: Needs{Quick: true}}
		d := &Delivery{Reporters: []Reporter{running, plain}, RunningAfter: 5 * time.Second}
		ctx, r := NewContext(context.Background())
		d.Begin(ctx, r)
		short, other := NewContext(context.Background())
		d.Begin(short, other)
		if live := running.live(); len(live) != 2 || !slices.Contains(live, r) || !slices.Contains(live, other) {
			t.Errorf("%d live", len(live))
		}
		d.End(short, other)
		send(t, r, readUsers, 1, 1)
		time.Sleep(22 * time.Second) // after 5, 10 and 20
		if got := running.stages(); !slices.Equal(got, []Stage{Final, Running, Running, Running}) || running.all()[1].ID != r.Report().ID {
			t.Errorf("reports %v", got)
		}
		d.End(ctx, r)
		if live := d.Live(); len(live) != 0 {
			t.Errorf("%d live at the end", len(live))
		}
		if got := plain.stages(); !slices.Equal(got, []Stage{Final, Final}) {
			t.Errorf("one that did not ask got %v", got)
		}
		time.Sleep(time.Hour)
		d.followed.mu.Lock()
		defer d.followed.mu.Unlock()
		if d.followed.timer != nil || len(running.all()) != 5 {
			t.Errorf("the timer goes on, %d reports", len(running.all()))
		}
	})
}

// A unit that crosses its budget is reported while it runs, once for each step: at the
// crossing, and when twice as much is observed.
func TestCrossingsAreReportedWhileAUnitRuns(t *testing.T) {
	for _, mode := range []Mode{Observe, Enforce} {
		synctest.Test(t, func(t *testing.T) {
			c := &collector{needs: Needs{Running: true, Quick: true}}
			d := &Delivery{Reporters: []Reporter{c}, RunningAfter: 24 * time.Hour}
			ctx, r := NewContext(context.Background())
			r.SetBudget(Budget{Queries: 3, Mode: mode})
			d.Begin(ctx, r)
			want := []int{0, 0, 0, 1, 1, 1, 1, 2, 2, 2} // reports after so many queries
			if mode == Enforce {
				want = []int{0, 0, 0, 1, 1, 1, 1, 1, 1, 1} // no more than one too many is ever observed
			}
			for i, n := range want {
				x, err := r.Start(Call{Database: NewDatabase(DatabaseOptions{}), Statement: readUsers})
				if err == nil {
					x.End(0, nil)
				}
				time.Sleep(3 * time.Second)
				if got := c.stages(); len(got) != n || n > 0 && (got[n-1] != Running || c.all()[n-1].Verdict.Outcome == Within) {
					t.Errorf("mode %v, after %d queries: %v", mode, i+1, got)
				}
			}
			d.End(ctx, r)
			if got := c.stages(); got[len(got)-1] != Final || len(got) != want[9]+1 {
				t.Errorf("mode %v: %v", mode, got)
			}
		})
	}
}

// Deliveries that were slow give their place back.
func TestSlowDeliveriesGiveTheirPlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{}
		slow := ReporterFunc(func(ctx context.Context, r *Report) { time.Sleep(time.Second); c.Report(ctx, r) })
		d := &Delivery{Reporters: []Reporter{slow}}
		for range 3 * maxSlow {
			d.Deliver(t.Context(), &Report{})
			time.Sleep(2 * time.Second)
		}
		if n := len(c.stages()); n != 3*maxSlow {
			t.Errorf("%d of %d reports", n, 3*maxSlow)
		}
	})
}

// A reporter gets what the neediest of all needs.
func TestContentOfReports(t *testing.T) {
	for _, test := range []struct {
		contents []Content
		lean     bool
	}{{[]Content{TotalsOnly, WhatIsFound}, true}, {[]Content{WhatIsFound, Everything}, false}, {[]Content{TotalsOnly}, true}} {
		d := &Delivery{}
		for _, c := range test.contents {
			d.Reporters = append(d.Reporters, &collector{needs: Needs{Content: c, Quick: true}})
		}
		ctx, r := NewContext(context.Background())
		send(t, r, readUsers, 1, 1)
		d.End(ctx, r)
		for _, c := range d.Reporters {
			if got := c.(*collector).all()[0]; got.Lean != test.lean || (len(got.Groups) == 0) != test.lean || got.Totals.Queries != 1 {
				t.Errorf("%v: lean %v, %d groups", test.contents, got.Lean, len(got.Groups))
			}
		}
	}
}
