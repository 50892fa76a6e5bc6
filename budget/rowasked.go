package budget

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// mayBeOfOneRow knows the reads that may be answered by an earlier one of the same row.
func mayBeOfOneRow(st *statement.Statement) bool {
	return st.Kind == statement.Read && (st.Repeatable || st.Locks) && len(st.Keys) > 0 && len(st.Tables) == 1 && !st.Batched && !st.Paged
}

// mayAskAlike reports whether two statements differ, or whether one has its values in the text, and nothing but the
// values of keys: an ORDER BY, for instance, has none.
func mayAskAlike(a, b *statement.Statement) bool {
	return a.Fingerprint != b.Fingerprint || a.HasLiterals != b.HasLiterals && strings.Count(a.Shape, "?") == len(a.Keys)
}

// maxSameKeys is how many different rows are kept that reads with one key asked for.
const maxSameKeys = 8

// rowAsked says which row a read asks for: by tables and conditions, of which others than those for
// its keys may have arguments, and by its order, where a LIMIT takes the first one.
type rowAsked struct {
	from    string
	hasMore bool
	order   string
	limited bool
}

// isSameRow reports whether the first row of one read is that of another one. Without a LIMIT there
// is no other row.
func (r rowAsked) isSameRow(other rowAsked) bool {
	return !r.limited || !other.limited || r.order == other.order
}

// groupsOfOneRow returns the tables and conditions of the groups that may ask for a row
// that another one asks for too.
func (f *finder) groupsOfOneRow() map[int]rowAsked {
	var out map[int]rowAsked
	f.each(func(i int, g *Group) {
		if !mayBeOfOneRow(g.Statement) || f.isSetUp(i) || !f.anyGroup(func(j int, h *Group) bool {
			return i != j && mayAskAlike(g.Statement, h.Statement) && mayBeOfOneRow(h.Statement) && asksForSameRow(g.Statement, h.Statement)
		}) {
			return
		}
		if row, ok := rowOfRead(g.Statement); ok {
			if out == nil {
				out = make(map[int]rowAsked)
			}
			out[i] = row
		}
	})
	return out
}

// asksForSameRow reports whether two reads have the same keys of one table, whatever names it has in them.
func asksForSameRow(a, b *statement.Statement) bool {
	if !strings.EqualFold(a.Tables[0], b.Tables[0]) || len(a.Keys) != len(b.Keys) {
		return false
	}
	return !slices.ContainsFunc(a.Keys, func(key string) bool {
		return !slices.ContainsFunc(b.Keys, func(other string) bool {
			return strings.EqualFold(statement.Unqualified(other), statement.Unqualified(key))
		})
	})
}

// rowOfRead returns the row that a read asks for, for those that select plain columns, or ask whether
// there is a row.
func rowOfRead(st *statement.Statement) (row rowAsked, ok bool) {
	upper := withoutLock(strings.ToUpper(st.Shape))
	if rest, isProbe := strings.CutPrefix(upper, "SELECT EXISTS ("); isProbe {
		rest, isProbe = strings.CutSuffix(rest, ")")
		inner, parsed := parseSelect(rest)
		if !isProbe || !parsed {
			return row, false
		}
		return inner.row(st.Keys), true
	}
	s, ok := parseCut(upper)
	if !ok || s.groupBy != "" || !s.probes(st) && slices.ContainsFunc(s.items, func(item string) bool {
		return strings.ContainsAny(item, "(?") || strings.HasPrefix(item, "DISTINCT ")
	}) {
		return row, false
	}
	return s.row(st.Keys), true
}

// probes reports whether a SELECT asks for nothing but whether there is a row: SELECT 1, or a count by the key of its
// table, of which there is one at most. Another count may be that of a list.
func (s *selectShape) probes(st *statement.Statement) bool {
	if len(s.items) != 1 {
		return false
	}
	isCount := s.items[0] == "COUNT(*)" || s.items[0] == "COUNT (*)" || s.items[0] == "COUNT(?)"
	return s.items[0] == "?" || isCount && slices.ContainsFunc(st.Keys, func(key string) bool { return isIDOf(unquoted(key), st.Tables[0]) })
}

// row is the row that a SELECT asks for. To order it by one of its keys says nothing.
func (s *selectShape) row(keys []string) rowAsked {
	table, conditions, isOne := s.bare()
	row := rowAsked{limited: s.limit != "", hasMore: !isOne} // of a table with itself, columns have no name alone
	for _, by := range splitTop(s.orderBy, ",") {
		name := plainName(unquoted(strings.TrimSuffix(strings.TrimSuffix(by, " DESC"), " ASC")))
		if name != "" && !slices.ContainsFunc(keys, func(key string) bool { return plainName(key) == name }) {
			row.order += by + ","
		}
	}
	for _, condition := range conditions {
		_, _, isKey := equation(condition)
		row.hasMore = row.hasMore || !isKey && strings.Contains(condition, "?")
	}
	if !row.hasMore {
		slices.Sort(conditions) // whose values are compared by their columns
	}
	row.from = table + " WHERE " + strings.Join(conditions, " AND ")
	return row
}

// bare returns the table and the conditions of a SELECT as nobody's library writes them: without
// quotes, the table's name or alias before a column, and brackets around a condition. What does
// not read from one table is as it stands there, and isOne is false.
func (s *selectShape) bare() (table string, conditions []string, isOne bool) {
	f := strings.Fields(s.from)
	if len(f) == 3 && f[1] == "AS" {
		f = []string{f[0], f[2]}
	}
	if len(f) == 0 || len(f) > 2 || slices.ContainsFunc(f, func(name string) bool { return !isName(name) }) {
		return s.from, s.conditions, false
	}
	table = unquoted(f[0])
	qualifiers := []string{table + ".", statement.Unqualified(table) + "."}
	if len(f) == 2 {
		qualifiers = append(qualifiers, unquoted(f[1])+".")
	}
	for _, condition := range s.conditions {
		conditions = append(conditions, bareConditions(condition, qualifiers)...)
	}
	return table, conditions, true
}

// bareConditions returns what stands in brackets without them, but for an OR, and of a comparison the
// column on the left, by its name alone.
func bareConditions(condition string, qualifiers []string) (plain []string) {
	if inner, ok := inBrackets(condition); ok && len(splitTop(inner, "OR")) == 1 {
		for _, c := range splitTop(inner, "AND") {
			plain = append(plain, bareConditions(c, qualifiers)...)
		}
		return plain
	}
	column, rest, _ := strings.Cut(condition, " ")
	if !isName(column) {
		return []string{condition}
	}
	column = unquoted(column)
	for _, q := range qualifiers {
		column = strings.TrimPrefix(column, q)
	}
	return []string{strings.TrimSpace(column + " " + rest)}
}

// inBrackets returns what one pair of brackets encloses, if that is all of a text.
func inBrackets(text string) (inner string, ok bool) {
	if !strings.HasPrefix(text, "(") || !strings.HasSuffix(text, ")") || len(topWords(text)) != 1 {
		return text, false
	}
	inner = text[1 : len(text)-1]
	depth := 0
	for i := range len(inner) {
		switch inner[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return text, false
		}
	}
	return inner, true
}

// withoutLock returns a SELECT in upper case without what locks its rows.
func withoutLock(shape string) string {
	for _, lock := range []string{" FOR UPDATE", " FOR SHARE", " FOR NO KEY UPDATE", " FOR KEY SHARE", " LOCK IN SHARE MODE"} {
		if i := strings.LastIndex(shape, lock); i > 0 {
			return shape[:i]
		}
	}
	return shape
}
