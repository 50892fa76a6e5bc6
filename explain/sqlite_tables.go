package explain

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// liteCollector reads the lines of EXPLAIN QUERY PLAN.
type liteCollector struct {
	ctx     context.Context
	session *session
	text    strings.Builder
	reads   []*read
	found   map[string]int // how often an alias was met
	placed  map[*from]bool // in the loops so far
	err     error
}

// liteLine is a line: id, parent and text.
type liteLine struct{ id, parent, detail string }

func (c *liteCollector) nodes(rows [][]any) []Node {
	var lines []liteLine
	for _, row := range rows {
		if len(row) == 4 {
			lines = append(lines, liteLine{asText(row[0]), asText(row[1]), asText(row[3])})
		}
	}
	return c.children(lines, "0", 0, false)
}

func (c *liteCollector) children(lines []liteLine, parent string, depth int, isPart bool) []Node {
	var out []Node
	for _, l := range lines {
		if l.parent != parent || l.id == parent {
			continue
		}
		c.text.WriteString(strings.Repeat("  ", depth) + l.detail + "\n")
		n := Node{Operation: l.detail, Rows: -1, ActualRows: -1, Loops: -1, Removed: -1}
		if m := liteScan.FindStringSubmatch(l.detail); m != nil {
			n.Operation, n.Alias, n.Index, n.Condition = m[1], first(m[3], m[2]), m[5], m[6]
			n.Relation = m[2]
			if strings.HasPrefix(m[4], "AUTOMATIC") {
				n.Index = m[4]
			}
			if strings.HasPrefix(m[4], "INTEGER PRIMARY KEY") {
				n.Index = "INTEGER PRIMARY KEY"
			}
			if !isPart || len(out) == 0 {
				c.read(&n, m[4])
			}
		}
		n.Children = c.children(lines, l.id, depth+1, l.detail == "MULTI-INDEX OR" || isPart)
		out = append(out, n)
	}
	return out
}

// liteScan reads SCAN b USING INDEX i, SEARCH b USING INTEGER PRIMARY KEY (rowid=?).
var liteScan = regexp.MustCompile(`^(SCAN|SEARCH)(?: TABLE)? (.+?)(?: AS (.+?))?(?: EXISTS)?` +
	`(?: USING ((?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?INDEX|INTEGER PRIMARY KEY|PRIMARY KEY)(?: ([^(]+?))?)?` +
	`(?: \((.*)\))?(?: (?:LEFT|RIGHT|FULL)-JOIN)*(?: VIRTUAL TABLE INDEX .*)?$`)

// read takes note of how a table is read.
func (c *liteCollector) read(n *Node, using string) {
	n.Alias = strings.TrimPrefix(n.Alias, "main.")
	at := c.found[n.Alias]
	found, err := c.session.locate(c.ctx, n.Alias)
	if err == nil && len(found) == 0 {
		err = c.other(n)
	}
	if err != nil {
		c.err = errors.Join(c.err, err)
	}
	if err != nil || len(found) == 0 {
		return
	}
	l := found[min(at, len(found)-1)]
	if l.table == nil {
		c.reads = append(c.reads, &read{relation: l.from.name, target: target{alias: n.Alias}, unknown: notTold(l.from.name)})
		return
	}
	n.Relation = l.table.name
	r := &read{
		target: target{alias: n.Alias, table: l.table}, relation: l.table.name, schema: l.table.schema, index: n.Index,
		filter: l.conditions(c.session.scopes), group: c.group(&l),
	}
	c.placed[l.from] = true
	isAutomatic := strings.HasPrefix(using, "AUTOMATIC")
	r.narrowed = n.Operation == "SEARCH" && n.Condition != "" && !isAutomatic && !strings.HasPrefix(n.Condition, "ANY(")
	if r.narrowed {
		r.condition = r.lookups(n.Condition)
		r.narrowed = len(c.session.args) > 0 || !r.isByValue()
	}
	if !r.narrowed {
		if l.scope.unread {
			r.unknown = "its joins are of a kind that is not read here"
		}
		r.filter = slices.DeleteFunc(r.filter, func(p predicate) bool { return c.isLater(&l, r, &p) })
	}
	c.reads = append(c.reads, r)
	c.found[n.Alias]++
}

// other is for a name that no scope has: the result of a query, a function, or a table
// that the text hides.
func (c *liteCollector) other(n *Node) error {
	c.place(n.Alias)
	t, err := c.session.tableOf(c.ctx, "", n.Alias)
	if t != nil && !c.isResult(n.Alias) {
		c.reads = append(c.reads, &read{relation: n.Alias, target: target{alias: n.Alias}, unknown: "the statement does not show where it reads it"})
	}
	return err
}

// isResult reports whether a name is that of a query of the statement.
func (c *liteCollector) isResult(alias string) bool {
	return slices.ContainsFunc(c.session.scopes, func(s *scope) bool {
		return slices.ContainsFunc(s.tables, func(f *from) bool {
			return f.inner != nil && (strings.EqualFold(f.alias, alias) || strings.EqualFold(f.name, alias))
		})
	})
}

// place takes note of the result of a query.
func (c *liteCollector) place(alias string) {
	for _, s := range c.session.scopes {
		for _, f := range s.tables {
			if f.inner != nil && strings.EqualFold(f.alias, alias) {
				c.placed[f] = true
			}
		}
	}
}

// isLater reports whether a predicate joins a table with one that is read in a loop
// inside of it: it narrows that one.
func (c *liteCollector) isLater(l *located, r *read, p *predicate) bool {
	m := p.on(&r.target)
	for _, f := range l.scope.tables {
		if f == l.from || c.placed[f] {
			continue
		}
		of := target{alias: f.alias, table: c.session.tables[tableKey(f.schema, f.name)]}
		if m.isJoin && slices.ContainsFunc(m.others, of.owns) {
			return true
		}
	}
	return false
}

// group is the scope of a table, and one of its own on the right of a LEFT JOIN.
func (c *liteCollector) group(l *located) int {
	for i, s := range c.session.scopes {
		if s == l.scope && !l.from.optional {
			return i
		}
	}
	return -1 - len(c.reads)
}

// lookups are the conditions on the columns that an index finds: (author_id=? AND id>?).
func (r *read) lookups(condition string) []predicate {
	var out []predicate
	for part := range strings.SplitSeq(condition, " AND ") {
		name := strings.TrimRight(part, "=<>?")
		for _, p := range r.filter {
			m := p.on(&r.target)
			if m.use == useOrder && len(m.columns) > 0 && (sameName(m.columns[0], name) || name == "rowid" && r.table.isRowID(m.columns[0])) {
				out = append(out, p)
			}
		}
	}
	return out
}

// isByValue reports whether all that an index finds depends on a value, of which SQLite
// took the stand-in: isbn LIKE ?.
func (r *read) isByValue() bool {
	return len(r.condition) == 0 && slices.ContainsFunc(r.meanings(r.filter), func(m meaning) bool { return m.dependsOnValue() })
}

// isRowID reports whether a column is another name of the row's number.
func (t *table) isRowID(column string) bool {
	if strings.EqualFold(column, "rowid") {
		return true
	}
	for _, i := range t.indexes {
		if i.name == "INTEGER PRIMARY KEY" && sameName(i.columns[0], column) {
			return true
		}
	}
	return false
}
