package budget

import (
	"math"
	"time"
)

// Rules are the thresholds of findings. The zero value of each is its default,
// and [None] turns the rule off.
type Rules struct {
	// Off turns all rules off, with what they record. Default: on.
	Off bool
	// NPlusOne is the number of executions of one statement from one call site,
	// with as many different arguments, that make an n+1. Default: 5, as in
	// Sentry, Scout and perf-sentinel; it lets through the few that are meant.
	NPlusOne int
	// WriteLoop is the same for INSERT, UPDATE and DELETE. Default: 5, for the
	// same reason.
	WriteLoop int
	// Duplicate is the number of executions of one read with the same arguments,
	// and no write to its tables in between. Default: 2: the second one is
	// waste already.
	Duplicate int
	// Slow is the execution time over which a query is slow. Default: 200
	// milliseconds, between the 100 of Laravel's Telescope and the 500 of
	// Sentry and Django's debug toolbar.
	Slow time.Duration
	// LargeResult is the number of rows over which a result is large. Default:
	// 1,000, which no page shows.
	LargeResult int
}

func (r Rules) withDefaults() Rules {
	r.NPlusOne = threshold(r.NPlusOne, 5)
	r.WriteLoop = threshold(r.WriteLoop, 5)
	r.Duplicate = threshold(r.Duplicate, 2)
	r.LargeResult = threshold(r.LargeResult, 1000)
	switch {
	case r.Slow == 0:
		r.Slow = 200 * time.Millisecond
	case r.Slow < 0:
		r.Slow = 1<<63 - 1
	}
	return r
}

// threshold returns the number that a rule's field stands for.
func threshold(n, byDefault int) int {
	switch {
	case n == 0:
		return byDefault
	case n < 0:
		return math.MaxInt
	default:
		return n
	}
}
