package budget

import (
	"fmt"
	"time"
)

func mayBeSlow(s *suspect) bool {
	return s.account.anyGroup(func(g *group) bool { return g.SlowestExec > s.rules.Slow })
}

// slow: a query that took long to execute.
func (f *finder) slow() {
	f.each(func(i int, g *Group) {
		if g.SlowestExec <= f.rules.Slow {
			return
		}
		out := f.evidence(g, Slow, Certain, 1)
		out.Worst = g.SlowestExec
		out.Repair = fmt.Sprintf(
			"look at its plan with EXPLAIN; an index on the columns it filters by is the usual answer (%v, %v allowed)",
			g.SlowestExec.Round(time.Millisecond),
			f.rules.Slow,
		)
		f.add(out, i)
	})
}
