package sqlwrap

import "time"

// clock measures what a driver call takes, if somebody counts it. The zero clock
// does not run, and reading it is free.
type clock struct{ began time.Time }

// startClock starts a clock if there is somebody to count.
func startClock(counted bool) (c clock) {
	if counted {
		c.began = time.Now()
	}
	return c
}

// took returns the time since the clock was started, 0 for one that does not run.
func (c clock) took() time.Duration {
	if c.began.IsZero() {
		return 0
	}
	return time.Since(c.began)
}
