package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// myCollector finds the tables in a plan of JSON. MySQL and MariaDB nest them in different
// ways, but describe each in the same words.
type myCollector struct {
	ctx      context.Context
	session  *session
	reads    []*read
	groups   int
	messages []string
	err      error
}

// collect looks through a value for tables.
func (c *myCollector) collect(value any) []Node {
	return c.value(value, 0, "")
}

func (c *myCollector) value(value any, group int, joined string) []Node {
	switch v := value.(type) {
	case []any:
		var out []Node
		for _, inner := range v {
			out = append(out, c.value(inner, group, joined)...)
		}
		return out
	case map[string]any:
		return c.object(v, group, joined)
	}
	return nil
}

func (c *myCollector) object(v map[string]any, group int, joined string) []Node {
	if message, ok := v["message"].(string); ok {
		c.messages = append(c.messages, message)
	}
	if _, ok := v["table_name"].(string); ok {
		return []Node{c.table(v, group, joined)}
	}
	if _, ok := v["buffer_type"]; ok { // a join with a buffer has the condition outside
		joined, _ = v["attached_condition"].(string)
	}
	var out []Node
	for _, key := range sortedKeys(v) {
		in := group
		if key == "query_block" {
			c.groups++
			in = c.groups
		}
		inside := c.value(v[key], in, joined)
		if key == "filesort" || key == "temporary_table" {
			inside = []Node{{Operation: key, Rows: -1, ActualRows: -1, Loops: -1, Removed: -1, Children: inside}}
		}
		out = append(out, inside...)
	}
	return out
}

// sortedKeys puts the parts of a plan in an order that does not change.
func sortedKeys(v map[string]any) []string {
	out := make([]string, 0, len(v))
	for key := range v {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// narrowing are the ways to read a part of a table by an index.
var narrowing = []string{
	"const", "system", "eq_ref", "ref", "ref_or_null", "range", "index_merge", "unique_subquery", "index_subquery", "fulltext",
}

func (c *myCollector) table(v map[string]any, group int, joined string) Node {
	word := func(key string) string { s, _ := v[key].(string); return s }
	number := func(key string) float64 {
		if n, ok := v[key].(float64); ok {
			return n
		}
		return -1
	}
	alias := word("table_name")
	condition := andAlso(word("attached_condition"), joined)
	n := Node{
		Operation: word("access_type"), Alias: alias, Relation: alias, Index: word("key"),
		Condition: c.session.mask(plainCondition(word("index_condition"))), Filter: c.session.mask(plainCondition(condition)),
		Rows: max(number("rows"), number("rows_examined_per_scan")), ActualRows: -1, Loops: -1, Removed: -1,
	}
	if !strings.HasPrefix(alias, "<") && n.Operation != "" {
		c.read(v, &n, andAlso(condition, word("index_condition")), group)
	}
	before := len(c.reads)
	for _, key := range sortedKeys(v) {
		n.Children = append(n.Children, c.value(v[key], group, "")...)
	}
	if _, ok := v["materialized"]; ok && strings.HasPrefix(alias, "<subquery") {
		c.materialized(c.reads[before:], words(v["used_key_parts"]))
	}
	return n
}

func andAlso(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "" || a == b:
		return a
	}
	return "(" + a + ") and (" + b + ")"
}

// plainCondition takes off what the optimizer writes around conditions.
func plainCondition(condition string) string {
	return strings.NewReplacer("<cache>", "", "trigcond", "", "<in_optimizer>", "in_optimizer", "<expr_cache>", "", "<if>", "", "<is_not_null_test>", "").Replace(condition)
}

// read takes note of how a table is read.
func (c *myCollector) read(v map[string]any, n *Node, condition string, group int) {
	t, err := c.tableOf(n.Alias)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	if t == nil {
		c.reads = append(c.reads, &read{relation: n.Alias, target: target{alias: n.Alias}, unknown: notTold(n.Alias)})
		return
	}
	if strings.Contains(condition, "trigcond") {
		c.groups++
		group = c.groups // of an outer join
	}
	r := &read{
		target: target{alias: n.Alias, table: t, possible: words(v["possible_keys"])}, schema: t.schema, relation: t.name, index: n.Index, group: group,
		filter: predicates(withParameters(tokensOf(statement.MySQL, plainCondition(condition)))), condition: c.lookups(v, n.Alias),
	}
	n.Schema, n.Relation = t.schema, t.name
	r.narrowed = slices.Contains(narrowing, n.Operation)
	if !r.narrowed {
		r.couldLookUp()
	}
	c.reads = append(c.reads, r)
}

// couldLookUp is for a table that is read whole because it is small: the optimizer says that
// it could look its rows up by those of another table.
func (r *read) couldLookUp() {
	for _, p := range r.filter {
		m := p.on(&r.target)
		if i, ok := r.leadingOf(m); ok && m.isJoin && slices.Contains(r.possible, i.name) {
			r.narrowed, r.condition = true, append(r.condition, p)
		}
	}
}

// leadingOf returns an index that begins with the column of a plain comparison.
func (r *read) leadingOf(m meaning) (index, bool) {
	if m.use != useOrder || len(m.columns) == 0 {
		return index{}, false
	}
	return r.leading(m.columns[0], nil)
}

// byText adds what the plan does not tell and the text does: conditions that depend on a
// value, where a stand-in made one plan of several, and those of a query that is executed
// once and then looked up.
func (c *myCollector) byText(hasValues bool) error {
	for _, r := range c.reads {
		found, err := c.session.locate(c.ctx, r.alias)
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0].table == nil || found[0].scope.unread {
			continue
		}
		for _, p := range found[0].conditions(c.session.scopes) {
			switch m := p.on(&r.target); {
			case m.dependsOnValue() && !hasValues:
				r.takeBack(p, m)
			case !r.narrowed && m.use == useOrder && m.isJoin && found[0].isOutside(&p, &r.target):
				r.filter = append(r.filter, p)
				r.possible = append(r.possible, namesOf(r.table.leading(m.columns[0]))...)
			}
		}
	}
	return nil
}

