package budget

import (
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// Without values, the number of rows and the names of columns tell the parent of a loop.

// goesOn reports whether a read is sent again while a loop goes through its rows: page by
// page, or in a loop around it.
func (f *finder) goesOn(q *Query, g *loopGroup) bool {
	if q.Group < 0 {
		return false
	}
	p := &f.report.Groups[q.Group]
	return p.Queries > 1 && p.First < g.First && p.Last > g.First
}

// parentByRows chooses the parent by the number of its rows and by names: the read whose
// rows were open, or with exactly as many rows as there are executions, or whose table
// has the name of the key.
func (f *finder) parentByRows(g *loopGroup) (isExact bool) {
	child := f.at(g.First)
	if child == nil {
		return false
	}
	var best *Query
	most, nearest, all := 0, true, false // all executions of the best one
	for i := len(f.report.Queries) - 1; i >= 0; i-- {
		q := &f.report.Queries[i]
		if q.Position >= child.Position || q.Kind != statement.Read || q.Fingerprint == g.Fingerprint || f.isIn(g, q) || f.isOfEachRound(g, q) || isAggregate(q.Statement) {
			continue
		}
		rows, goesOn := q.Rows, f.goesOn(q, g)
		if goesOn {
			rows = f.report.Groups[q.Group].Rows
		}
		isOpen := q.Open || q.end() > child.Start
		exact := rows == g.Queries || rows == g.Distinct && g.Distinct > 1
		fit := f.keyFits(q, g)
		n := 0
		switch {
		case rows < min(g.Distinct, g.Queries):
		case isOpen:
			n = 8
		case fit && exact:
			n = 4
		case fit:
			n = 3
		case exact && nearest:
			n = 2
		case exact:
			n = 1
		}
		if n > most {
			best, most, all = q, n, goesOn
			isExact, g.isLikely = rows == g.Queries && n != 1, fit && exact
		}
		nearest = false
	}
	if best == nil {
		return false
	}
	why := "it has as many rows as there are executions"
	switch {
	case most == 8:
		why = "its rows were open, as many as there are executions"
	case !isExact:
		why = "its rows have the keys, by their names"
	}
	g.parent = relatedQuery(best, why)
	if all {
		g.parent = f.relatedRows(best, why)
	}
	return isExact
}

// isOfEachRound reports whether a read is sent in each round of a loop, by another goroutine of the round: which of
// both comes first says nothing.
func (f *finder) isOfEachRound(g *loopGroup, q *Query) bool {
	if q.Group < 0 {
		return false
	}
	p := &f.report.Groups[q.Group]
	return p.Queries == g.Queries && p.Queries >= fewRows && overlap(p, g.Group) && !beganAlike(p.CallSite(), g.CallSite())
}

// keyFits reports whether one of a loop's keys has the name of a read's table, or of what
// it selects.
func (f *finder) keyFits(q *Query, g *loopGroup) bool {
	return slices.ContainsFunc(columnsGiven(g.Statement), func(key string) bool {
		if fits(q.Tables, "id", g.Statement, key) == 1 {
			return true
		}
		for _, t := range g.Tables {
			if plainName(key) == "id" && selects(q.Statement, singular(plainName(t))+"id") {
				return true
			}
		}
		return plainName(key) != "id" && selects(q.Statement, plainName(key))
	})
}

// manyColumns is how many arguments of an INSERT are looked at.
const manyColumns = 32

// columnsGiven returns the keys of a statement, or the columns of a row that it inserts.
func columnsGiven(st *statement.Statement) []string {
	if st.Verb != "INSERT" {
		return st.Keys
	}
	var columns []string
	for n := range manyColumns {
		if column := st.AssignedTo(n); column != "" {
			columns = append(columns, column)
		}
	}
	st.AssignedTexts(func(column string, _ uint64) { columns = append(columns, column) })
	return columns
}
