package budget_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// office is a handle that units of several deliveries use.
type office struct {
	t        *testing.T
	database *budget.Database
	alarm    budget.Delivery
}

func newOffice(t *testing.T, k *told) *office {
	return &office{
		t: t, database: budget.NewDatabase(budget.DatabaseOptions{}),
		alarm: budget.Delivery{Alarm: &budget.Alarm{After: 5 * time.Second, Tell: k.tell}},
	}
}

// unit begins one that the alarm looks at.
func (o *office) unit(name string) *budget.Recorder {
	ctx, r := budget.NewContext(o.t.Context())
	r.SetName(name)
	o.alarm.Begin(ctx, r)
	o.t.Cleanup(func() { o.alarm.End(ctx, r) })
	return r
}

// begin begins a transaction on a connection.
func (o *office) begin(r *budget.Recorder) *budget.Connection {
	tx := o.database.Began(o.t.Context(), r, r.Clock(), nil)
	c := &budget.Connection{}
	c.Began(&tx)
	return c
}

func (o *office) start(r *budget.Recorder, c *budget.Connection, line int) budget.Execution {
	o.t.Helper()
	site := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "shop.pay", File: "orders.go", Line: line}})
	x, err := r.Start(budget.Call{Database: o.database, Statement: rename, Stack: site, Connection: c})
	must(o.t, err)
	return x
}

func (o *office) end(c *budget.Connection) {
	t := c.Transaction()
	t.Committed(t.Clock(), nil)
	c.Ended()
}

// check looks for parts of the only message.
func (k *told) check(t *testing.T, parts, not []string) {
	t.Helper()
	texts := k.texts()
	if len(texts) != 1 {
		t.Fatalf("told %q", texts)
	}
	for _, part := range parts {
		if !strings.Contains(texts[0], part) {
			t.Errorf("%q is missing in %q", part, texts[0])
		}
	}
	for _, part := range not {
		if strings.Contains(texts[0], part) {
			t.Errorf("%q is in %q", part, texts[0])
		}
	}
}

// A query that hangs may wait for a lock: the transactions that other units have open since
// before are told, also those of a job with a delivery of its own; what has ended, or began
// later, is not.
func TestAlarmNamesTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k told
		o := newOffice(t, &k)
		_, nightly := budget.NewContext(t.Context()) // of a delivery of its own
		nightly.SetName("nightly")
		job := o.begin(nightly)
		x := o.start(nightly, job, 14)
		x.End(1, nil)
		o.end(o.begin(nightly)) // has ended
		time.Sleep(2 * time.Second)
		page := o.unit("POST /pay")
		own := o.begin(page)
		x = o.start(page, own, 40)
		_, late := budget.NewContext(t.Context())
		late.SetName("late")
		time.Sleep(time.Second)
		after := o.begin(late)
		pass(20 * time.Second)
		x.End(1, nil)
		for _, c := range []*budget.Connection{job, own, after} {
			o.end(c)
		}
		k.check(t, []string{
			"budget: 1 hang: POST /pay: running for 5s: UPDATE users at orders.go:40 shop.pay, perhaps behind nightly: a transaction for 7s that began at budget/hold_test.go:",
			", idle for 7s after UPDATE users at orders.go:14 shop.pay",
		}, []string{"late", "while it holds", ";"})
	})
}

// A query that waits for a lock of another transaction of its own unit is told so.
func TestAlarmOfAUnitThatWaitsForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k told
		o := newOffice(t, &k)
		page := o.unit("POST /pay")
		own := o.begin(page)
		x := o.start(page, own, 31)
		x.End(1, nil)
		x = o.start(page, &budget.Connection{}, 40)
		pass(20 * time.Second)
		x.End(1, nil)
		o.end(own)
		k.check(t, []string{"UPDATE users at orders.go:40 shop.pay, while it holds a transaction for 5s that began at "}, []string{"perhaps"})
	})
}

