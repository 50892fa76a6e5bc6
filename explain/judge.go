package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// target is a table whose access is judged.
type target struct {
	alias string
	table *table
	truth bool // a condition may be a column alone
	// possible are the indexes that the planner could use, where it tells.
	possible []string
}

// owns reports whether a column is one of the table's.
func (t *target) owns(c column) bool {
	if c.table == "" {
		return t.table.has(c.name)
	}
	return strings.EqualFold(c.table, t.alias)
}

// isHarmless reports whether an index of a column serves its cast: from one type of text
// to another.
func (t *target) isHarmless(column, cast string) bool {
	return cast == "" || isTextType(cast) && isTextType(t.table.typeOf(column))
}

func isTextType(name string) bool {
	for _, text := range []string{"text", "char", "varchar", "bpchar", "tinytext", "mediumtext", "longtext", "name", "citext"} {
		if strings.HasPrefix(name, text) {
			return true
		}
	}
	return false
}

// read is how a plan reads one table, before it is judged.
type read struct {
	target
	schema, relation string
	index            string
	// narrowed is set if an index finds the rows, by the condition.
	narrowed  bool
	condition []predicate
	// filter is what drops rows that were read, also in a join that reads the table for
	// each row of another one.
	filter []predicate
	// outer is what joins it with tables that are read for each of its rows.
	outer []predicate
	// group is the same for tables that may be read in any order: joined, and not with an
	// outer join.
	group int
	// unknown says why nothing can be said.
	unknown string
}

// judgeAll gives the verdict on each table of a plan.
func judgeAll(reads []*read) []Access {
	out := make([]Access, len(reads))
	for i, r := range reads {
		if r.unknown != "" {
			out[i] = Access{Verdict: Unknown, Reason: r.unknown}
		} else if r.narrowed {
			out[i] = Access{Verdict: Indexed, Index: r.index}
		} else if out[i].judge(&r.target, r.meanings(r.filter)); out[i].Verdict == NoCondition && !isLookedUpFrom(reads, r) {
			out[i].judge(&r.target, r.meanings(r.outer))
		}
		if out[i].Verdict == NoCondition && slices.ContainsFunc(r.filter, func(p predicate) bool { return p.asksElsewhere() }) {
			out[i].Verdict, out[i].Reason = Unknown, "a query in its condition is not told by the plan"
		}
		out[i].Schema, out[i].Relation, out[i].Alias = r.schema, r.relation, r.alias
		if out[i].Verdict.IsFault() {
			out[i].always = r.constants()
		}
	}
	for i, r := range reads {
		if whole := wholeBehind(reads, r, len(reads)); r.narrowed && whole >= 0 && out[whole].Verdict == NoCondition {
			drive(reads, out, i, whole)
		}
	}
	return out
}

// isLookedUpFrom reports whether rows of another table are found by values of r.
func isLookedUpFrom(reads []*read, r *read) bool {
	return slices.ContainsFunc(reads, func(o *read) bool {
		return o.narrowed && slices.ContainsFunc(o.meanings(o.condition), func(m meaning) bool { return slices.ContainsFunc(m.others, r.owns) })
	})
}

func (r *read) meanings(all []predicate) []meaning {
	var out []meaning
	for i := range all {
		if m := all[i].on(&r.target); m.use != useNothing {
			out = append(out, m)
		}
	}
	return out
}

// wholeBehind returns the table that is read whole in order to look rows of r up, by its
// place; -1 if there is none.
func wholeBehind(reads []*read, r *read, depth int) int {
	for _, m := range r.meanings(r.condition) {
		if !m.isJoin {
			return -1 // it is found by a value
		}
	}
	for _, m := range r.meanings(r.condition) {
		for i, o := range reads {
			if o == r || o.group != r.group || !slices.ContainsFunc(m.others, o.owns) {
				continue
			}
			if !o.narrowed {
				return i
			}
			if depth > 0 {
				return wholeBehind(reads, o, depth-1)
			}
		}
	}
	return -1
}

