package budget

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// BenchmarkFollow is what an alarm costs a unit that is quick.
func BenchmarkFollow(b *testing.B) {
	d := Delivery{Alarm: &Alarm{Tell: func([]Hang) {}}}
	d.prepare()
	ctx, r := NewContext(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		d.follow(ctx, r)
		d.unfollow(r)
	}
}

// A unit that an alarm looks at has no goroutine and no timer of its own: one looks at all.
func TestAlarmHasOneTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := Delivery{Alarm: &Alarm{Tell: func([]Hang) { t.Error("told") }}}
		d.prepare()
		before := runtime.NumGoroutine()
		var units []*Recorder
		var timer *time.Timer
		for i := range 1000 {
			ctx, r := NewContext(t.Context())
			d.follow(ctx, r)
			units = append(units, r)
			if i == 0 {
				timer = d.followed.timer
			} else if d.followed.timer != timer {
				t.Fatal("there is another timer")
			}
		}
		if n := runtime.NumGoroutine(); n > before+100 { // others of the process may come and go
			t.Errorf("%d goroutines, %d before", n, before)
		}
		for _, r := range units {
			d.unfollow(r)
		}
		time.Sleep(2 * followEvery)
		synctest.Wait()
		d.followed.mu.Lock()
		defer d.followed.mu.Unlock()
		if d.followed.timer != nil {
			t.Error("the timer runs although no unit does")
		}
	})
}

// What an alarm adds to a unit that is quick: at most one allocation.
func TestAlarmAllocates(t *testing.T) {
	d := Delivery{Alarm: &Alarm{Tell: func([]Hang) {}}}
	d.prepare()
	ctx, r := NewContext(t.Context())
	d.follow(ctx, r)
	d.unfollow(r)
	if n := testing.AllocsPerRun(100, func() { d.follow(ctx, r); d.unfollow(r) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// The list of open transactions has a bound.
func TestOpenTransactionsAreBounded(t *testing.T) {
	d := NewDatabase(DatabaseOptions{})
	_, r := NewContext(t.Context())
	conns := make([]*Connection, maxOpenTransactions+50)
	for i := range conns {
		tx := d.Began(t.Context(), r, 0, nil)
		conns[i] = &Connection{}
		conns[i].Began(&tx)
	}
	if n := len(d.open.all()); n != maxOpenTransactions {
		t.Errorf("%d are listed", n)
	}
	for _, c := range conns {
		c.Ended()
	}
	if n := len(d.open.all()); n != 0 || d.open.n != 0 {
		t.Errorf("%d are left", n)
	}
}