// takeBack puts a predicate of the text in the place of what a plan with stand-ins made of
// it.
func (r *read) takeBack(p predicate, m meaning) {
	of := m.allColumns()
	isOf := func(q predicate) bool {
		m := q.on(&r.target)
		columns := m.allColumns()
		return len(columns) > 0 && !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(of, c) })
	}
	r.filter = append(slices.DeleteFunc(r.filter, isOf), p)
	if r.narrowed && len(r.condition) > 0 && isOf(r.condition[0]) {
		r.narrowed, r.condition = false, nil
	}
}

// tableOf returns the table that the plan calls by an alias, which may be one of a view's.
func (c *myCollector) tableOf(alias string) (*table, error) {
	found, err := c.session.locate(c.ctx, alias)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 && found[0].table != nil {
		return found[0].table, nil
	}
	return c.session.tableOf(c.ctx, "", alias)
}

// table asks the catalogue. A schema is what MySQL calls a database. Both names are given as
// they are: for anything else the server opens all tables of all databases.
func (mysql) table(ctx context.Context, s *session, schema, name string) (*table, error) {
	if schema == "" {
		var err error
		if schema, err = s.currentDatabase(ctx); err != nil {
			return nil, err
		}
	}
	_, rows, err := s.send(ctx, `SELECT table_schema, column_name, data_type, '', '', '', '' FROM information_schema.columns
WHERE table_schema = ? AND table_name = ?
UNION ALL
SELECT table_schema, '', '', '', '', '', view_definition FROM information_schema.views WHERE table_schema = ? AND table_name = ?
UNION ALL
SELECT table_schema, '', index_type, index_name, column_name, non_unique, '' FROM information_schema.statistics
WHERE table_schema = ? AND table_name = ? AND seq_in_index = 1`, schema, name, schema, name, schema, name)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	t := &table{schema: asText(rows[0][0]), name: name, columns: map[string]string{}}
	for _, row := range rows {
		if view := asText(row[6]); view != "" {
			t.view = view
			continue
		}
		if column := asText(row[1]); column != "" {
			t.columns[strings.ToLower(column)] = asText(row[2])
			continue
		}
		t.indexes = append(t.indexes, index{
			name: asText(row[3]), method: strings.ToLower(asText(row[2])), unique: asText(row[5]) == "0",
			columns: []string{asText(row[4])},
		})
	}
	return t, nil
}

// materialized is for IN and EXISTS whose query is executed once and its result looked up:
// the columns that are looked up narrow the tables of the query, if an index has them.
func (c *myCollector) materialized(inside []*read, columns []string) {
	for _, r := range inside {
		for _, name := range columns {
			p := predicate{operator: "=", text: name}
			p.left = operand{bare: true, columns: []column{{r.alias, name}}}
			p.right = operand{columns: []column{{"", "outside"}}}
			if r.table.has(name) && !r.narrowed {
				r.filter = append(r.filter, p)
				r.possible = append(r.possible, namesOf(r.table.leading(name))...)
			}
		}
	}
}

func namesOf(all []index) []string {
	out := make([]string, len(all))
	for i := range all {
		out[i] = all[i].name
	}
	return out
}

func words(value any) []string {
	all, _ := value.([]any)
	out := make([]string, len(all))
	for i := range all {
		out[i] = asText(all[i])
	}
	return out
}

// currentDatabase is where a name without a schema is looked for.
func (s *session) currentDatabase(ctx context.Context) (name string, err error) {
	if s.database == "" {
		s.database, err = text(s.send(ctx, "SELECT database()"))
	}
	return s.database, err
}

// lookups writes what an index looks up as conditions: its columns, and what they equal.
func (c *myCollector) lookups(v map[string]any, alias string) []predicate {
	refs := words(v["ref"])
	var out []predicate
	for i, part := range words(v["used_key_parts"]) {
		ref := "0" // a constant, or a range
		if i < len(refs) && strings.Contains(refs[i], ".") {
			ref = refs[i]
		}
		out = append(out, c.session.predicates(alias+"."+quoteMySQL(part)+" = "+ref)...)
	}
	return out
}

func quoteMySQL(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
