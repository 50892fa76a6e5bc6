package explain

import (
	"fmt"
	"strings"
)

// Sign is something in a plan that is worth a look.
type Sign struct {
	Kind SignKind
	// Relation is the table that it is about, empty for none.
	Relation string
	// Text says what it is, for people, without literals.
	Text string
	// Certain is set for what holds whatever the size of the data. The others are about the
	// data that was there.
	Certain bool
}

// SignKind names what a plan shows.
type SignKind string

// The kinds of signs.
const (
	// FullScan is a table that is read whole although a condition could narrow it.
	FullScan SignKind = "full scan"
	// AutomaticIndex is an index that SQLite builds for one execution.
	AutomaticIndex SignKind = "automatic index"
	// SortUnderLimit is a sort of all rows of which few are wanted.
	SortUnderLimit SignKind = "sort under limit"
	// EstimateOff is a number of rows that is far from the estimated one, in a plan that
	// was executed.
	EstimateOff SignKind = "estimate off"
	// RowsDropped is a filter that drops most of what was read, in a plan that was executed.
	RowsDropped SignKind = "rows dropped"
)

// farOff is how many times more or less than estimated is far off, and how many times
// more rows dropped than kept are many. PostgreSQL's manual names no number; a factor of
// ten changes which join is best.
const farOff = 10

// fewDropped are rows that a filter may drop in any proportion: a page of a table.
const fewDropped = 100

func (s *session) signs(r *Result) []Sign {
	var out []Sign
	for i := range r.Tables {
		if a := &r.Tables[i]; a.Verdict.IsFault() {
			out = append(out, Sign{FullScan, a.Relation, a.String(), true})
		}
	}
	limited := s.isLimited()
	each(r.Nodes, func(n *Node) {
		out = append(out, n.signs(limited)...)
	})
	return out
}

// isLimited reports whether a statement wants the first rows only.
func (s *session) isLimited() bool {
	for _, t := range tokensOf(s.system.dialect(), s.query) {
		if t.isAny("limit", "fetch") {
			return true
		}
	}
	return false
}

func each(nodes []Node, f func(*Node)) {
	for i := range nodes {
		f(&nodes[i])
		each(nodes[i].Children, f)
	}
}

func (n *Node) signs(limited bool) []Sign {
	var out []Sign
	if strings.HasPrefix(n.Index, "AUTOMATIC") {
		out = append(out, Sign{AutomaticIndex, n.Relation, fmt.Sprintf("an index of %s is built for each execution, on %s", n.Relation, n.Condition), true})
	}
	if limited && isSort(n.Operation) {
		out = append(out, Sign{SortUnderLimit, "", "all rows are read and sorted for the first few of them: an index in that order would end the read early", false})
	}
	if n.ActualRows >= 0 && n.Rows >= 0 && isFarOff(n.Rows, n.ActualRows) {
		text := fmt.Sprintf("%s: %.0f rows were estimated and %.0f read: statistics are old, or columns depend on one another", n.Operation, n.Rows, n.ActualRows)
		out = append(out, Sign{EstimateOff, n.Relation, text, false})
	}
	if n.Removed > fewDropped && n.Removed > farOff*n.ActualRows*n.Loops {
		text := fmt.Sprintf("of %s, %.0f rows were read and dropped, and %.0f kept", n.Relation, n.Removed, n.ActualRows*n.Loops)
		out = append(out, Sign{RowsDropped, n.Relation, text, false})
	}
	return out
}

func isSort(operation string) bool {
	return operation == "Sort" || operation == "filesort" || strings.HasPrefix(operation, "USE TEMP B-TREE FOR ORDER BY")
}

func isFarOff(estimated, actual float64) bool {
	return actual > farOff*max(estimated, 1) || max(actual, 1)*farOff < estimated
}

// share computes the share of each node in the cost of the plan.
func share(roots []Node) {
	total := 0.0
	for i := range roots {
		total += roots[i].Cost
	}
	for i := range roots {
		roots[i].share(total)
	}
}

func (n *Node) share(total float64) {
	own := n.Cost
	for i := range n.Children {
		own -= n.Children[i].Cost
		n.Children[i].share(total)
	}
	if total > 0 {
		n.Share = max(own, 0) / total
	}
}
