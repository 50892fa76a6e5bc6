package panel_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
)

// Units that run stand on top, with what they do: in the driver, reading rows, or waiting
// for a second connection of a pool that has none left.
func TestRunning(t *testing.T) {
	s := newShop(t, panel.Options{})
	var pool budget.Pool
	s.database.WatchPool(func() budget.Pool { return pool })
	u := s.begin(authors)
	state := func() (state, statement string, line int, n int) {
		t.Helper()
		var got struct {
			Running []struct {
				State, Statement string
				CallSite         struct{ Line int } `json:"call_site"`
				Queries          int
			}
		}
		if err := json.Unmarshal([]byte(s.get("/api/running")), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Running) != 1 {
			t.Fatalf("%d run", len(got.Running))
		}
		r := got.Running[0]
		return r.State, r.Statement, r.CallSite.Line, r.Queries
	}
	expect := func(wantState, wantStatement string, wantLine int) {
		t.Helper()
		if got, st, line, _ := state(); got != wantState || st != wantStatement || line != wantLine {
			t.Errorf("%s %s at %d, want %s %s at %d", got, st, line, wantState, wantStatement, wantLine)
		}
	}
	expect("application", "", 0)
	x := u.start(10, "SELECT id, name FROM authors")
	expect("executing", "SELECT authors", 10)
	x.Open()
	expect("reading", "SELECT authors", 10)
	pool = budget.Pool{Max: 1, InUse: 1, Waits: 1} // another query of its own waits now
	expect("waiting", "SELECT authors", 10)
	mustContain(t, s.get("/"), "Running now", "probably waits for a connection: all 1 of the pool", "store/books.go:10")
	mustContain(t, s.get("/requests/"+u.recorder.Report().ID.String()), "still running", "data-live")
	x.Close(3, nil)
	expect("application", "", 0)
	u.end()
	mustContain(t, s.get("/api/running"), `"running": []`)
}

// A program that makes a delivery for each job does not make the panel grow.
func TestManyDeliveries(t *testing.T) {
	p := panel.New(panel.Options{})
	for range 1000 {
		job := budget.Job{Name: "tidy", Delivery: budget.Delivery{Reporters: []budget.Reporter{p}}}
		if err := job.Run(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n := panel.Watched(p); n > 100 {
		t.Errorf("%d deliveries are watched", n)
	}
}