// drive judges a join that begins with all rows of one table, although a value narrows
// another one: with indexes it would begin there.
func drive(reads []*read, out []Access, at, whole int) {
	r, w := reads[at], reads[whole]
	var values []meaning
	for _, m := range r.meanings(r.filter) {
		if !m.isJoin {
			values = append(values, m)
		}
	}
	var a Access
	if a.judge(&r.target, values); a.Verdict == NoCondition {
		return
	}
	if a.Verdict != Unusable || a.Index == "" {
		out[at].Verdict, out[at].Columns, out[at].Condition = a.Verdict, a.Columns, a.Condition
		out[at].Reason = a.Reason + ", so that all of " + w.relation + " is read"
		return
	}
	for _, m := range r.meanings(r.condition) {
		for _, c := range m.others {
			if _, ok := w.leading(c.name, nil); w.owns(c) && !ok {
				out[whole].Verdict, out[whole].Columns, out[whole].Condition = NotIndexed, []string{c.name}, m.text
				out[whole].Reason = "no index begins with " + c.name
			}
		}
	}
}

// judge says why a table is read whole, of which a plan says that no index narrows it. The
// meanings are those of all that its rows have to meet.
func (a *Access) judge(t *target, all []meaning) {
	for _, judge := range []func(*target, []meaning) bool{
		a.byColumns, a.byContents, a.byBranches, a.byValue, a.byExpression, a.byPattern,
	} {
		if judge(t, all) {
			return
		}
	}
	a.Verdict, a.Reason = NoCondition, "nothing asks for a part of it that an index could find"
}

func having(all []meaning, u use) (out []meaning) {
	for _, m := range all {
		if m.use == u {
			out = append(out, m)
		}
	}
	return out
}

// byColumns judges plain comparisons of columns.
func (a *Access) byColumns(t *target, all []meaning) bool {
	plain := having(all, useOrder)
	if len(plain) == 0 {
		return false
	}
	slices.SortStableFunc(plain, func(x, y meaning) int { return rank(x) - rank(y) })
	a.Condition = texts(plain)
	byValue := !plain[0].isJoin
	for _, m := range plain {
		i, ok := t.leading(m.columns[0], all)
		if ok && (!byValue || !m.isJoin) {
			a.cannotUse(t, i, m)
			return true
		}
		for _, c := range m.columns {
			if !ok && !slices.Contains(a.Columns, c) {
				a.Columns = append(a.Columns, c)
			}
		}
	}
	a.together, a.equal = together(plain)
	a.prefix = plain[0].isPrefix
	a.Verdict, a.Reason = NotIndexed, "no index begins with "+list(a.Columns, "or")
	return true
}

// leading returns an index that begins with a column: one of all rows, or a partial one
// that a value of the statement may select.
func (t *target) leading(column string, all []meaning) (index, bool) {
	var partial *index
	for _, i := range t.table.leading(column) {
		if i.where == "" {
			return i, true
		}
		if i.dependsOn(all) {
			partial = &i
		}
	}
	if partial != nil {
		return *partial, true
	}
	return index{}, false
}

// dependsOn reports whether a value that is not known decides if the rows of a partial
// index are those of the statement.
func (i *index) dependsOn(all []meaning) bool {
	columns, _, _ := columnsOf(tokensOf(statement.Standard, i.where))
	return slices.ContainsFunc(all, func(m meaning) bool {
		return m.hasParameter && slices.ContainsFunc(columns, func(c column) bool {
			return slices.ContainsFunc(m.columns, func(name string) bool { return sameName(name, c.name) })
		})
	})
}

// cannotUse says why an index is not used that begins with the right column.
func (a *Access) cannotUse(t *target, i index, m meaning) {
	a.Columns, a.Index, a.Condition = m.columns[:1], i.name, m.text
	switch {
	case i.where != "":
		a.Verdict = Unknown
		a.Reason = fmt.Sprintf("the partial index %s serves some values of its condition only", i.name)
	case m.isPrefix && !slices.Contains(t.possible, i.name):
		a.prefix = true
		a.Verdict = Unusable
		a.Reason = fmt.Sprintf("the order of index %s is not that of a pattern: it needs another collation or operator class", i.name)
	case m.isNumber && isTextType(t.table.typeOf(m.columns[0])):
		a.Verdict = Unusable
		a.Reason = fmt.Sprintf("index %s cannot be used: %s is text and compared with a number", i.name, m.columns[0])
	case slices.Contains(t.possible, i.name):
		*a = Access{Verdict: Indexed, Index: i.name} // the table is too small for it
	default:
		a.Verdict, a.isServed = Unusable, true
		a.Reason = fmt.Sprintf("index %s begins with %s and cannot be used for this condition: types, collations or the form of the condition differ", i.name, m.columns[0])
	}
}

