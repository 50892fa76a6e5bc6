package budget

import (
	"slices"
	"strconv"
	"strings"
)

// selectShape is a SELECT of one level, in its clauses. What it does not know, such as a
// set operation, a SELECT inside of another one or an OR, makes it none: advice that is
// wrong is worse than none.
type selectShape struct {
	items      []string // of the list
	from       string
	conditions []string // of the WHERE, joined with AND
	groupBy    string
	having     string
	orderBy    string
	limit      string
}

// clause is a clause of a SELECT, or a word that makes it none that is known here.
type clause uint8

const (
	noClause clause = iota
	selectClause
	fromClause
	whereClause
	groupClause
	havingClause
	orderClause
	limitClause
	outOfReach
)

var clauseWords = map[string]clause{
	"SELECT": selectClause, "FROM": fromClause, "WHERE": whereClause, "GROUP": groupClause, "HAVING": havingClause,
	"ORDER": orderClause, "LIMIT": limitClause,
	"UNION": outOfReach, "EXCEPT": outOfReach, "INTERSECT": outOfReach, "FETCH": outOfReach, "OFFSET": outOfReach,
	"FOR": outOfReach, "WINDOW": outOfReach, "INTO": outOfReach, "WITH": outOfReach, "OR": outOfReach,
	"NOT": outOfReach, "BETWEEN": outOfReach, "TOP": outOfReach, "DISTINCTROW": outOfReach, "LATERAL": outOfReach,
	"OVER": outOfReach, "STRAIGHT_JOIN": outOfReach, "LOCK": outOfReach,
}

