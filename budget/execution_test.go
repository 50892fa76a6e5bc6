package budget

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/statement"
)

var readUsers = &statement.Statement{Shape: "SELECT users", Summary: "SELECT users", Fingerprint: 7, Kind: statement.Read, Tables: []string{"users"}}

// A wrapper that holds its executions wrong miscounts nothing: a second end, of a copy
// too, is none, also after the record was used again for another query.
func TestExecutionsThatEndTwice(t *testing.T) {
	for _, keep := range []int{0, None} { // with records that are kept, and that are used again
		_, r := Bounds{Queries: keep}.NewContext(context.Background())
		x, err := r.Start(Call{Statement: readUsers})
		if err != nil {
			t.Fatal(err)
		}
		first, second, third := x, x, x
		first.Open()
		first.Close(3, nil)
		second.Close(5, errors.New("again"))
		other, _ := r.Start(Call{Statement: readUsers})
		third.End(7, nil)
		second.Skip()
		third.Open()
		if n := r.Totals(); n.Queries != 1 || n.Rows != 3 || n.Running != 1 || n.Errors != 0 || n.OpenRows != 0 || n.RowsAffected != 0 {
			t.Errorf("kept %d: %+v", keep, n)
		}
		other.End(0, nil)
		other.End(0, nil)
		var zero Execution
		zero.Open()
		zero.Close(1, nil)
		zero.End(1, nil)
		zero.Skip()
		zero.Fetched(nil)
		if n := r.Totals(); n.Queries != 2 || n.Running != 0 {
			t.Errorf("kept %d: %+v", keep, n)
		}
	}
}

// Steps in another order than documented.
func TestExecutionsInAnotherOrder(t *testing.T) {
	_, r := NewContext(context.Background())
	start := func() Execution {
		x, err := r.Start(Call{Statement: readUsers})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	opened := start()
	opened.Open()
	opened.Open()
	opened.End(0, errors.New("failed while fetching")) // in place of Close
	skipped := start()
	skipped.Open()
	skipped.Skip() // the driver did not decline
	never := start()
	if n := r.Totals(); n.Queries != 2 || n.Errors != 1 || n.OpenRows != 1 || n.Running != 1 {
		t.Errorf("%+v", n)
	}
	if report := r.Report(); len(report.Open) != 1 || report.Totals.Running != 1 {
		t.Errorf("%d open", len(report.Open))
	}
	_ = never
}

// A wrapper that sees no more than the end of a result counts its rows, and its queries
// stay parents of what was sent while it was open.
func TestOnlyTheEndOfAResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, r := Bounds{Rules: Rules{Slow: None}}.NewContext(context.Background())
		parent, _ := r.Start(Call{Statement: readUsers})
		child := &statement.Statement{Shape: "SELECT books", Summary: "SELECT books", Fingerprint: 8, Kind: statement.Read, Tables: []string{"books"}}
		for i := range 5 {
			x, _ := r.Start(Call{Statement: child, Arguments: statement.Arguments{List: uint64(i + 1)}})
			time.Sleep(time.Second)
			x.Close(2, nil)
		}
		parent.Close(5, nil)
		report := r.Report()
		if n := report.Totals; n.Queries != 6 || n.Rows != 15 || n.OpenRows != 0 || n.ExecTime != 10*time.Second || n.FetchTime != 0 || n.WallTime != 5*time.Second {
			t.Errorf("%+v", n)
		}
		if f := report.Findings; len(f) != 1 || f[0].Kind != NPlusOne || f[0].Parent == nil || f[0].Parent.Shape != "SELECT users" || f[0].Parent.Position != 1 {
			t.Errorf("found %v", f)
		}
	})
}

// No handle and no statement: both are counted as unknown.
func TestCallsWithNothing(t *testing.T) {
	_, r := NewContext(context.Background())
	for range 3 {
		x, err := r.Start(Call{})
		if err != nil {
			t.Fatal(err)
		}
		x.End(0, nil)
	}
	if g := r.Report().Groups; len(g) != 1 || g[0].Queries != 3 || g[0].Shape != unknownStatement.Shape || g[0].CallSite().File != "budget/execution_test.go" {
		t.Errorf("%+v", g)
	}
}

// What was told of other services and of waits for a connection.
func TestOutgoingCallsAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, r := NewContext(context.Background())
		for i := range 3 {
			began := r.Clock()
			time.Sleep(time.Second)
			r.Called("search", began, []error{nil, errors.New("failed"), nil}[i])
		}
		for i := range 100 {
			r.Called(string(rune('A'+i)), r.Clock(), nil)
		}
		w := NewDatabase(DatabaseOptions{}).Wait(r, Call{})
		time.Sleep(time.Second)
		w.End(nil)
		report := r.Report()
		if o := report.Outgoing; len(o) != maxOutgoing || o[0] != (Outgoing{Name: "search", Calls: 3, Errors: 1, Time: 3 * time.Second}) || o[maxOutgoing-1].Name != "others" || o[maxOutgoing-1].Calls != 52 {
			t.Errorf("%+v", o)
		}
		if n := report.Totals; n.Queries != 0 || n.Waits != 1 || n.WaitTime != time.Second || n.Time != 0 || n.WallTime != 0 {
			t.Errorf("%+v", n)
		}
		(*Recorder)(nil).Called("x", 0, nil)
		(*Wait)(nil).End(nil)
	})
}
