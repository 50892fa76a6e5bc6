package budget

import "fmt"

func mayBeDuplicate(s *suspect) bool { return s.totals.Duplicates > 0 }

// duplicates: reads that were answered before.
func (f *finder) duplicates() {
	f.each(func(i int, g *Group) {
		if g.Duplicates+1 < int64(f.rules.Duplicate) || g.Duplicates == 0 || isIntrospection(g.Tables) {
			return
		}
		if f.find(NPlusOne, i) != nil {
			return // its repair is also this one's
		}
		out := f.evidence(g, Duplicate, Candidate, g.Duplicates)
		out.Repair = fmt.Sprintf(
			"keep the first result and pass it on, or cache it: saves %s",
			plural(g.Duplicates, "round trip"),
		)
		f.add(out, i)
	})
}