// clauseOf looks a word up, in whatever case.
func clauseOf(word string) clause {
	var upper [16]byte
	if len(word) > len(upper) {
		return noClause
	}
	for i := range len(word) {
		c := word[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	return clauseWords[string(upper[:len(word)])]
}

// cutAway stands for what a shape has no room for.
const cutAway = "…"

// parseSelect reads a shape, if all of it is there.
func parseSelect(shape string) (s selectShape, ok bool) {
	if strings.Contains(shape, cutAway) {
		return s, false
	}
	return parseCut(shape)
}

// parseCut reads a shape of which columns may have been cut away, and nothing else.
func parseCut(shape string) (s selectShape, ok bool) {
	var clauses [outOfReach]string
	words := topWords(shape)
	open, begin := noClause, 0
	for i := 0; i < len(words); i++ {
		word := shape[words[i].start:words[i].end]
		c := clauseOf(word)
		switch {
		case c == noClause:
			continue
		case c == outOfReach || clauses[c] != "" || open == noClause && (c != selectClause || i > 0):
			return s, false
		}
		clauses[open] = strings.TrimSpace(shape[begin:words[i].start])
		open, begin = c, words[i].end
		if c == groupClause || c == orderClause {
			if i++; i == len(words) || !strings.EqualFold(shape[words[i].start:words[i].end], "BY") {
				return s, false
			}
			begin = words[i].end
		}
	}
	clauses[open] = strings.TrimSpace(shape[begin:])
	if clauses[fromClause] == "" || clauses[selectClause] == "" || hasSubquery(shape) {
		return s, false
	}
	if strings.Count(shape, cutAway) != strings.Count(clauses[selectClause], cutAway) {
		return s, false
	}
	s = selectShape{
		items: splitTop(clauses[selectClause], ","), from: clauses[fromClause], groupBy: clauses[groupClause],
		having: clauses[havingClause], orderBy: clauses[orderClause], limit: clauses[limitClause],
	}
	if where := clauses[whereClause]; where != "" {
		s.conditions = splitTop(where, "AND")
	}
	return s, true
}

// hasSubquery reports whether there is a SELECT inside of a bracket.
func hasSubquery(shape string) bool {
	const inner = "SELECT"
	for rest := shape; ; {
		i := strings.IndexByte(rest, '(')
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
		if len(rest) >= len(inner) && strings.EqualFold(rest[:len(inner)], inner) {
			return true
		}
	}
}

type span struct{ start, end int }

// topWords returns the words outside of brackets and quotes. A comma is one.
func topWords(text string) []span {
	out := make([]span, 0, 32)
	depth, start := 0, -1
	flush := func(i int) {
		if start >= 0 && depth == 0 {
			out = append(out, span{start, i})
		}
		start = -1
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '`':
			if n := strings.IndexByte(text[i+1:], c); n >= 0 {
				if start < 0 {
					start = i
				}
				i += n + 1
				continue
			}
		case '(', '[':
			if depth == 0 && start < 0 {
				start = i
			}
			if depth++; depth == 1 {
				continue
			}
		case ')', ']':
			depth--
			continue
		}
		switch {
		case depth > 0:
		case text[i] == ' ':
			flush(i)
		case text[i] == ',':
			flush(i)
			out = append(out, span{i, i + 1})
		case start < 0:
			start = i
		}
	}
	flush(len(text))
	return out
}

// splitTop splits a text at a word, outside of brackets and quotes.
func splitTop(text, at string) []string {
	out := make([]string, 0, 4)
	begin := 0
	for _, w := range topWords(text) {
		if strings.EqualFold(text[w.start:w.end], at) {
			out = append(out, strings.TrimSpace(text[begin:w.start]))
			begin = w.end
		}
	}
	return append(out, strings.TrimSpace(text[begin:]))
}

// equation returns the column of "column = ?", and the type of "column = ?::type".
func equation(condition string) (column, cast string, ok bool) {
	column, value, ok := strings.Cut(condition, " = ")
	if !ok || !isName(column) {
		return "", "", false
	}
	if value == "?" {
		return column, "", true
	}
	cast, ok = strings.CutPrefix(value, "?::")
	return column, cast, ok && isName(cast)
}

// isPlainCondition reports whether placeholders in a condition may stay as they are.
func isPlainCondition(condition string) bool {
	if !strings.Contains(condition, "?") {
		return true
	}
	f := strings.Fields(condition)
	if len(f) != 3 || !isName(f[0]) || f[2] != "?" {
		return len(f) == 3 && isName(f[0]) && strings.EqualFold(f[1], "IN") && f[2] == "(?)"
	}
	switch strings.ToUpper(f[1]) {
	case "=", "<>", "!=", "<", ">", "<=", ">=", "LIKE", "ILIKE":
		return true
	}
	return false
}

// isName reports whether a text is a name, with its qualifiers and quotes.
func isName(text string) bool {
	return text != "" && !strings.ContainsAny(text, " ()[],?:='+-*/|<>") && (text[0] < '0' || text[0] > '9')
}

// has reports whether the list has a column under its own name, or all of them.
func (s *selectShape) has(column string) bool {
	return slices.ContainsFunc(s.items, func(item string) bool {
		if item == "*" || strings.HasSuffix(item, ".*") && !strings.ContainsAny(s.from, " ,") {
			return true
		}
		name := strings.Fields(item)
		return len(name) > 0 && isName(name[0]) && plainName(unquoted(name[0])) == plainName(unquoted(column))
	})
}

func unquoted(name string) string {
	if !strings.ContainsAny(name, "\"`[]") {
		return name
	}
	return strings.NewReplacer(`"`, "", "`", "", "[", "", "]", "").Replace(name)
}

var aggregates = []string{
	"COUNT", "SUM", "MIN", "MAX", "AVG", "TOTAL", "GROUP_CONCAT", "STRING_AGG", "ARRAY_AGG", "JSON_AGG", "JSONB_AGG",
	"BOOL_AND", "BOOL_OR", "EVERY", "STDDEV", "VARIANCE",
}

// aggregated counts the items of the list that are one aggregate each, and those that
// are so in part.
func (s *selectShape) aggregated() (whole, inPart int) {
	for _, item := range s.items {
		open := strings.IndexByte(item, '(')
		for begin := 0; open >= 0; {
			name := item[begin : begin+open]
			name = name[strings.LastIndexAny(name, " (,+-*/|")+1:]
			isAggregate := slices.ContainsFunc(aggregates, func(a string) bool { return strings.EqualFold(a, name) })
			if isAggregate && begin == 0 && len(name) == open {
				whole++
				break
			}
			if isAggregate {
				inPart++
				break
			}
			begin += open + 1
			open = strings.IndexByte(item[begin:], '(')
		}
	}
	return whole, inPart
}

// isDistinctOn reports whether an item begins a list of the first rows of each.
func isDistinctOn(item string) bool {
	f := strings.Fields(item)
	return len(f) > 1 && strings.EqualFold(f[0], "DISTINCT") && strings.HasPrefix(strings.ToUpper(f[1]), "ON")
}

// hasPlaceholder reports whether a placeholder stands elsewhere than in a condition, or
// in the LIMIT.
func (s *selectShape) hasPlaceholder() bool {
	has := func(text string) bool { return strings.Contains(text, "?") }
	return slices.ContainsFunc(s.items, has) || has(s.from) || has(s.groupBy) || has(s.having) || has(s.orderBy)
}

// batch returns the statement for many values of a column, which is empty where only one
// can be meant.
func (s *selectShape) batch(column, system string) (string, bool) {
	at, cast := -1, ""
	for i, condition := range s.conditions {
		c, t, ok := equation(condition)
		switch {
		case ok && (column == "" || plainName(unquoted(c)) == plainName(column)):
			if at >= 0 {
				return "", false // two that could be it
			}
			at, cast = i, t
		case !isPlainCondition(condition):
			return "", false
		}
	}
	whole, inPart := s.aggregated()
	isLook := s.isLook()
	isDistinct := len(s.items[0]) > len("DISTINCT") && strings.EqualFold(s.items[0][:len("DISTINCT")], "DISTINCT")
	if at < 0 || isDistinctOn(s.items[0]) || inPart > 0 || whole > 0 && (whole < len(s.items) && s.groupBy == "" || isDistinct) || s.hasPlaceholder() && !isLook {
		return "", false
	}
	key, _, _ := equation(s.conditions[at])
	out := *s
	out.conditions = slices.Clone(s.conditions)
	out.conditions[at] = key + " IN (?)"
	if system == "postgresql" {
		out.conditions[at] = key + " = ANY(?)"
		if cast != "" {
			out.conditions[at] = key + " = ANY(?::" + cast + "[])"
		}
	} else if cast != "" {
		return "", false
	}
	if isLook {
		out.items, out.orderBy, out.limit = []string{"DISTINCT " + key}, "", ""
		return out.text(system), true
	}
	if whole > 0 {
		out.items = append([]string{key}, s.items...)
		out.groupBy = strings.TrimPrefix(s.groupBy+", "+key, ", ")
		if s.groupBy == "" {
			out.orderBy = ""
		}
	} else if !s.has(key) {
		out.items = append(slices.Clip(s.items), key)
		if s.groupBy != "" {
			out.groupBy += ", " + key
		}
	}
	if order, _, _ := strings.Cut(s.orderBy, " "); whole == 0 && s.isOfOneTable() && plainName(unquoted(key)) == "id" && (order == "" || plainName(unquoted(order)) == "id") {
		out.limit = "" // there is one row of each
	}
	if out.limit == "" {
		return out.text(system), true
	}
	return out.firstOfEach(key, system, isDistinct || whole > 0)
}

func (s *selectShape) isOfOneTable() bool { return !strings.ContainsAny(s.from, " ,(") }

// isLook reports whether a statement asks for nothing but whether there is a row: SELECT 1 ... LIMIT 1.
func (s *selectShape) isLook() bool {
	return s.limit == "?" && len(s.items) == 1 && s.items[0] == "?" && s.groupBy == "" && s.having == "" && s.isOfOneTable()
}

// firstOfEach is a statement with a LIMIT for each value of a column.
func (s *selectShape) firstOfEach(key, system string, isGrouped bool) (string, bool) {
	if isGrouped || s.groupBy != "" || s.limit != "?" || !s.isOfOneTable() {
		return "", false
	}
	order := "PARTITION BY " + key
	if s.orderBy != "" {
		order += " ORDER BY " + s.orderBy
	}
	inner := *s
	items := slices.Clone(s.items)
	for i, item := range items {
		if item == "*" {
			items[i] = s.from + ".*"
		}
	}
	inner.items = append(items, "row_number() OVER ("+order+") AS place")
	inner.orderBy, inner.limit = "", ""
	return numbered("SELECT * FROM ("+inner.plain()+") AS numbered WHERE place <= ?", system), true
}

func (s *selectShape) text(system string) string { return numbered(s.plain(), system) }

// plain writes the statement with ? for each placeholder.
func (s *selectShape) plain() string {
	var b strings.Builder
	b.Grow(256)
	join := func(word, by string, parts ...string) {
		for i, p := range parts {
			if i > 0 {
				word = by
			}
			b.WriteString(word)
			b.WriteString(p)
		}
	}
	join("SELECT ", ", ", s.items...)
	join(" FROM ", "", s.from)
	join(" WHERE ", " AND ", s.conditions...)
	for _, c := range [...][2]string{
		{" GROUP BY ", s.groupBy}, {" HAVING ", s.having}, {" ORDER BY ", s.orderBy}, {" LIMIT ", s.limit},
	} {
		if c[1] != "" {
			join(c[0], "", c[1])
		}
	}
	return b.String()
}

// numbered writes placeholders as a database has them.
func numbered(text, system string) string {
	if system != "postgresql" {
		return text
	}
	var b strings.Builder
	n := 0
	for _, part := range strings.SplitAfter(text, "?") {
		if before, ok := strings.CutSuffix(part, "?"); ok {
			n++
			b.WriteString(before + "$" + strconv.Itoa(n))
		} else {
			b.WriteString(part)
		}
	}
	return b.String()
}
