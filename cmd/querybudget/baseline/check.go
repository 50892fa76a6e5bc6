package baseline

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Verdict is how a result stands to a baseline.
type Verdict struct {
	// Failing are entries of the result that are new, or worse than accepted.
	Failing []*result.Entry
	// Stale are entries of the baseline that were not seen although everything ran that
	// had shown them: prune removes them. Lower were seen less: prune lowers them.
	Stale, Lower []*Entry
	// Unexercised are entries that nobody can say anything about: their route was not
	// asked for, or not by each test that had shown them.
	Unexercised []*Entry
}

// Check sets the states of a result's entries, and says how it stands.
func (f *File) Check(r *result.Result) Verdict {
	var v Verdict
	seen := map[result.Key]*result.Entry{}
	hints := map[result.Key]bool{}
	for _, e := range r.Entries {
		if !e.Gates() {
			hints[e.Key] = e.Confidence == budget.Hint
			continue
		}
		seen[e.Key] = e
		base := f.entries[e.Key]
		switch {
		case base == nil:
			e.State = result.New
		case base.exceededBy(e):
			e.State, e.Reason = result.Worse, base.Reason
		default:
			e.State, e.Reason = result.Known, base.Reason
		}
	}
	v.Failing = r.Failing()
	for _, base := range f.Entries() {
		switch e := seen[base.Key]; {
		case e == nil && hints[base.Key]: // it is still there, and less sure in what ran
		case !base.exercised(r):
			if e == nil {
				v.Unexercised = append(v.Unexercised, base)
			}
		case e == nil:
			v.Stale = append(v.Stale, base)
		case base.lowered(e) != nil:
			v.Lower = append(v.Lower, base)
		}
	}
	return v
}

// exceededBy reports whether more was seen than is accepted. Of several runs the least
// counts: what only one of them showed is chance.
func (e *Entry) exceededBy(seen *result.Entry) bool {
	return seen.Places > max(e.Places, 1) || seen.Grows > e.Grows || seen.RowsGrow > e.RowsGrow ||
		!e.sizeless() && seen.Least > e.Count
}

// exercised reports whether everything ran to its end that had shown the finding.
func (e *Entry) exercised(r *result.Result) bool {
	u := r.Unit(e.Unit)
	if u == nil {
		return false
	}
	for _, test := range e.Tests {
		if !slices.Contains(u.Tests, test) || broken(r, test) {
			return false
		}
	}
	return true
}

// broken reports whether the package of a test did not run to its end.
func broken(r *result.Result, test string) bool {
	return slices.ContainsFunc(r.Packages, func(p result.Package) bool {
		return !p.State.Ran() && strings.HasPrefix(test, p.Package+".")
	})
}

// lowered returns the entry that would do for what was seen, nil if e is that already.
func (e *Entry) lowered(seen *result.Entry) *Entry {
	out := *e
	if seen.GrowthKnown {
		out.Grows, out.RowsGrow = min(e.Grows, seen.Grows), min(e.RowsGrow, seen.RowsGrow)
	}
	out.Places = placesOf(min(max(e.Places, 1), seen.Places))
	switch {
	case out.sizeless():
		out.Count = 0
	case e.sizeless():
		out.Count = seen.Count
	default:
		out.Count = min(e.Count, seen.Count)
	}
	if e.equal(&out) {
		return nil
	}
	return &out
}

// placesOf leaves the usual number out of the file.
func placesOf(n int64) int64 {
	if n <= 1 {
		return 0
	}
	return n
}

// entryOf makes the line that accepts what was seen.
func entryOf(seen *result.Entry, reason string) *Entry {
	e := &Entry{
		Key: seen.Key, Count: seen.Count, Places: placesOf(seen.Places), Grows: seen.Grows, RowsGrow: seen.RowsGrow,
		Reason: reason, Tests: slices.Clone(seen.Tests[:min(len(seen.Tests), maxTests)]),
	}
	if e.Grows >= budgettest.Linear {
		e.Count = 0
	}
	return e
}
