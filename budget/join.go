package budget

import (
	"cmp"
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// reportedGroups are the groups of an account as a report has them: those of one call
// site are one, the most executions first.
type reportedGroups struct {
	groups []Group
	// behind are the account's groups behind each: one, as a rule.
	behind [][]*group
	n      int
}

// statementOf tells apart what may be joined.
type statementOf struct {
	database    *Database
	fingerprint statement.Fingerprint
}

// joinGroups joins the groups of equal call sites. Stacks are compared where one
// statement has several only.
func (a *account) joinGroups() *reportedGroups {
	out := &reportedGroups{n: a.groups.n}
	if a.groups.n == 0 && a.overflow == nil {
		return out
	}
	raw := make([]*group, 0, a.groups.n+1)
	a.groups.each(func(g *group) { raw = append(raw, g) })
	if a.overflow != nil {
		raw = append(raw, a.overflow)
	}
	slices.SortFunc(raw, func(a, b *group) int { return compareGroups(&a.Sums, &b.Sums) })
	out.groups, out.behind = make([]Group, 0, len(raw)), make([][]*group, 0, len(raw))
	if len(raw) == 1 {
		out.behind = append(out.behind, raw)
		out.sum()
		return out
	}
	known := make(map[statementOf]int, len(raw)) // the latest place, from 1
	same := make([]int, 0, len(raw))             // the place before it, of the same statement
	for i, g := range raw {
		var key statementOf
		at := 0
		if o := g.origin; o.statement != nil {
			key = statementOf{o.database, o.statement.Fingerprint}
			for at = known[key]; at > 0; at = same[at-1] {
				if first := out.behind[at-1][0]; first.origin.stack == o.stack ||
					first.origin.stack.Key() == o.stack.Key() {
					break
				}
			}
		}
		if at > 0 {
			out.behind[at-1] = append(slices.Clip(out.behind[at-1]), g)
			continue
		}
		out.behind = append(out.behind, raw[i:i+1:i+1])
		same = append(same, known[key])
		if g.origin.statement != nil {
			known[key] = len(out.behind)
		}
	}
	out.sum()
	return out
}

// sum makes the report's groups of those behind.
func (r *reportedGroups) sum() {
	var handles []*Database
	for _, behind := range r.behind {
		r.groups = append(r.groups, joined(behind))
	}
	// Joined ones may have more executions than those before.
	if len(r.groups) < r.n {
		order := make([]int, len(r.groups))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return compareGroups(&r.groups[a].Sums, &r.groups[b].Sums) })
		groups, behind := make([]Group, len(order)), make([][]*group, len(order))
		for i, from := range order {
			groups[i], behind[i] = r.groups[from], r.behind[from]
		}
		r.groups, r.behind = groups, behind
	}
	for i, behind := range r.behind {
		for _, g := range behind {
			g.place = int32(i)
		}
		if d := behind[0].origin.database; d != nil {
			r.groups[i].Handle = handleOf(d, &handles)
		}
	}
}

// handleOf numbers the handles of a report.
func handleOf(d *Database, known *[]*Database) int {
	i := slices.Index(*known, d)
	if i < 0 {
		i = len(*known)
		*known = append(*known, d)
	}
	return i + 1
}

// joined adds up groups of one statement and call site.
func joined(all []*group) Group {
	first := all[0]
	out := Group{Sums: first.Sums}
	arguments := first.arguments
	for i, g := range all[1:] {
		if i == 0 {
			arguments = argumentSet{}
			arguments.join(&first.arguments)
		}
		out.add(&g.Sums)
		arguments.join(&g.arguments)
	}
	out.Distinct = arguments.distinct
	o := first.origin
	if o.statement == nil {
		out.Statement, out.Overflow = &statement.Statement{}, true
		return out
	}
	out.Statement, out.Database, out.System, out.stack = o.statement, o.database.name, o.database.system, o.stack
	out.advice, out.SQL = &o.advice, first.look().text
	return out
}

// compareGroups puts what was executed most often first, and then what came first.
func compareGroups(a, b *Sums) int {
	return cmp.Or(cmp.Compare(b.Queries, a.Queries), cmp.Compare(a.First, b.First), cmp.Compare(b.Blocked, a.Blocked))
}
