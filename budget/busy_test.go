package budget

import (
	"testing"
	"time"
)

func TestBusy(t *testing.T) {
	type event struct {
		at    time.Duration
		enter bool
	}
	for name, test := range map[string]struct {
		events []event
		want   time.Duration
	}{
		"one":             {[]event{{1, true}, {4, false}}, 3},
		"apart":           {[]event{{1, true}, {4, false}, {10, true}, {11, false}}, 4},
		"inside":          {[]event{{0, true}, {2, true}, {3, false}, {5, true}, {6, false}, {10, false}}, 10},
		"overlapping":     {[]event{{0, true}, {2, true}, {5, false}, {8, false}}, 8},
		"still under way": {[]event{{5, true}}, 15},
		// Goroutines reach the lock in another order than they read the clock.
		"clock behind": {[]event{{5, true}, {9, false}, {7, true}, {12, false}}, 7},
	} {
		var b busyTime
		for _, e := range test.events {
			if e.enter {
				b.enter(e.at)
			} else {
				b.leave(e.at)
			}
		}
		if got := b.at(20); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestBusyInterval(t *testing.T) {
	var b busyTime
	b.interval(1, 4)
	if got := b.at(4); got != 3 {
		t.Errorf("alone: got %d", got)
	}
	b.interval(3, 5) // overlaps what was added
	if got := b.at(5); got != 4 {
		t.Errorf("overlapping: got %d", got)
	}
	b.enter(10)
	b.interval(8, 12) // began before the query that is under way
	b.leave(13)
	if got := b.at(13); got != 9 {
		t.Errorf("around a query: got %d", got)
	}
}
