package budget

import "time"

// busyTime measures the time during which at least one of several overlapping
// pieces of work was under way.
type busyTime struct {
	active int
	since  time.Duration // when active left zero
	until  time.Duration // end of the last stretch that is in total
	total  time.Duration
}

func (b *busyTime) enter(now time.Duration) {
	if b.active == 0 {
		b.since = max(now, b.until)
	}
	b.active++
}

func (b *busyTime) leave(now time.Duration) {
	b.active--
	if b.active == 0 && now > b.since {
		b.total += now - b.since
		b.until = now
	}
}

// interval adds work that has already ended, between two points of time of
// which the second is not before the last enter or leave.
func (b *busyTime) interval(from, to time.Duration) {
	from = max(from, b.until)
	if b.active > 0 {
		b.since = min(b.since, from)
		return
	}
	if to > from {
		b.total += to - from
		b.until = to
	}
}

// at returns the total including the stretch that is under way.
func (b *busyTime) at(now time.Duration) time.Duration {
	if b.active > 0 && now > b.since {
		return b.total + now - b.since
	}
	return b.total
}
