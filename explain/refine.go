package explain

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// An index that serves may be made better: with the columns of ORDER BY behind those of
// equality, so that a LIMIT ends the read early, and as a partial one, where the statement
// always asks for the same part of the table. Whether that is better is the planner's
// answer, too.

// outcome is what a trial of an index showed.
type outcome struct {
	serves bool
	how    string  // it was tried, for people; empty if it was not
	sorts  bool    // all rows that it finds are sorted
	cost   float64 // 0 where the database tells none
}

// fuzz is by how much a plan has to be cheaper: PostgreSQL takes costs for the same below
// one per cent (pathnode.c).
const fuzz = 0.99

// isBetter reports whether an index is to be proposed in place of a simpler one: the planner
// gains by it, or loses nothing by one that is smaller.
func (o *outcome) isBetter(than *outcome, isSmaller bool) bool {
	switch {
	case !o.serves || o.sorts && !than.sorts:
		return false
	case than.sorts && !o.sorts:
		return true
	}
	return o.cost < fuzz*than.cost || isSmaller && fuzz*o.cost <= than.cost
}

// refine tries what may be better than an index that serves: in order, in part, and in order
// again, since to PostgreSQL a column that is NULL has not one value in the order of an index.
func (s *session) refine(ctx context.Context, a *Access, c candidate, o *outcome) (candidate, error) {
	for _, next := range []func(*Access, candidate) (candidate, bool){s.inOrder, s.inPart, s.inOrder} {
		better, ok := next(a, c)
		if !ok {
			continue
		}
		tried, err := s.system.try(ctx, s, a, &better)
		if err != nil {
			return c, err
		}
		if tried.isBetter(o, len(better.columns) < len(c.columns)) {
			c, *o = better, tried
		}
	}
	return c, nil
}

// maxOrdered bounds the columns of an index that gives an order: it needs all of them.
const maxOrdered = 4

// inOrder adds the columns of ORDER BY to an index of columns that are equal to values.
func (s *session) inOrder(a *Access, c candidate) (candidate, bool) {
	order := a.order
	if len(order) == 0 || c.method != "" || len(c.columns) > a.equal || a.prefix {
		return c, false // a range, or a pattern, has no order of what comes behind it
	}
	isMixed := slices.ContainsFunc(order, func(o ordered) bool { return o.descends != order[0].descends })
	out := c
	out.parts, out.columns = slices.Clone(c.parts), slices.Clone(c.columns)
	for _, o := range order {
		if slices.ContainsFunc(c.columns, func(name string) bool { return sameName(name, o.name) }) {
			continue // it has one value
		}
		part := s.quote(o.name)
		if isMixed && o.descends {
			part += " DESC"
		}
		out.parts, out.columns = append(out.parts, part), append(out.columns, o.name)
	}
	return out, len(out.parts) > len(c.parts) && len(out.parts) <= maxOrdered
}

// inPart makes a partial index: its condition takes the place of the columns that it is about.
func (s *session) inPart(a *Access, c candidate) (candidate, bool) {
	if s.system.dialect() == statement.MySQL || c.method != "" {
		return c, false // it has none
	}
	out := c
	out.parts, out.columns, out.where = nil, nil, ""
	about := map[string]bool{}
	for _, p := range a.always {
		text, ok := s.constant(p)
		if ok && !about[strings.ToLower(p.column)] {
			about[strings.ToLower(p.column)] = true
			if out.where != "" {
				out.where += " AND "
			}
			out.where += text
		}
	}
	for i, name := range c.columns {
		if !about[strings.ToLower(name)] {
			out.parts, out.columns = append(out.parts, c.parts[i]), append(out.columns, name)
		}
	}
	if out.where != "" && len(out.parts) == 0 {
		return s.inOrder(a, out)
	}
	return out, out.where != "" && len(out.parts) > 0
}

// constant is a condition of the text that is the same in each execution, and names a column
// alone.
type constant struct {
	column  string
	is      string // NULL, NOT NULL, TRUE or FALSE; empty for a literal
	literal string
}

// constants are those of a table among the conditions of its rows.
func (r *read) constants() []constant {
	var out []constant
	for _, p := range slices.Concat(r.condition, r.filter) {
		if c, ok := p.constant(&r.target); ok {
			out = append(out, c)
		}
	}
	return out
}

