package budget

import (
	"fmt"
	"strings"
	"time"
)

func mayBeSlow(s *suspect) bool {
	return s.account.anyGroup(func(g *group) bool { return g.SlowestExec > s.rules.Slow })
}

// slow: a query that took long to execute.
func (f *finder) slow() {
	f.each(func(i int, g *Group) {
		if g.SlowestExec <= f.rules.Slow || f.isSetUp(i) {
			return
		}
		out := f.evidence(g, Slow, Certain, 1)
		out.Worst = g.SlowestExec
		out.Repair = fmt.Sprintf("%s (%v, %v allowed)", slowRepair(g), g.SlowestExec.Round(time.Millisecond), f.rules.Slow)
		f.add(out, i)
	})
}

// slowRepair advises an index only where there is a condition that it could serve.
func slowRepair(g *Group) string {
	switch {
	case strings.Contains(strings.ToUpper(g.Shape), " WHERE "):
		return "look at its plan with EXPLAIN; an index on the columns it filters by is the usual answer"
	case g.Verb == "SELECT":
		return "it reads whole tables: filter, page with LIMIT, or aggregate in SQL"
	case g.Verb == "INSERT":
		return "look for locks that it waits for, triggers, and indexes that nobody needs"
	default:
		return "look for locks that it waits for"
	}
}
