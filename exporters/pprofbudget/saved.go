package pprofbudget

import "github.com/querybudget/querybudget/budget"

// judged is what findings say of a group.
type judged struct {
	finding budget.FindingKind // the one whose repair saves most, or the first
	saved   int64              // queries
}

// judge says of each group what its findings are, and how many of its queries a repair
// would save. What is allowed is no waste.
func judge(r *budget.Report) []judged {
	out := make([]judged, len(r.Groups))
	for f := range r.Statements() {
		if f.Allowed != nil {
			continue
		}
		rest := savedBy(f.Kind, f.Count)
		for j := range r.Groups {
			if g := &r.Groups[j]; isAbout(f, g) {
				saves := min(rest, g.Queries)
				out[j].note(f.Kind, saves)
				rest -= saves
			}
		}
		for j := range f.Also {
			judgeAlso(r, out, f, &f.Also[j])
		}
	}
	return out
}

// judgeAlso judges another statement of the same loop.
func judgeAlso(r *budget.Report, out []judged, f *budget.Finding, also *budget.Related) {
	if savedBy(f.Kind, f.Count) == 0 {
		return
	}
	for j := range r.Groups {
		if g := &r.Groups[j]; g.Queries > 0 && g.First == also.Position && g.Shape == also.Shape {
			out[j].note(f.Kind, min(g.Queries, also.Count)-1)
		}
	}
}

// savedBy is the number of queries that the repair of a finding saves: repetitions of an
// answer are not sent, and a loop becomes one query.
func savedBy(kind budget.FindingKind, count int64) int64 {
	switch kind {
	case budget.Duplicate:
		return count
	case budget.NPlusOne, budget.WriteLoop:
		return max(0, count-1)
	}
	return 0
}

// isAbout reports whether a finding is about a group. A loop may consist of several: from
// several depths of a recursion, for instance.
func isAbout(f *budget.Finding, g *budget.Group) bool {
	if g.Overflow || g.Statement == nil || g.Queries == 0 || g.Shape != f.Shape || g.Database != f.Database {
		return false
	}
	return g.First == f.First || savedBy(f.Kind, f.Count) > 0 && f.First < g.First && g.Last <= f.Last
}

// note takes note of a finding. Two of one group save the same queries.
func (j *judged) note(kind budget.FindingKind, saves int64) {
	if j.finding == "" || saves > j.saved {
		j.finding, j.saved = kind, saves
	}
}
