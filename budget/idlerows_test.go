package budget_test

import (
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// Rows that are open while the application waits for other services are told, with where
// they were asked for and what went on.
func TestIdleRows(t *testing.T) {
	for _, inTransaction := range []bool{false, true} {
		d := newDesk(t, budget.Rules{})
		var tx *budget.Transaction
		kind := budget.IdleConnection
		if inTransaction {
			tx, kind = d.begin(), budget.IdleTransaction
		}
		x := d.start(tx, 31)
		x.Open()
		d.call("GET mail.example", 5)
		for range 20 {
			d.call("GET payments.example", 50)
			d.pass(10)
		}
		x.Close(20, nil)
		report := d.recorder.Report()
		if len(report.Findings) != 1 || report.Findings[0].Kind != kind {
			t.Fatalf("found %v", report.Findings)
		}
		f := report.Findings[0]
		text := f.String()
		for _, want := range []string{
			string(kind) + " (certain): 1x SELECT users at orders.go:31 shop.order: its rows were open for 1.005s while the same goroutine waited for GET payments.example 1s, GET mail.example 5ms at ",
			"budget_test.(*desk).call",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in %q", want, text)
			}
		}
		if f.InTransaction != inTransaction || f.Time != 1005*time.Millisecond || f.Also[0].Summary != "GET payments.example" || f.Also[0].Count != 20 || !strings.Contains(f.Repair, "close") {
			t.Errorf("%+v", f)
		}
		if again := (budget.Rules{}).Findings(decoded(t, report)); len(again) != 1 || again[0].String() != text {
			t.Errorf("decoded, %v is found", again)
		}
	}
}

// What is none: short calls, calls before the rows and after them, those of other
// goroutines, work that is not told.
func TestNoIdleRows(t *testing.T) {
	for name, run := range map[string]func(d *desk, x *budget.Execution){
		"up to the limit": func(d *desk, x *budget.Execution) { x.Open(); d.call("GET a", 200); x.Close(1, nil) },
		"before":          func(d *desk, x *budget.Execution) { d.call("GET a", 300); x.Open(); x.Close(1, nil) },
		"after":           func(d *desk, x *budget.Execution) { x.Open(); x.Close(1, nil); d.call("GET a", 300) },
		"began before": func(d *desk, x *budget.Execution) {
			began := d.recorder.Clock()
			d.pass(200)
			x.Open()
			d.pass(300)
			d.recorder.Called("GET a", began, nil)
			x.Close(1, nil)
		},
		"another goroutine": func(d *desk, x *budget.Execution) {
			x.Open()
			done := make(chan struct{})
			go func() { defer close(done); d.call("GET a", 300) }()
			<-done
			x.Close(1, nil)
		},
		"not told": func(d *desk, x *budget.Execution) { x.Open(); d.pass(300); x.Close(1, nil) },
	} {
		d := newDesk(t, budget.Rules{Slow: budget.None})
		d.pass(1)
		x := d.start(nil, 1)
		d.pass(1)
		run(d, &x)
		if f := d.recorder.Report().Findings; len(f) != 0 {
			t.Errorf("%s: found %v", name, f)
		}
	}
}

// A wrapper that does not see rows open: a call of the same goroutine shows it.
func TestIdleRowsOfAWrapperThatSeesTheirEnd(t *testing.T) {
	d := newDesk(t, budget.Rules{Slow: budget.None})
	x, err := d.recorder.Start(budget.Call{Database: d.database, Statement: users, OnlyEnd: true})
	must(t, err)
	d.pass(1)
	d.call("GET payments.example", 300)
	x.Close(1, nil)
	if f := d.recorder.Report().Findings; len(f) != 1 || f[0].Kind != budget.IdleConnection {
		t.Errorf("found %v", f)
	}
}

// With the rules off, or another limit, nothing is kept.
func TestIdleRowsOff(t *testing.T) {
	for _, rules := range []budget.Rules{{Off: true}, {IdleTransaction: budget.None}, {IdleTransaction: time.Second}} {
		d := newDesk(t, rules)
		x := d.start(nil, 1)
		x.Open()
		d.call("GET a", 300)
		x.Close(1, nil)
		if n := len(d.recorder.Report().Idle); n != 0 {
			t.Errorf("%+v: %d", rules, n)
		}
	}
}
