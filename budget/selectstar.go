package budget

func mayBeSelectStar(s *suspect) bool {
	return s.account.anyGroup(func(g *group) bool { return g.origin.statement.Star })
}

// selectStars: reads of all columns.
func (f *finder) selectStars() {
	f.each(func(i int, g *Group) {
		if !g.Star || len(g.Tables) == 0 || isIntrospection(g.Tables) {
			return
		}
		out := f.evidence(g, SelectStar, Hint, g.Queries)
		out.Repair = "name the columns: what is added to the table later is then neither read nor sent"
		f.add(out, i)
	})
}
