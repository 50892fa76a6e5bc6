package budget

func mayBeSelectStar(s *suspect) bool {
	return s.account.anyGroup(func(g *group) bool { return g.origin.statement.Star })
}

// selectStars: reads of all columns. A library that reads so does it at every query: it
// is said once for a unit.
func (f *finder) selectStars() {
	first := make(map[string]int) // the finding of a library, from 1
	f.each(func(i int, g *Group) {
		if !g.Star || len(g.Tables) == 0 || isIntrospection(g.Tables) || f.isSetUp(i) {
			return
		}
		library := libraryOf(g.Via()).prefix
		if said := first[library]; library != "" && said > 0 {
			f.found[said-1].Count += g.Queries
			return
		}
		out := f.evidence(g, SelectStar, Hint, g.Queries)
		out.Repair = "name the columns: what is added to the table later is then neither read nor sent"
		f.add(out, i)
		first[library] = len(f.found)
	})
}
