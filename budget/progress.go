package budget

import (
	"slices"
	"strings"
)

// isProgress reports whether one row is set to another value each time, outside of a transaction: a
// state, or how far a job is, which others are to see in between. What is added to a column can be
// added at once.
func isProgress(g *loopGroup) bool {
	return g.Verb == "UPDATE" && !g.InTransaction && g.Distinct > 1 && slices.Equal(g.Varying, []string{""}) && setsOneRow(g.Shape)
}

// setsOneRow reports whether an UPDATE sets columns to arguments, or to what needs none, where others
// are equal to arguments: if none of those differs, it is one row each time.
func setsOneRow(shape string) bool {
	upper := strings.ToUpper(shape)
	set, where := strings.Index(upper, " SET "), strings.Index(upper, " WHERE ")
	if set < 0 || where < set {
		return false
	}
	conditions, _, _ := strings.Cut(upper[where+len(" WHERE "):], " RETURNING ")
	for _, c := range splitTop(conditions, "AND") {
		if _, _, ok := equation(c); !ok {
			return false
		}
	}
	for _, a := range splitTop(upper[set+len(" SET "):where], ",") {
		if _, _, ok := equation(a); !ok && strings.Contains(a, "?") {
			return false
		}
	}
	return true
}
