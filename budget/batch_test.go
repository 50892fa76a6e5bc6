package budget_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// sendBatch counts a batch of n statements of one line, of which each takes a millisecond.
func sendBatch(t *testing.T, r *budget.Recorder, st *statement.Statement, n int) {
	t.Helper()
	var batch []budget.Execution
	for i := range n {
		x, err := r.Start(budget.Call{Statement: st, Place: i + 1, Arguments: statement.Arguments{List: uint64(i + 1)}})
		must(t, err)
		batch = append(batch, x)
	}
	for i := range batch {
		batch[i].Turn()
		time.Sleep(time.Millisecond)
		if st.Kind == statement.Read {
			batch[i].Close(1, nil)
		} else {
			batch[i].End(1, nil)
		}
	}
}

// The statements of a batch are queries, one round trip, and no loop. None takes the time
// of those before it.
func TestBatch(t *testing.T) {
	for _, st := range []*statement.Statement{users, rename} {
		synctest.Test(t, func(t *testing.T) {
			_, r := budget.Bounds{Rules: budget.Rules{Slow: 5 * time.Millisecond}}.NewContext(t.Context())
			sendBatch(t, r, st, 10)
			report := r.Report()
			if n := report.Totals; n.Queries != 10 || n.Batches != 1 || n.Time != 10*time.Millisecond || n.WallTime != 10*time.Millisecond {
				t.Errorf("counted %+v", n)
			}
			for _, kind := range kindsOf(report) {
				if kind == budget.NPlusOne || kind == budget.WriteLoop || kind == budget.Slow {
					t.Errorf("found %v", report.Findings)
				}
			}
			if g := report.Groups[0]; g.InBatch != 9 || g.Parallel {
				t.Errorf("the group is %+v", g.Sums)
			}
		})
	}
}

// A loop that sends one batch for each row is a loop, by the first statement of each.
func TestLoopOfBatches(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	for i := range 6 {
		for place, st := range []*statement.Statement{users, rename} {
			x, err := r.Start(budget.Call{Statement: st, Place: place + 1, Arguments: statement.Arguments{List: uint64(i + 1)}})
			must(t, err)
			x.Close(1, nil)
		}
	}
	report := r.Report()
	if report.Totals.Batches != 6 || !slices.Contains(kindsOf(report), budget.NPlusOne) {
		t.Errorf("found %v in %+v", report.Findings, report.Totals)
	}
}

// A budget of loops has its room for loops: a batch takes none.
func TestNoLoopIsABatch(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{NPlusOne: 1, Mode: budget.Enforce})
	for range 2 {
		sendBatch(t, r, users, 10)
	}
	for i := range 6 {
		must(t, query(r, books, uint64(i), 1))
	}
	if v := r.Report().Verdict; v.Outcome != budget.Within {
		t.Errorf("the verdict is %+v", v)
	}
}

// What cannot be refused is counted, and over the budget.
func TestCannotRefuse(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: 1, Mode: budget.Enforce})
	cannot, asked := true, 0
	send := func() error {
		x, err := r.Start(budget.Call{Statement: users, CannotRefuse: func() bool { asked++; return cannot }})
		x.Close(1, nil)
		return err
	}
	must(t, send())
	if asked != 0 {
		t.Error("it was asked although there was room")
	}
	must(t, send())
	if v := r.Report().Verdict; v.Outcome != budget.Exceeded || asked != 1 || v.Exceeded[0].Observed != 2 {
		t.Errorf("the verdict is %+v, asked %d times", v, asked)
	}
	cannot = false
	if err := send(); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("the error is %v", err)
	}
}
