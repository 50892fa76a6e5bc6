package zerocode

import (
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// Calling takes note of a call of another service that the application makes, until the
// function that it returns is called. A driver that talks HTTP makes no such call.
func Calling(name string) (end func()) {
	nothing := func() {}
	if labels.Get == nil {
		return nothing
	}
	p := places.Of()
	if !p.application || p.query {
		return nothing
	}
	unit := unitOf(*p)
	began := unit.Clock()
	return func() { unit.Called(name, began, nil) }
}

// isQuery reports whether a function is called for a query, by database/sql.
func isQuery(function string) bool { return strings.HasPrefix(function, "querybudget/sqlwrap.") }

// unitOf returns the unit that a call is made for. Of a goroutine that somebody may wait for it
// is the latest of its scope, if there is one: nobody is looked for.
func unitOf(p place) *budget.Recorder {
	s := currentScope()
	if s.whole || p.chain != 0 || s.turns.Load() {
		return recorder(nil)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unit
}