// byContents judges what asks for a part of a document, a list or a text.
func (a *Access) byContents(t *target, all []meaning) bool {
	contents := having(all, useContents)
	if len(contents) == 0 {
		return false
	}
	m := contents[0]
	a.Condition, a.Columns = m.text, m.columns
	a.contents = true
	a.Verdict, a.Reason = NotIndexed, "no GIN index has "+list(m.columns, "or")
	return true
}

// byBranches judges an OR: each of its branches needs an index.
func (a *Access) byBranches(t *target, all []meaning) bool {
	for _, m := range having(all, useOneOf) {
		if b, ok := oneOf(t, m.branches); ok {
			b.Condition = m.text
			*a = b
			return true
		}
	}
	return false
}

// oneOf judges the branches of an OR. It returns false if one of them asks for nothing that
// an index could find: nor does the OR then.
func oneOf(t *target, branches [][]meaning) (worst Access, ok bool) {
	of := map[Verdict]Access{}
	var columns []string
	for _, branch := range branches {
		b := Access{}
		b.judge(t, branch)
		if b.isServed {
			b.Verdict = Indexed
		}
		if b.Verdict == NotIndexed {
			columns = append(columns, b.Columns[:1]...)
		}
		of[b.Verdict] = b
	}
	for _, v := range []Verdict{NoCondition, Unknown, Unusable, NotIndexed, Indexed} {
		if b, found := of[v]; found {
			worst = b
			break
		}
	}
	switch worst.Verdict {
	case NotIndexed:
		worst.Columns, worst.Reason = columns, "of the conditions with OR, no index begins with "+list(columns, "and none with")
	case Indexed:
		if len(t.possible) == 0 {
			worst.Verdict, worst.Reason = Unknown, "each condition with OR has an index, but the plan does not use them"
		}
	}
	return worst, worst.Verdict != NoCondition
}

// byValue judges what depends on an argument.
func (a *Access) byValue(_ *target, all []meaning) bool {
	values := having(all, useOfValue)
	if len(values) == 0 {
		return false
	}
	a.Verdict, a.Condition = Unknown, values[0].text
	a.Reason = "the value of an argument decides: " + values[0].text
	return true
}

// byExpression judges conditions with a function or a cast around the column.
func (a *Access) byExpression(t *target, all []meaning) bool {
	wrapped := having(all, useWrapped)
	if len(wrapped) == 0 {
		return false
	}
	m := wrapped[0]
	a.Condition, a.Columns = m.text, []string{m.text}
	for _, c := range m.columns {
		if i, ok := t.leading(c, nil); ok && i.method == "btree" {
			a.Verdict, a.Index = Unusable, i.name
			a.Reason = fmt.Sprintf("index %s begins with %s and cannot be used, because the condition is on %s", i.name, c, m.text)
			return true
		}
	}
	a.Verdict, a.Reason = NotIndexed, "no index begins with "+m.text
	if m.isEqual && !m.isJoin {
		a.equal = 1
	}
	return true
}

// byPattern judges patterns without a beginning.
func (a *Access) byPattern(_ *target, all []meaning) bool {
	patterns := having(all, usePattern)
	if len(patterns) == 0 {
		return false
	}
	a.Verdict, a.Condition = Unusable, patterns[0].text
	a.Columns = patterns[0].columns
	a.Reason = "no ordinary index can serve a pattern without a fixed beginning: " + patterns[0].text
	return true
}

func texts(all []meaning) string {
	out := make([]string, len(all))
	for i, m := range all {
		out[i] = m.text
	}
	return strings.Join(out, " AND ")
}

// list writes names as a list: "a, b or c".
func list(names []string, last string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}
