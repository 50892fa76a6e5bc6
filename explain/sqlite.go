package explain

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// sqlite is SQLite of a version.
type sqlite struct{ version string }

func (sqlite) name() string               { return "sqlite" }
func (sqlite) dialect() statement.Dialect { return statement.SQLite }

// holdsState: a database in memory, attached ones and temporary tables are the
// connection's own.
func (sqlite) holdsState(ctx context.Context, send run) bool {
	_, rows, err := send(ctx, "SELECT name, file FROM pragma_database_list")
	for _, row := range rows {
		if name := asText(row[0]); name != "main" && name != "temp" || name == "main" && asText(row[1]) == "" {
			return true
		}
	}
	temporary, tempErr := text(send(ctx, "SELECT count(*) FROM sqlite_temp_master"))
	return err != nil || tempErr != nil || temporary != "0"
}

// plan asks for a plan, for which SQLite executes nothing. It has no plan without values,
// but they matter to patterns only.
func (d sqlite) plan(ctx context.Context, s *session) (*planned, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	return d.explain(ctx, s)
}

func (sqlite) explain(ctx context.Context, s *session) (*planned, error) {
	_, rows, err := s.send(ctx, "EXPLAIN QUERY PLAN "+s.query, s.arguments()...)
	if err != nil {
		return nil, err
	}
	c := &liteCollector{ctx: ctx, session: s, found: map[string]int{}, placed: map[*from]bool{}}
	p := &planned{nodes: c.nodes(rows), text: c.text.String()}
	if c.err != nil {
		return nil, c.err
	}
	p.tables = judgeAll(c.reads)
	return p, doubtStatistics(ctx, s, p.tables)
}

// doubtStatistics takes the verdict back on an index that could be used as far as the
// catalogue tells: with statistics, SQLite may prefer to read the whole table.
func doubtStatistics(ctx context.Context, s *session, all []Access) error {
	for i := range all {
		a := &all[i]
		if a.Verdict != Unusable || !a.isServed {
			continue
		}
		known, err := text(s.send(ctx, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"))
		if err != nil {
			return err
		}
		if known != "0" {
			a.Verdict, a.Reason = Unknown, "by its statistics SQLite prefers to read all of the table to index "+a.Index
		}
	}
	return nil
}

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

// whereOf returns the condition of a partial index.
func whereOf(create string) string {
	for _, c := range clauses(tokensOf(statement.SQLite, create)) {
		if c.kind == "where" {
			return join(c.tokens)
		}
	}
	return ""
}

func (sqlite) table(ctx context.Context, s *session, schema, name string) (*table, error) {
	_, rows, err := s.send(ctx, `SELECT 'column', c.name, c.type, c.pk, m.type, m.sql, 0, m.name, '' FROM (SELECT * FROM sqlite_temp_master UNION ALL SELECT * FROM sqlite_master) AS m, pragma_table_info(m.name) AS c
WHERE lower(m.name) = lower(?) AND m.type IN ('table', 'view')
UNION ALL
SELECT 'index', i.name, x.name, i."unique", i.origin, coalesce(d.sql, ''), i.partial, ?, x.coll FROM pragma_index_list(?) AS i
JOIN pragma_index_xinfo(i.name) AS x LEFT JOIN (SELECT * FROM sqlite_temp_master UNION ALL SELECT * FROM sqlite_master) AS d ON d.type = 'index' AND d.name = i.name WHERE x.seqno = 0`, name, name, name)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	t := &table{schema: schema, name: name, columns: map[string]string{}}
	keys := 0
	var key index
	for _, row := range rows {
		if asText(row[0]) == "column" {
			t.name = asText(row[7])
			t.columns[strings.ToLower(asText(row[1]))] = asText(row[2])
			if asText(row[4]) == "view" {
				t.view = asText(row[5])
			}
			if asText(row[3]) != "0" {
				keys++
				key = index{name: "INTEGER PRIMARY KEY", method: "btree", unique: true, columns: []string{asText(row[1])}}
				if !strings.EqualFold(asText(row[2]), "INTEGER") {
					keys++ // it has an index of its own
				}
			}
			continue
		}
		i := index{name: asText(row[1]), method: "btree", unique: asText(row[3]) == "1", columns: []string{asText(row[2])}}
		if asText(row[6]) == "1" {
			i.where = whereOf(asText(row[5]))
		}
		t.indexes = append(t.indexes, i)
	}
	if keys == 1 {
		t.indexes = append(t.indexes, key)
	}
	return t, nil
}

// errOtherWriter is for a transaction of somebody else that may have made an index.
var errOtherWriter = errors.New("another connection has a transaction open that writes, with a schema of its own perhaps: end it, or plan in it with explain.Tx")

// begin begins to write at once or not at all.
func (sqlite) begin(ctx context.Context, s *session, begin string) (err error) {
	wait, err := text(s.send(ctx, "PRAGMA busy_timeout"))
	if err != nil {
		return err
	}
	if _, _, err := s.send(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	defer func() {
		_, _, restoreErr := s.send(context.WithoutCancel(ctx), "PRAGMA busy_timeout = "+wait)
		err = errors.Join(err, restoreErr)
	}()
	if _, _, err = s.send(ctx, begin); err == nil {
		return nil
	}
	if text := err.Error(); strings.Contains(text, "locked") || strings.Contains(text, "busy") || strings.Contains(text, "BUSY") {
		return errOtherWriter
	}
	return err
}

// try creates an index in a transaction that is rolled back. SQLite has one writer at a
// time: where another one is open, its schema may be another one too.
func (d sqlite) try(ctx context.Context, s *session, a *Access, c *candidate) (serves bool, how string, err error) {
	if !s.options.TryIndexes {
		return false, "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	begin, end := "BEGIN IMMEDIATE", []string{"ROLLBACK"}
	if s.within {
		begin, end = "SAVEPOINT "+trialIndex, []string{"ROLLBACK TO " + trialIndex, "RELEASE " + trialIndex}
	}
	if err := d.begin(ctx, s, begin); err != nil {
		return false, "", err
	}
	s.forget()
	defer func() {
		s.forget()
		for _, command := range end {
			_, _, endErr := s.send(context.WithoutCancel(ctx), command)
			err = errors.Join(err, endErr)
		}
	}()
	if _, _, err := s.send(ctx, c.create(s, trialIndex, s.quote(a.Relation))); err != nil {
		return false, "", fmt.Errorf("creating it: %w", err)
	}
	now, err := d.explain(ctx, s)
	if err != nil {
		return false, "", err
	}
	return a.serves(now.tables), "in a transaction that was rolled back", nil
}

func (sqlite) reading(within bool) (begin, end []string) {
	if within {
		return nil, nil
	}
	return []string{"BEGIN"}, []string{"ROLLBACK"}
}

func (sqlite) foreignKeys() string {
	return `SELECT '', m.name, f.id, f."from", f."table" FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f
WHERE m.type = 'table' ORDER BY 2, 3, f.seq`
}
