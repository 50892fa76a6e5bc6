package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// tables judges each table by plans in which reading it whole is priced out.
func (d postgres) tables(ctx context.Context, s *session) ([]Access, error) {
	if err := d.set(ctx, s, "enable_seqscan", "off", "enable_hashjoin", "off", "enable_mergejoin", "off", "max_parallel_workers_per_gather", "0",
		"enable_partition_pruning", "off"); err != nil {
		return nil, err
	}
	ordered, err := d.reads(ctx, s)
	if err != nil || doubts(ordered) == 0 {
		return ordered, err
	}
	// An index that gives the order may be preferred to the one that finds the rows. A
	// bitmap has no order.
	if err := d.set(ctx, s, "enable_indexscan", "off", "enable_indexonlyscan", "off"); err != nil {
		return nil, err
	}
	found, err := d.reads(ctx, s)
	if err != nil {
		return nil, err
	}
	if doubts(found) > doubts(ordered) {
		found = ordered
	}
	return d.doubt(ctx, s, found)
}

// doubts weighs what is not found by an index: each plan is one that the database may
// choose, so the better one counts.
func doubts(all []Access) (n int) {
	for i := range all {
		switch {
		case all[i].Verdict.IsFault():
			n += 2
		case all[i].Verdict == Unknown:
			n++
		}
	}
	return n
}

