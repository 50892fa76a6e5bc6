package budget

import "fmt"

func mayBeLarge(s *suspect) bool {
	return s.account.anyGroup(func(g *group) bool { return g.MostRows > int64(s.rules.LargeResult) })
}

// large: a result of many rows.
func (f *finder) large() {
	f.each(func(i int, g *Group) {
		if g.MostRows <= int64(f.rules.LargeResult) {
			return
		}
		out := f.evidence(g, LargeResult, Certain, 1)
		out.Rows = g.MostRows
		out.Repair = fmt.Sprintf(
			"page with LIMIT, filter, or aggregate in SQL (%d rows in one result, %d allowed)",
			g.MostRows,
			f.rules.LargeResult,
		)
		f.add(out, i)
	})
}
