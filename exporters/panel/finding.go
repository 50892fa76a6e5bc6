package panel

import (
	"fmt"
	"math"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// finding is a known waste as the page shows it.
type finding struct {
	*budget.Finding
	Site     callsite.CallSite
	Evidence []string
	// Index is its place in the report.
	Index int
	// Group is the index of its group in the report, -1 if there is none.
	Group int
	// Test and Allowance are Go code to copy: what would have caught the finding, and what
	// accepts it. Test is empty for what tests do not judge.
	Test, Allowance string
}

func newFinding(r *budget.Report, index int) finding {
	f := &r.Findings[index]
	out := finding{Finding: f, Index: index, Site: f.CallSite(), Group: groupOf(r, f), Test: testOf(r, f), Allowance: allowanceOf(f)}
	add := func(format string, args ...any) { out.Evidence = append(out.Evidence, fmt.Sprintf(format, args...)) }
	if f.Distinct > 0 && f.Distinct != f.Count {
		add("%s different argument lists", number(f.Distinct))
	} else if f.Distinct > 1 {
		add("different arguments each time")
	}
	if f.Rows > 0 {
		add("%s in all", count(f.Rows, "row"))
	}
	if f.Time > 0 {
		add("%s in the database, %.0f%% of the unit's", duration(f.Time), math.Round(100*f.Share))
	}
	if f.Worst > 0 && f.Count > 1 {
		add("the slowest took %s", duration(f.Worst))
	}
	if f.Parallel {
		add("in parallel")
	}
	if f.InTransaction {
		add("in a transaction")
	}
	if f.First > 0 && f.Last > f.First {
		add("queries %d to %d", f.First, f.Last)
	} else if f.First > 0 {
		add("query %d", f.First)
	}
	return out
}

// groupOf returns the index of the group that a finding is about.
func groupOf(r *budget.Report, f *budget.Finding) int {
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.Shape == f.Shape && g.Database == f.Database && g.CallSite().Frame == f.CallSite().Frame {
			return i
		}
	}
	return -1
}
