package budget

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// The parent of a loop is the read whose rows it goes through. Values tell it where they
// are tracked: ids begin at 1 in each table, so values alone prove little, and names
// count as well. Without values, the number of rows and names tell.

// findParent looks for the parent of a loop, and reports whether the loop has as many
// executions as the parent has rows, one for each.
func (f *finder) findParent(g *loopGroup) (isExact bool) {
	if lookUp := f.lookUpOf(g); lookUp != nil {
		isExact = f.findParent(lookUp)
		g.parent, g.proof = lookUp.parent, lookUp.proof
		return isExact
	}
	if len(g.Parents) > 0 {
		if isExact, found := f.parentByValues(g); found {
			return isExact
		}
	}
	if f.report.ValuesTracked && g.hasArguments() {
		return false // its keys come from elsewhere
	}
	return f.parentByRows(g)
}

// lookUpOf returns the read of the same loop whose answer a statement asks with: the one
// that comes first in each round has the parent of both. It is nil for one that asks with
// what stands before the loop, too.
func (f *finder) lookUpOf(g *loopGroup) (lookUp *loopGroup) {
	for i := range g.Parents {
		parent := f.at(g.Parents[i].Position)
		switch {
		case parent == nil || f.weight(&g.Parents[i], parent, g) == 0:
		case !f.isIn(g, parent):
			return nil
		case lookUp == nil:
			lookUp = f.loopOf([]int{parent.Group}, false)
		}
	}
	return lookUp
}

// hasArguments reports whether executions of the group differ in what can be tracked.
func (g *Group) hasArguments() bool { return g.Distinct > 1 || len(g.Keys) > 0 }

// parentByValues chooses among the columns whose values are the arguments. It is a proof
// if the name of one fits, and no other table has one that fits as well.
func (f *finder) parentByValues(g *loopGroup) (isExact, found bool) {
	var best *Parent
	most, tied := 0, false
	for i := range g.Parents {
		p := &g.Parents[i]
		parent := f.at(p.Position)
		if parent == nil {
			continue
		}
		switch n := f.weight(p, parent, g); {
		case n == 0:
		case n > most:
			best, most, tied = p, n, false
		case n == most && tableOf(p) != tableOf(best):
			tied = true
		}
	}
	if best == nil {
		return false, false
	}
	q := f.at(best.Position)
	why := proofOf(best)
	isFit := most > 2*MatchExact.strength()
	if (isFit || best.Words && best.Arguments >= fewRows) && !tied {
		g.proof = why
	}
	g.parent, g.parentKey, g.ofColumn = relatedQuery(q, why), best.Key, best.Column
	g.isLikely, g.isCached = best.Match == MatchExact && !tied, best.Once
	if best.Queries > 1 {
		g.parent = f.relatedRows(q, why)
	}
	return best.Match == MatchExact, true
}

// weight says how much speaks for a column: that its name fits is more than the order of
// its values. It is 0 for one that is no parent.
func (f *finder) weight(p *Parent, parent *Query, g *loopGroup) int {
	if isAggregate(parent.Statement) || isEcho(p, parent) {
		return 0
	}
	n := 2 * p.Match.strength()
	if p.Queries == 1 && parent.Rows > p.Arguments {
		n-- // rows that were asked for one by one beat those whose values come again, or of which some were left out
	}
	switch fits(parent.Tables, p.Column, g.Statement, p.Key) {
	case 1:
		if p.Match == MatchContained {
			return 0 // as keys of a request are, that a page offered before
		}
		return n + 7
	case -1:
		return 0 // whose ids are the same by chance, or because two tables share their keys: that cannot be told
	}
	if p.Match != MatchExact {
		return 0
	}
	return n
}

// isEcho reports whether a column is what its read asked with: the rows only repeat that, and it
// came from elsewhere.
func isEcho(p *Parent, parent *Query) bool {
	isJoin := len(parent.Tables) > 1 || strings.Contains(strings.ToLower(parent.Shape), " join ")
	if isJoin && !isNamedOneWay(parent.Shape, p.Column) {
		return false // another table may have a column of that name
	}
	return slices.ContainsFunc(parent.Keys, func(key string) bool { return plainName(key) == plainName(p.Column) })
}

// isNamedOneWay reports whether all that a shape calls by a column's name is one column: p.ward_id.
func isNamedOneWay(shape, column string) bool {
	one := ""
	for _, name := range names(shape) {
		if plainName(name) != plainName(column) {
			continue
		}
		if !strings.Contains(name, ".") || one != "" && name != one {
			return false
		}
		one = name
	}
	return one != ""
}

// isAggregate reports whether a read has one row that counts others: no loop goes through
// that.
func isAggregate(st *statement.Statement) bool {
	if !strings.Contains(st.Shape, "(") {
		return false
	}
	s, ok := parseSelect(st.Shape)
	if !ok {
		return false
	}
	whole, inPart := s.aggregated()
	return whole+inPart == len(s.items) && s.groupBy == ""
}

func tableOf(p *Parent) string {
	table, _, _ := strings.Cut(p.Column, ".")
	return table
}

// fits holds the name of a column against that of the key that a loop asks for: 1 if they
// are names of one thing, such as authors.id and author_id, -1 if they are ids of two
// tables, 0 if nothing can be said.
func fits(tables []string, column string, child *statement.Statement, key string) int {
	c, k := plainName(column), plainName(key)
	if c == "" || k == "" {
		return 0
	}
	sharesTable := (&statement.Statement{Tables: tables}).SharesTable(child)
	names := func(tables []string, name, of string) bool {
		return slices.ContainsFunc(tables, func(t string) bool { return singular(plainName(t))+name == of })
	}
	switch {
	case c == k && (c != "id" || sharesTable), names(tables, c, k), names(child.Tables, k, c):
		return 1
	case c == k:
		return -1
	default:
		return 0
	}
}

// relatedRows is a parent with the rows of all its executions.
func (f *finder) relatedRows(q *Query, why string) *Related {
	out := relatedQuery(q, why)
	if q.Group >= 0 {
		p := &f.report.Groups[q.Group]
		out.Count, out.Rows, out.Position = p.Queries, p.Rows, p.First
	}
	return out
}

// isIn reports whether a query is sent by the loop itself, in each of its rounds. Of several
// lines that take turns, one may be enough.
func (f *finder) isIn(g *loopGroup, q *Query) bool {
	if q.Group < 0 {
		return false
	}
	return f.isInRounds(g.Group, q.Group) || f.isInPart(g, q.Group)
}

// isInPart reports whether one of the lines of a loop has a group in its rounds.
func (f *finder) isInPart(g *loopGroup, group int) bool {
	return len(g.members) > 1 && !g.recursive && slices.ContainsFunc(g.members, func(member int) bool {
		return member != group && f.isInRounds(&f.report.Groups[member], group)
	})
}

func (f *finder) isInRounds(g *Group, group int) bool {
	p := &f.report.Groups[group]
	if p.Queries < g.Queries || !overlap(p, g) || !inOneFunction(p.stack.CallSite(), g.stack.CallSite()) {
		return false
	}
	rounds := int64(1) // what comes before the first execution
	for _, sent := range f.queriesOf(group) {
		if g.First < sent.Position && sent.Position < g.Last {
			rounds++
		}
	}
	return rounds >= g.Queries || p.Queries == g.Queries
}
