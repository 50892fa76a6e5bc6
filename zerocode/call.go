package zerocode

import "strings"

// Calling takes note of a call of another service that the application makes, until the
// function that it returns is called. A driver that talks HTTP makes no such call.
func Calling(name string) (end func()) {
	nothing := func() {}
	if labels.Get == nil {
		return nothing
	}
	var pcs [depth]uintptr
	p := lookAt(capture(pcs[:], 1))
	if !p.application || p.query {
		return nothing
	}
	unit := recorder(nil)
	began := unit.Clock()
	return func() { unit.Called(name, began, nil) }
}

// isQuery reports whether a function is called for a query, by database/sql.
func isQuery(function string) bool { return strings.HasPrefix(function, "querybudget/sqlwrap.") }
