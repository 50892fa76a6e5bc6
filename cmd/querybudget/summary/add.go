package summary

import (
	"strconv"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// isFixture reports whether a test sends a statement itself.
func (s *Summary) isFixture(site callsite.CallSite) bool {
	return site.Function == "" || s.code.has(site.Frame)
}

func (s *Summary) addFinding(u *Unit, f *budget.Finding, setUp bool) {
	frames := s.code.application(f.CallSite())
	key := findingKey{f.Kind, f.Shape + "\n" + lines(frames)}
	old := s.findings[key]
	if old == nil {
		old = &seen{frames: frames, own: frames, shapes: map[string]bool{f.Shape: true}, pairs: map[askedPair]bool{}, openers: map[string]int64{}, byItem: true, byItself: true}
		s.findings[key] = old
	}
	switch {
	case setUp || u.Start && old.startedIn != s.process:
		old.setUp++
	case u.Opener != "":
		old.openers[u.Opener]++
	}
	if u.Start {
		old.startsAgain = old.startsAgain || old.startedIn == s.process
		old.startedIn = s.process
	}
	if f.Kind == budget.Duplicate {
		old.pairs[s.asked.pair(f)] = true
	}
	if n := len(old.calls); n == 0 || old.calls[n-1] != s.units {
		old.calls = append(old.calls, s.units)
		old.units++
	}
	if f.Count >= likeLoops {
		old.loops++
	}
	if f.CallsOut {
		old.callsOut++
	}
	old.byItem = old.byItem && isItemByItem(u, f)
	old.byItself = old.byItself && isCommittedOneByOne(u, f)
	old.forRows = old.forRows || isSentForRows(f)
	old.hasRows = old.hasRows || f.Parent != nil || f.Confidence == budget.Proven || f.Parallel
	old.saved += f.Count
	if f.Count > old.worst.Count {
		old.worst, old.in = *f, s.tests[len(s.tests)-1]
	}
}

// addCovariation adds what many units show together, unless one of them showed it.
func (s *Summary) addCovariation(c *budget.Covariation) {
	frames := s.code.application(c.CallSite())
	if len(frames) == 0 || s.isFixture(c.CallSite()) {
		return
	}
	at, _ := strconv.Atoi(c.Unit)
	shown := &seen{
		worst: c.Finding, frames: frames, own: frames, shapes: map[string]bool{c.Shape: true}, units: c.Units, saved: c.Count, in: s.tests[at], across: c,
	}
	if c.CallsOut {
		shown.callsOut = c.Units
	}
	for _, old := range s.inOrder() {
		if old.shows(shown) {
			if old.across == nil || c.Confidence == budget.Proven && old.across.Confidence != budget.Proven {
				old.across = c
			}
			return
		}
	}
	s.findings[findingKey{c.Kind, c.Shape + "\n" + lines(frames)}] = shown
}
