package corpus

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
)

// hintKinds are the kinds that are found with [budget.Rules.Hints] alone.
var hintKinds = []budget.FindingKind{budget.ReadModifyWrite, budget.SelectThenInsert, budget.FewRows}

// rules are what a case is recorded with.
func (c *Case) rules() budget.Rules {
	return budget.Rules{Slow: budget.None, IdleTransaction: budget.None, Hints: c.Hints != NoHints, SQLite: c.SQLite}
}

// found are the findings that a case is judged by.
func (c *Case) found(r *budget.Report) []budget.Finding {
	if c.Hints != OwnKinds {
		return r.Findings
	}
	hints := slices.DeleteFunc(slices.Clone(r.Findings), func(f budget.Finding) bool { return !slices.Contains(hintKinds, f.Kind) })
	rules := c.rules()
	rules.Hints = false
	return append(rules.Findings(r), hints...)
}
