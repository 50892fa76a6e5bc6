package budget_test

import (
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// callsOut tells of which lines a desk's report says that another service is called each time.
func (d *desk) callsOut() (lines []int) {
	for _, g := range d.recorder.Report().Groups {
		if g.CallsOut {
			lines = append(lines, g.CallSite().Line)
		}
	}
	return lines
}

// A loop that calls another service in each round is told from one before such calls.
func TestCallsOut(t *testing.T) {
	d := newDesk(t, budget.Rules{})
	for range 5 {
		d.send(nil, 10)
		d.call("mail", 1)
		d.send(nil, 20)
	}
	for range 5 {
		d.send(nil, 30)
	}
	for range 5 {
		d.call("mail", 1)
	}
	d.send(nil, 40) // once: nothing is between
	if got := d.callsOut(); len(got) != 2 || got[0] != 10 || got[1] != 20 {
		t.Errorf("got lines %v", got)
	}
	for _, f := range d.recorder.Report().Findings {
		if line := f.CallSite().Line; f.CallsOut != (line < 30) {
			t.Errorf("line %d: %v", line, f.CallsOut)
		}
	}
}

// A goroutine for each item makes its call before its query, or behind it; where one makes
// none, nothing is said.
func TestCallsOutOfGoroutines(t *testing.T) {
	for silent, want := range map[int]int{-1: 1, 3: 0} {
		d := newDesk(t, budget.Rules{})
		_, d.recorder = budget.Bounds{TrackValues: true}.NewContext(t.Context())
		var all, sent sync.WaitGroup
		sent.Add(6)
		for i := range 6 {
			all.Go(func() {
				if i%2 == 0 && i != silent {
					d.recorder.Called("mail", 0, nil)
				}
				x := d.start(nil, 10)
				x.End(0, nil)
				sent.Done()
				sent.Wait() // all queries come before the calls of the others
				if i%2 == 1 && i != silent {
					d.recorder.Called("mail", 0, nil)
				}
			})
		}
		all.Wait()
		if got := d.callsOut(); len(got) != want {
			t.Errorf("without the call of %d: got lines %v", silent, got)
		}
	}
}

// Of what comes behind the calls whose place is kept, nothing is known: it is not taken for
// work beside a call.
func TestCallsOutOfMany(t *testing.T) {
	d := newDesk(t, budget.Rules{})
	for range 1000 {
		d.call("mail", 1)
	}
	for range 5 {
		d.send(nil, 10)
	}
	if got := d.callsOut(); len(got) > 0 {
		t.Errorf("before: got lines %v", got)
	}
	d.call("mail", 1)
	for range 5 {
		d.send(nil, 20)
	}
	if got := d.callsOut(); len(got) > 0 {
		t.Errorf("got lines %v", got)
	}
}
