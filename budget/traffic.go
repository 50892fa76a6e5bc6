package budget

import (
	"context"
	"sync"
)

// Traffic is an [Across] for live traffic: a [Reporter] to be among those of
// middleware.Track, whose Findings are asked for by a page or by a metric. It looks at one
// unit of work after the other, and needs everything of each: see docs/production.md for
// what that costs. The zero Traffic is ready. It is safe for concurrent use.
type Traffic struct {
	// Relations bounds the memory as that of Across does. Default, also for a negative
	// number: 10,000, or 10 MB.
	Relations int

	mu     sync.Mutex
	across Across
}

// trafficRelations is how many relations a Traffic keeps.
const trafficRelations = 10_000

// Needs asks for everything of each unit of work.
func (t *Traffic) Needs() Needs { return Needs{Quick: true} }

// Report takes note of a unit of work.
func (t *Traffic) Report(_ context.Context, r *Report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.across.Relations = t.Relations
	if t.Relations <= 0 {
		t.across.Relations = trafficRelations
	}
	t.across.Add(r)
}

// Findings returns the loops that the units of work so far show together, those that were
// sent most first.
func (t *Traffic) Findings() []Covariation {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.across.Findings()
}