func (p *predicate) constant(t *target) (constant, bool) {
	if p.branches != nil || !p.left.bare || len(p.left.columns) != 1 || !t.owns(p.left.columns[0]) {
		return constant{}, false
	}
	c := constant{column: p.left.columns[0].name}
	word := func(first string, second string) string {
		if p.negated {
			return second
		}
		return first
	}
	switch right := p.right.tokens; {
	case p.operator == "" && t.truth:
		c.is = word("TRUE", "FALSE")
	case p.operator == "isnull", p.operator == "is" && len(right) == 1 && right[0].is("null"):
		c.is = word("NULL", "NOT NULL")
	case p.operator == "notnull":
		c.is = word("NOT NULL", "NULL")
	case (p.operator == "=" || p.operator == "==") && !p.negated && isLiteral(right):
		c.literal = right[0].text
	default:
		return c, false
	}
	return c, true
}

// isLiteral reports whether an operand is a literal, maybe with a cast, as PostgreSQL writes it.
func isLiteral(tokens []token) bool {
	return len(tokens) > 0 && tokens[0].literal && (len(tokens) == 1 || tokens[1].is("::"))
}

// constant writes a condition in the words of the database. One with a literal is written
// where values may be shown, and only if the literal stands in the statement: it may be that
// of an argument.
func (s *session) constant(c constant) (text string, ok bool) {
	name := s.quote(c.column)
	switch {
	case c.is == "TRUE":
		return name, true
	case c.is == "FALSE":
		return "NOT " + name, true
	case c.is != "":
		return name + " IS " + c.is, true
	}
	isWritten := slices.ContainsFunc(tokensOf(s.system.dialect(), s.query), func(t token) bool { return t.literal && t.text == c.literal })
	return name + " = " + c.literal, s.options.Values && isWritten
}

// ordered is a column of ORDER BY.
type ordered struct {
	name     string
	descends bool
}

// orderOf returns the order in which the first few rows of a table are wanted, if it is one
// of its columns alone; nil for none.
func (s *session) orderOf(a *Access) []ordered {
	t := s.tables[tableKey(a.Schema, a.Relation)]
	if t == nil {
		t = s.tables[tableKey("", a.Relation)]
	}
	var found *scope
	for _, sc := range scopes(tokensOf(s.system.dialect(), s.query)) {
		if sc.named(a.Alias) == nil {
			continue
		}
		if found != nil {
			return nil // which one it is, the alias does not tell
		}
		found = sc
	}
	if found == nil || !found.limited {
		return nil
	}
	var out []ordered
	for _, o := range found.order {
		if o.table != "" && !strings.EqualFold(o.table, a.Alias) || !t.has(o.name) {
			return nil
		}
		out = append(out, ordered{o.name, o.descends})
	}
	return out
}

// orderTerm is one of ORDER BY.
type orderTerm struct {
	column
	descends bool
}

// orderTerms reads an ORDER BY of columns; nil for any other.
func orderTerms(tokens []token) []orderTerm {
	if len(tokens) == 0 || !tokens[0].is("by") {
		return nil
	}
	var out []orderTerm
	for _, part := range split(tokens[1:], ",") {
		c, n := columnAt(part, 0)
		rest := part[n:]
		switch {
		case n == 0 || len(rest) > 1:
			return nil
		case len(rest) == 1 && !rest[0].isAny("asc", "desc"):
			return nil
		}
		out = append(out, orderTerm{c, len(rest) == 1 && rest[0].is("desc")})
	}
	return out
}

// sortsAll reports whether a plan sorts, on SQLite also by the last columns of an order alone.
func sortsAll(nodes []Node) (sorts bool) {
	each(nodes, func(n *Node) {
		sorts = sorts || isSort(n.Operation) || strings.HasPrefix(n.Operation, "USE TEMP B-TREE FOR LAST ")
	})
	return sorts
}

// disabled is what PostgreSQL adds to the cost of what is priced out.
const disabled = 1e10

func withoutDisabled(cost float64) float64 { return math.Mod(cost, disabled) }