// doubt takes the verdict back on a table that another session is changing, with an index
// that is not committed perhaps, or of which it has a temporary one of the same name.
func (postgres) doubt(ctx context.Context, s *session, all []Access) ([]Access, error) {
	for i := range all {
		a := &all[i]
		if !a.Verdict.IsFault() {
			continue
		}
		_, rows, err := s.send(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = `+regclass+` AND pid <> pg_backend_pid() AND granted
	AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')),
EXISTS (SELECT FROM pg_class WHERE relname = $2::text AND relpersistence = 't' AND relnamespace <> pg_my_temp_schema())`, a.Schema, a.Relation)
		switch {
		case err != nil:
			return nil, fmt.Errorf("reading the catalogue: %w", err)
		case isTrue(rows[0][0]):
			a.Verdict, a.Reason = Unknown, "an open transaction is changing the table: commit it, or plan in it with explain.Tx"
		case isTrue(rows[0][1]):
			a.Verdict, a.Reason = Unknown, "there is a temporary table of the same name: plan on its connection, with explain.Tx"
		}
	}
	return all, nil
}

func (d postgres) reads(ctx context.Context, s *session) ([]Access, error) {
	root, err := d.explain(ctx, s)
	if err != nil {
		return nil, err
	}
	c := &pgCollector{ctx: ctx, session: s}
	c.collect(root, joins{}, 0)
	return judgeAll(c.reads), c.err
}

// pgCollector finds the tables of a plan.
type pgCollector struct {
	ctx     context.Context
	session *session
	reads   []*read
	groups  int
	err     error
}

// joins are the conditions of the joins above a node: those in which it is read for each
// row of another one, and those in which it is the other one.
type joins struct{ inner, outer []predicate }

func (c *pgCollector) collect(n *pgNode, above joins, group int) {
	if n.Relation != "" && n.NodeType != "ModifyTable" {
		c.add(n, above, group)
	}
	condition := c.session.predicates(n.joinCondition())
	for i := range n.Plans {
		child := &n.Plans[i]
		of, in := above, group
		isInner := n.JoinType == "Inner" || n.JoinType == "Semi"
		switch {
		case child.Relationship == "Inner":
			of.inner = append(slices.Clip(of.inner), condition...)
			if !isInner {
				in = c.newGroup()
			}
		case child.Relationship == "Outer" && isInner:
			of.outer = append(slices.Clip(of.outer), condition...)
		case child.Relationship != "Outer": // a query inside of it
			of, in = joins{}, c.newGroup()
		}
		c.collect(child, of, in)
	}
}

func (n *pgNode) joinCondition() string { return first(n.JoinFilter, n.HashCond, n.MergeCond) }

func (c *pgCollector) newGroup() int {
	c.groups++
	return c.groups
}

func (c *pgCollector) add(n *pgNode, above joins, group int) {
	t, err := c.session.tableOf(c.ctx, n.Schema, n.Relation)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return
	}
	r := &read{
		target: target{alias: n.Alias, table: t, truth: true}, schema: n.Schema, relation: n.Relation, index: n.Index, group: group,
		condition: c.session.predicates(n.IndexCond), filter: append(slices.Clip(above.inner), c.session.predicates(n.Filter)...), outer: above.outer,
	}
	switch n.NodeType {
	case "Seq Scan", "Sample Scan", "Foreign Scan":
	case "Index Scan", "Index Only Scan":
		r.narrowed = r.narrows(n)
	case "Bitmap Heap Scan":
		r.narrowed = len(n.Plans) > 0 && r.bitmapNarrows(&n.Plans[0])
		r.bitmap(c.session, n.Plans)
	default: // by the place of the row
		r.narrowed = true
	}
	if !r.narrowed { // an index may be read whole for a later one of its columns
		r.filter, r.condition = append(slices.Clip(r.filter), r.condition...), nil
	}
	c.reads = append(c.reads, r)
}

// bitmap takes note of the indexes that a bitmap is made of.
func (r *read) bitmap(s *session, plans []pgNode) {
	for i := range plans {
		if !strings.HasPrefix(plans[i].NodeType, "Bitmap") {
			continue // a query in the filter
		}
		r.index = first(r.index, plans[i].Index)
		r.condition = append(r.condition, s.predicates(plans[i].IndexCond)...)
		r.bitmap(s, plans[i].Plans)
	}
}

// bitmapNarrows: with AND one index is enough, with OR each has to find rows.
func (r *read) bitmapNarrows(n *pgNode) bool {
	switch n.NodeType {
	case "BitmapAnd":
		return slices.ContainsFunc(n.Plans, func(p pgNode) bool { return r.bitmapNarrows(&p) })
	case "BitmapOr":
		return !slices.ContainsFunc(n.Plans, func(p pgNode) bool { return !r.bitmapNarrows(&p) })
	}
	return r.narrows(n)
}

// narrows reports whether an index is entered by its first column. PostgreSQL also reads
// all of an index for a condition on a later column.
func (r *read) narrows(n *pgNode) bool {
	i := r.table.index(n.Index)
	if n.IndexCond == "" {
		return i != nil && i.where != "" // the rows of a partial index are a part already
	}
	if i == nil || i.method != "btree" || len(i.columns) == 0 {
		return true
	}
	return mentions(n.IndexCond, i.columns[0])
}

// mentions reports whether an expression is in a condition, which has its columns
// qualified.
func mentions(condition, expression string) bool {
	want := tokensOf(statement.PostgreSQL, expression)
	return containsTokens(unqualified(tokensOf(statement.PostgreSQL, condition)), unqualified(want))
}

// unqualified leaves out qualifiers, casts and brackets.
func unqualified(tokens []token) []string {
	var out []string
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case i+1 < len(tokens) && tokens[i+1].is("."), t.isAny(".", "(", ")"):
		case t.is("::"):
			i++
		default:
			out = append(out, unquote(t.text))
		}
	}
	return out
}

func containsTokens(in, want []string) bool {
	for i := 0; i+len(want) <= len(in); i++ {
		if slices.EqualFunc(in[i:i+len(want)], want, strings.EqualFold) {
			return true
		}
	}
	return false
}

func (s *session) predicates(condition string) []predicate {
	return predicates(tokensOf(s.system.dialect(), condition))
}

func (postgres) table(ctx context.Context, s *session, schema, name string) (*table, error) {
	t := &table{schema: schema, name: name, columns: map[string]string{}}
	_, rows, err := s.send(ctx, `SELECT attname::text, format_type(atttypid, NULL)::text, '', '', '', '' FROM pg_attribute
WHERE attrelid = `+regclass+` AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT '', i.relname::text, m.amname::text, x.indisunique::text, coalesce(pg_get_expr(x.indpred, x.indrelid), ''),
	(SELECT string_agg(pg_get_indexdef(x.indexrelid, k, true), chr(1) ORDER BY k) FROM generate_series(1, x.indnkeyatts) AS k)
FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_am AS m ON m.oid = i.relam
WHERE x.indrelid = `+regclass+` AND x.indisvalid`, schema, name)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	for _, row := range rows {
		if column := asText(row[0]); column != "" {
			t.columns[strings.ToLower(column)] = asText(row[1])
			continue
		}
		t.indexes = append(t.indexes, index{
			name: asText(row[1]), method: asText(row[2]), unique: isTrue(row[3]), where: asText(row[4]),
			columns: strings.Split(asText(row[5]), "\x01"),
		})
	}
	return t, nil
}

// regclass is the table of the arguments schema and name.
const regclass = `(SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1::text AND c.relname = $2::text)`
