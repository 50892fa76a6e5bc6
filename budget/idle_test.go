package budget_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// desk is a unit of work whose clock goes on when the test says so.
type desk struct {
	t        *testing.T
	now      time.Duration
	recorder *budget.Recorder
	database *budget.Database
}

func newDesk(t *testing.T, rules budget.Rules) *desk {
	d := &desk{t: t, database: budget.NewDatabase(budget.DatabaseOptions{})}
	_, d.recorder = budget.Bounds{Rules: rules}.Replay(t.Context(), time.Unix(0, 0), func() time.Duration { return d.now })
	return d
}

func (d *desk) pass(ms int) { d.now += time.Duration(ms) * time.Millisecond }

func (d *desk) begin() *budget.Transaction {
	tx := d.database.Began(d.t.Context(), d.recorder, d.recorder.Clock(), nil)
	return &tx
}

// start sends a query of a transaction from a line.
func (d *desk) start(tx *budget.Transaction, line int) budget.Execution {
	d.t.Helper()
	site := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "shop.order", File: "orders.go", Line: line}})
	x, err := d.recorder.Start(budget.Call{Database: d.database, Statement: users, Stack: site, Transaction: tx})
	must(d.t, err)
	return x
}

// send sends a query that takes a millisecond.
func (d *desk) send(tx *budget.Transaction, line int) {
	x := d.start(tx, line)
	d.pass(1)
	x.End(0, nil)
}

func (d *desk) call(name string, ms int) {
	began := d.recorder.Clock()
	d.pass(ms)
	d.recorder.Called(name, began, nil)
}

// idle are the findings of the kind, in one line each.
func (d *desk) idle() (out []string) {
	for _, f := range d.recorder.Report().Findings {
		if f.Kind == budget.IdleTransaction {
			out = append(out, f.String())
		}
	}
	return out
}

// What a transaction waits for is said, with the lines around it.
func TestIdleTransaction(t *testing.T) {
	d := newDesk(t, budget.Rules{})
	tx := d.begin()
	d.send(tx, 31)
	d.pass(10)
	d.call("GET payments.example", 340)
	d.send(tx, 40)
	tx.Committed(d.recorder.Clock(), nil)
	d.call("GET mail.example", 500) // after the transaction
	report := d.recorder.Report()
	if len(report.Idle) != 1 || report.Idle[0].Start != time.Millisecond || report.Idle[0].Took != 350*time.Millisecond ||
		len(report.Idle[0].Doing) != 1 || report.Idle[0].Doing[0].Time != 340*time.Millisecond {
		t.Fatalf("%+v", report.Idle)
	}
	got := d.idle()
	if len(got) != 1 {
		t.Fatalf("found %q", got)
	}
	for _, want := range []string{
		"idle-transaction (certain): 1x SELECT users at orders.go:31 shop.order: nothing ran for 350ms until orders.go:40 shop.order",
		", but GET payments.example 340ms, in a transaction that began at ", "budget_test.(*desk).begin",
	} {
		if !strings.Contains(got[0], want) {
			t.Errorf("%q is missing in %q", want, got[0])
		}
	}
	f := report.Findings[0]
	if f.Time != 350*time.Millisecond || len(f.Also) != 1 || f.Also[0].CallSite().Line != 40 || !f.InTransaction || f.Repair == "" {
		t.Errorf("%+v", f)
	}
	text, err := json.Marshal(report)
	must(t, err)
	var back budget.Report
	must(t, json.Unmarshal(text, &back))
	if again := (budget.Rules{}).Findings(&back); len(again) != len(report.Findings) || again[0].String() != got[0] {
		t.Errorf("decoded, %v is found", again)
	}
}

