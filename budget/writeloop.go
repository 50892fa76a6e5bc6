package budget

import "github.com/querybudget/querybudget/statement"

func mayBeWriteLoop(s *suspect) bool {
	n := int64(s.rules.WriteLoop)
	isWrite := func(g *group) bool { return g.origin.statement.Kind == statement.Write }
	return s.account.busiest(s.totals.Writes, n-1, isWrite) >= n
}

// writeLoops: one write for each item.
func (f *finder) writeLoops() {
	f.each(func(i int, g *Group) {
		n := int64(f.rules.WriteLoop)
		if g.Kind != statement.Write || g.Queries < n || g.Distinct < min(n, fewArguments) || g.asksForSeveral() ||
			isMigration(g.Tables) {
			return
		}
		out := f.evidence(g, WriteLoop, Candidate, g.Queries)
		out.Repair = writeRepair(g)
		f.add(out, i)
	})
}
