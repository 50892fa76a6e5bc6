package panel

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// live knows the units of work that run.
type live struct {
	mu      sync.Mutex
	watched []func() []*budget.Recorder // of each delivery that reports here
}

const (
	// maxWatched bounds the deliveries whose units are looked at: those that came last. A
	// program that makes a new budget.Job for each run has no end of them.
	maxWatched = 100
	// maxRunning is the number of running units that are shown: those that run longest.
	maxRunning = 50
)

func (l *live) watch(running func() []*budget.Recorder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.watched) == maxWatched {
		l.watched = slices.Delete(l.watched, 0, 1)
	}
	l.watched = append(l.watched, running)
}

// recorders returns those of the units that run now.
func (l *live) recorders() []*budget.Recorder {
	l.mu.Lock()
	watched := slices.Clone(l.watched)
	l.mu.Unlock()
	var out []*budget.Recorder
	for _, running := range watched {
		out = append(out, running()...)
	}
	return out
}

// running is a unit of work that goes on.
type running struct {
	*summary
	// State says what it does: "executing", "waiting", "reading" or "application".
	State string `json:"state"`
	// Since is how long it has done so, in nanoseconds.
	Since time.Duration `json:"since_ns"`
	// Says is the same in words.
	Says string `json:"says"`
	// Statement and Site are those of the query that it executes, or whose rows it reads.
	Statement string         `json:"statement,omitempty"`
	Site      callsite.Frame `json:"call_site,omitzero"`

	report *budget.Report
}

// reports returns reports of the units that run, those that run longest first, and how
// many there are in all.
func (l *live) reports() (out []*budget.Report, n int) {
	recorders := l.recorders()
	for _, r := range recorders {
		out = append(out, r.Report())
	}
	slices.SortFunc(out, func(a, b *budget.Report) int { return cmp.Compare(b.Duration, a.Duration) })
	return out[:min(len(out), maxRunning)], len(recorders)
}

func newRunning(r *budget.Report) running {
	out := running{summary: summarize(r, nil), report: r}
	switch {
	case len(r.Executing) > 0:
		q := &r.Executing[0]
		out.about("executing", q, r.Duration-q.Start)
		out.Says = "in the database"
	case isPoolFull(r):
		q := &r.Open[0]
		out.about("waiting", q, r.Duration-lastEnd(r))
		out.Says = fmt.Sprintf("probably waits for a connection: all %d of the pool are handed out, and these rows hold one", fullPool(r).Max)
	case len(r.Open) > 0:
		q := &r.Open[0]
		out.about("reading", q, r.Duration-q.Start)
		out.Says = "reads rows"
	default:
		out.State, out.Since = "application", r.Duration-lastEnd(r)
		out.Says = "no query under way: in the application's code"
		if fullPool(r) != nil || r.Totals.Queries == 0 {
			out.Says = "no query under way: in the application's code, or waits for a connection"
		}
	}
	return out
}

// about says which query a unit is busy with.
func (r *running) about(state string, q *budget.Query, since time.Duration) {
	r.State, r.Since, r.Statement, r.Site = state, max(since, 0), q.Summary, q.CallSite().Frame
}

// isPoolFull reports whether a unit that holds rows, and sends nothing, can have no
// second connection.
func isPoolFull(r *budget.Report) bool { return len(r.Open) > 0 && fullPool(r) != nil }

// fullPool returns a pool of which all connections are handed out while queries waited.
func fullPool(r *budget.Report) *budget.PoolUse {
	for i := range r.Pools {
		if p := &r.Pools[i]; p.InUse >= p.Max && p.Waits > 0 {
			return p
		}
	}
	return nil
}

// lastEnd is when the driver was last busy for a unit, as far as its queries are kept.
func lastEnd(r *budget.Report) (end time.Duration) {
	if r.Truncated.Queries > 0 {
		return r.Duration
	}
	for i := range r.Queries {
		q := &r.Queries[i]
		end = max(end, q.Start+q.Waited+q.Exec+q.Fetch)
	}
	return end
}