// Where nothing runs, and where something does.
func TestIdleTimes(t *testing.T) {
	for _, test := range []struct {
		name string
		run  func(d *desk)
		want int
	}{
		{"between begin and the first statement", func(d *desk) { tx := d.begin(); d.pass(300); d.send(tx, 1) }, 1},
		{"before the commit", func(d *desk) { tx := d.begin(); d.send(tx, 1); d.pass(300); tx.Committed(d.now, nil) }, 1},
		{"before the rollback", func(d *desk) { tx := d.begin(); d.send(tx, 1); d.pass(300); tx.RolledBack(d.now, nil) }, 1},
		{"an empty transaction", func(d *desk) { tx := d.begin(); d.pass(300); tx.Committed(d.now, nil) }, 1},
		{"up to the limit", func(d *desk) { tx := d.begin(); d.send(tx, 1); d.pass(200); d.send(tx, 2) }, 0},
		{"a slow statement", func(d *desk) { tx := d.begin(); x := d.start(tx, 1); d.pass(300); x.End(0, nil); d.send(tx, 2) }, 0},
		{"rows that are read slowly", func(d *desk) {
			tx := d.begin()
			x := d.start(tx, 1)
			x.Open()
			d.pass(300)
			x.Close(1, nil)
			d.send(tx, 2)
		}, 0},
		{"a statement that ended while rows are open", func(d *desk) {
			tx := d.begin()
			x := d.start(tx, 1)
			x.Open()
			d.send(tx, 2)
			d.pass(300)
			d.send(tx, 3)
			x.Close(1, nil)
			tx.Committed(d.now, nil)
		}, 0},
		{"after rows were closed twice", func(d *desk) {
			tx := d.begin()
			x := d.start(tx, 1)
			x.Open()
			y := x
			x.Close(1, nil)
			y.Close(1, nil)
			z := d.start(tx, 2)
			d.pass(300)
			z.End(0, nil)
			d.send(tx, 3)
		}, 0},
		{"outside of a transaction", func(d *desk) { d.send(nil, 1); d.pass(300); d.send(nil, 2) }, 0},
		{"between two transactions", func(d *desk) {
			tx := d.begin()
			tx.Committed(d.now, nil)
			d.pass(300)
			tx = d.begin()
			tx.Committed(d.now, nil)
		}, 0},
		{"a transaction that did not begin", func(d *desk) {
			tx := d.database.Began(d.t.Context(), d.recorder, d.now, context.Canceled)
			d.pass(300)
			tx.RolledBack(d.now, nil)
		}, 0},
		{"one that was begun without a context", func(d *desk) {
			tx := &budget.Transaction{}
			d.pass(300)
			d.send(tx, 1)
			d.pass(300)
			d.send(tx, 2)
		}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, budget.Rules{})
			test.run(d)
			if got := d.idle(); len(got) != test.want {
				t.Errorf("found %q", got)
			}
		})
	}
}

// The same two lines are one finding, however often; the rule can be set and turned off.
func TestIdleTransactionsTogether(t *testing.T) {
	for limit, want := range map[time.Duration]string{
		0:                       "1x",
		90 * time.Millisecond:   "3x",
		budget.None:             "",
		1000 * time.Millisecond: "",
	} {
		d := newDesk(t, budget.Rules{IdleTransaction: limit})
		for _, ms := range []int{100, 300, 150} {
			tx := d.begin()
			d.send(tx, 1)
			d.pass(ms)
			d.send(tx, 2)
			tx.Committed(d.now, nil)
		}
		got := d.idle()
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], want) || !strings.Contains(got[0], "for 300ms")) {
			t.Errorf("%v: found %q", limit, got)
		}
	}
}

// Their number is bounded, and a scope has its own.
func TestIdleBounds(t *testing.T) {
	d := newDesk(t, budget.Rules{})
	for i := range 100 {
		tx := d.begin()
		d.send(tx, i+1)
		d.pass(300)
		tx.Committed(d.now, nil)
	}
	if n := len(d.recorder.Report().Idle); n != 50 {
		t.Errorf("%d are listed", n)
	}
}

// Reports that somebody made by hand, with parts that are not there, do not stop the rules.
func TestForgedIdle(t *testing.T) {
	r := &budget.Report{Idle: []budget.Idle{{Group: 7, Next: 0, Took: time.Second}, {Group: -1, Next: -1, Took: time.Second}, {Group: -5, Next: -7, Took: time.Second}}}
	for _, f := range (budget.Rules{}).Findings(r) {
		if f.Kind != budget.IdleTransaction || f.Summary != "BEGIN" {
			t.Errorf("%+v", f)
		}
	}
}

// A transaction that held its connection until its context ended, while queries waited, is
// one finding: that one.
func TestHeldIsNotIdle(t *testing.T) {
	d := newDesk(t, budget.Rules{})
	waits := int64(0)
	d.database.WatchPool(func() budget.Pool { return budget.Pool{Max: 1, Waits: waits} })
	tx := d.begin()
	d.send(tx, 31)
	waits++
	d.pass(300)
	tx.Interrupted = true
	tx.RolledBack(d.now, nil)
	if f := d.recorder.Report().Findings; len(f) != 1 || f[0].Kind != budget.HeldConnection {
		t.Errorf("found %v", f)
	}
}
