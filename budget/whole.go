package budget

import (
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// whole returns the report if all its parts are there, as in one that a recorder made
// or that was decoded, and otherwise a copy that the rules can look at: somebody may
// have made it by hand.
func (r *Report) whole() *Report {
	lacks := func(st *statement.Statement) bool { return st == nil }
	isBroken := slices.ContainsFunc(r.Groups, func(g Group) bool { return lacks(g.Statement) || !r.has(g.Allowances) }) ||
		slices.ContainsFunc(r.Queries, func(q Query) bool { return lacks(q.Statement) || q.Group >= len(r.Groups) }) ||
		slices.ContainsFunc(r.Open, func(q Query) bool { return lacks(q.Statement) || q.Group >= len(r.Groups) }) ||
		slices.ContainsFunc(r.Lost, func(l Lost) bool { return lacks(l.Statement) }) ||
		slices.ContainsFunc(r.Nested, r.isLoose) ||
		slices.ContainsFunc(r.Held, r.isOfNoGroup) || slices.ContainsFunc(r.Idle, r.isElsewhere)
	if !isBroken {
		return r
	}
	c := *r
	c.Groups = slices.Clone(r.Groups)
	for i := range c.Groups {
		if g := &c.Groups[i]; g.Statement == nil {
			g.Statement, g.Overflow = &statement.Statement{}, true
		}
		if !r.has(c.Groups[i].Allowances) {
			c.Groups[i].Allowances = nil
		}
	}
	isLoose := func(q Query) bool { return q.Statement == nil || q.Group >= len(r.Groups) }
	c.Queries = slices.DeleteFunc(slices.Clone(r.Queries), isLoose)
	c.Open = slices.DeleteFunc(slices.Clone(r.Open), isLoose)
	c.Lost = slices.DeleteFunc(slices.Clone(r.Lost), func(l Lost) bool { return l.Statement == nil })
	c.Nested = slices.DeleteFunc(slices.Clone(r.Nested), r.isLoose)
	c.Idle = slices.DeleteFunc(slices.Clone(r.Idle), r.isElsewhere)
	c.Held = slices.DeleteFunc(slices.Clone(r.Held), r.isOfNoGroup)
	return &c
}

// has reports whether allowances are there.
func (r *Report) has(allowances []int) bool {
	return !slices.ContainsFunc(allowances, func(a int) bool { return a < 0 || a >= len(r.Allowances) })
}

// isOfNoGroup reports whether a Held refers to a group that is not there.
func (r *Report) isOfNoGroup(h Held) bool {
	return h.Group >= len(r.Groups) || h.Group < noGroup || h.Group == noGroup && !h.Itself
}

// isElsewhere reports whether an Idle refers to a group that is not there.
func (r *Report) isElsewhere(i Idle) bool { return max(i.Group, i.Next) >= len(r.Groups) }

// isLoose reports whether a pair refers to a group that is not there.
func (r *Report) isLoose(n Nested) bool {
	return min(n.Outer, n.Inner) < 0 || max(n.Outer, n.Inner) >= len(r.Groups)
}