// A wait for a connection that a wrapper tells of, as pgxwrap does, is told while it lasts,
// once, with the line, what the unit holds itself and what others do.
func TestAlarmOfAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k told
		o := newOffice(t, &k)
		o.database.WatchPool(func() budget.Pool { return budget.Pool{Max: 2, InUse: 2} })
		list, page := o.unit("GET /list"), o.unit("POST /pay")
		rows := o.start(list, &budget.Connection{}, 7)
		rows.Open()
		own := o.begin(page)
		x := o.start(page, own, 31)
		x.End(1, nil)
		w := o.database.Wait(page, budget.Call{})
		pass(30 * time.Second)
		k.check(t, []string{
			"POST /pay: waiting for a connection for 5s at budget/hold_test.go:", ", while it holds a transaction for 5s that began at",
			", idle for 5s after UPDATE users at orders.go:31 shop.pay, pool 2 of 2 in use, held by GET /list: rows of UPDATE users at orders.go:7 shop.pay for 5s",
		}, nil)
		w.End(nil)
		rows.Close(1, nil)
		o.end(own)
		pass(time.Minute)
		k.check(t, nil, nil)
		second := o.database.Wait(page, budget.Call{})
		pass(10 * time.Second)
		second.End(context.Canceled)
		if texts := k.texts(); len(texts) != 2 || strings.Contains(texts[1], "hold_test.go:7 ") || strings.Contains(texts[1], " held by ") {
			t.Errorf("told %q", texts)
		}
	})
}

// Only what may be waited for is told: of the same handle, since before, and each once.
func TestAlarmLeavesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k told
		o, elsewhere := newOffice(t, &k), newOffice(t, &k)
		list, page := o.unit("GET /list"), o.unit("POST /pay")
		tx := o.begin(list)
		inTx := o.start(list, tx, 1)
		inTx.Open()
		other := elsewhere.start(list, &budget.Connection{}, 2)
		other.Open()
		open := []*budget.Connection{o.begin(list), o.begin(list), o.begin(list), o.begin(list)}
		o.end(open[1])
		o.end(open[3])
		_, foreign := budget.NewContext(t.Context())
		x := o.start(foreign, tx, 3) // in a transaction of another unit
		x.End(1, nil)
		time.Sleep(time.Second)
		first := o.database.Wait(page, budget.Call{})
		time.Sleep(time.Second)
		second := o.database.Wait(page, budget.Call{})
		later := o.start(list, &budget.Connection{}, 4)
		later.Open()
		pass(time.Minute)
		for _, w := range []*budget.Wait{second, first} {
			w.End(nil)
		}
		for _, x := range []budget.Execution{inTx, other, later} {
			x.Close(1, nil)
		}
		for _, c := range []*budget.Connection{tx, open[0], open[2]} {
			o.end(c)
		}
		k.check(t, []string{"waiting for a connection for 5s", "a transaction for 6s that began at", "with UPDATE users at orders.go:1 shop.pay"}, []string{"rows of", "orders.go:3"})
		if n := strings.Count(k.texts()[0], "a transaction for"); n != 3 {
			t.Errorf("%d are told: %s", n, k.texts()[0])
		}
	})
}

// Many holds are five, and a number.
func TestAlarmNamesFewHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k told
		o := newOffice(t, &k)
		page := o.unit("POST /pay")
		var open []*budget.Connection
		for range 12 {
			_, r := budget.NewContext(t.Context())
			open = append(open, o.begin(r))
		}
		x := o.start(page, &budget.Connection{}, 40)
		pass(20 * time.Second)
		x.End(1, nil)
		for _, c := range open {
			o.end(c)
		}
		k.check(t, []string{"a unit without a name: a transaction for 5s", "; and 7 more"}, nil)
		if n := strings.Count(k.texts()[0], "a transaction for"); n != 5 {
			t.Errorf("%d are told: %s", n, k.texts()[0])
		}
	})
}
