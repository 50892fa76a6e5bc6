package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/querybudget/querybudget/statement"
)

// postgres is PostgreSQL of a version.
type postgres struct{ version int }

func (postgres) name() string               { return "postgresql" }
func (postgres) dialect() statement.Dialect { return statement.PostgreSQL }

// holdsState: temporary tables, locks, settings and channels belong to the session.
func (postgres) holdsState(ctx context.Context, send run) bool {
	_, rows, err := send(ctx, `SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r')
OR EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
OR EXISTS (SELECT FROM pg_settings WHERE source = 'session')
OR EXISTS (SELECT FROM pg_listening_channels())`)
	return err != nil || len(rows) == 0 || isTrue(rows[0][0])
}

// preparedName is a statement of the session, for as long as it is planned.
const preparedName = "querybudget_explain"

func (d postgres) plan(ctx context.Context, s *session) (p *planned, err error) {
	if err := d.begin(ctx, s, "READ ONLY"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.end(ctx, s)) }()
	root, err := d.explain(ctx, s)
	if errors.Is(err, errUntyped) {
		return &planned{unknown: "PostgreSQL cannot tell the type of a parameter without its value: cast it ($1::bigint), or pass the arguments"}, nil
	}
	if err != nil {
		return nil, err
	}
	if s.options.Analyze {
		if root, err = d.analyze(ctx, s, root); err != nil {
			return nil, err
		}
	}
	p = &planned{text: s.maskJSON(root.raw), nodes: []Node{root.node(s)}}
	p.tables, err = d.tables(ctx, s)
	return p, err
}

// begin opens a transaction that can write nothing, wait for nothing, and compiles
// nothing.
func (d postgres) begin(ctx context.Context, s *session, mode string) error {
	begin := "BEGIN " + mode
	if s.within {
		begin = "SAVEPOINT " + preparedName
	}
	if _, _, err := s.send(ctx, begin); err != nil {
		return err
	}
	return d.set(ctx, s, "statement_timeout", milliseconds(s.options.Timeout), "lock_timeout", milliseconds(s.options.Timeout/10),
		"jit", "off", "plan_cache_mode", "force_generic_plan")
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10)
}

// set changes settings until the end of the transaction.
func (postgres) set(ctx context.Context, s *session, pairs ...string) error {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "set_config('%s', '%s', true)", pairs[i], pairs[i+1])
	}
	_, _, err := s.send(ctx, b.String())
	return err
}

// end takes everything back, also if ctx has ended.
func (d postgres) end(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Timeout)
	defer cancel()
	commands := []string{"ROLLBACK"}
	if s.within {
		commands = []string{"ROLLBACK TO SAVEPOINT " + preparedName, "RELEASE SAVEPOINT " + preparedName}
	}
	if s.prepared { // it is no part of the transaction
		commands = append(commands, "DEALLOCATE "+preparedName)
		s.prepared = false
	}
	for _, command := range commands {
		if _, _, err := s.send(ctx, command); err != nil {
			return fmt.Errorf("taking the plan back: %w", err)
		}
	}
	return nil
}

// pgNode is a node of a plan as PostgreSQL tells it.
type pgNode struct {
	raw any

	NodeType     string   `json:"Node Type"`
	Relationship string   `json:"Parent Relationship"`
	JoinType     string   `json:"Join Type"`
	Schema       string   `json:"Schema"`
	Relation     string   `json:"Relation Name"`
	Alias        string   `json:"Alias"`
	Index        string   `json:"Index Name"`
	IndexCond    string   `json:"Index Cond"`
	TidCond      string   `json:"TID Cond"`
	Recheck      string   `json:"Recheck Cond"`
	Filter       string   `json:"Filter"`
	JoinFilter   string   `json:"Join Filter"`
	HashCond     string   `json:"Hash Cond"`
	MergeCond    string   `json:"Merge Cond"`
	SortKey      []string `json:"Sort Key"`
	Rows         float64  `json:"Plan Rows"`
	Cost         float64  `json:"Total Cost"`
	Actual       *float64 `json:"Actual Rows"`
	Loops        float64  `json:"Actual Loops"`
	Removed      *float64 `json:"Rows Removed by Filter"`
	Plans        []pgNode `json:"Plans"`
}

// explain asks for the plan under the settings of now.
func (d postgres) explain(ctx context.Context, s *session) (*pgNode, error) {
	const explain = "EXPLAIN (FORMAT JSON, VERBOSE) "
	if len(s.args) > 0 || s.params == 0 {
		return d.read(s.send(ctx, explain+s.query, s.args...))
	}
	if d.version < 12 {
		return nil, errors.New("PostgreSQL before version 12 makes no plan without values: pass the arguments")
	}
	if err := d.prepare(ctx, s); err != nil {
		return nil, err
	}
	return d.read(s.send(ctx, explain+"EXECUTE "+preparedName+" ("+strings.TrimSuffix(strings.Repeat("NULL, ", s.params), ", ")+")"))
}

// errUntyped is for a parameter whose type nothing tells, as in $1 IS NULL.
var errUntyped = errors.New("the type of a parameter is not known")

// prepare makes a statement of the session. A generic plan is kept with it, so that each
// change of settings needs a new one.
func (postgres) prepare(ctx context.Context, s *session) error {
	if s.prepared {
		if _, _, err := s.send(ctx, "DEALLOCATE "+preparedName); err != nil {
			return err
		}
	}
	s.prepared = false
	if _, _, err := s.send(ctx, "PREPARE "+preparedName+" AS "+s.query); err != nil {
		if text := err.Error(); strings.Contains(text, "42P18") || strings.Contains(text, "could not determine data type") {
			return errUntyped
		}
		return fmt.Errorf("preparing it without values (with the arguments it may work): %w", err)
	}
	s.prepared = true
	return nil
}

func (postgres) read(_ []string, rows [][]any, err error) (*pgNode, error) {
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(planText(row))
	}
	var out []struct{ Plan pgNode }
	var raw any
	if err := errors.Join(json.Unmarshal([]byte(b.String()), &out), json.Unmarshal([]byte(b.String()), &raw)); err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	if len(out) != 1 {
		return nil, fmt.Errorf("reading the plan: %d plans in place of 1", len(out))
	}
	out[0].Plan.raw = raw
	return &out[0].Plan, nil
}

// planText is the value of a row with a plan: drivers hand JSON out as text or decoded.
func planText(row []any) string {
	if len(row) == 0 {
		return ""
	}
	switch v := row[0].(type) {
	case string, []byte:
		return asText(v)
	default:
		out, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(out)
	}
}

// analyze executes a read whose estimated cost is not above the ceiling.
func (d postgres) analyze(ctx context.Context, s *session, estimated *pgNode) (*pgNode, error) {
	if estimated.Cost > s.options.MaxCost {
		return nil, fmt.Errorf("%w: analysing it would cost %.0f by the plan, above the ceiling of %.0f", ErrRefused, estimated.Cost, s.options.MaxCost)
	}
	if s.params > 0 && len(s.args) == 0 {
		return nil, fmt.Errorf("%w: analysing it needs its arguments", ErrRefused)
	}
	return d.read(s.send(ctx, "EXPLAIN (FORMAT JSON, VERBOSE, ANALYZE, TIMING off) "+s.query, s.args...))
}

// node makes a neutral node.
func (n *pgNode) node(s *session) Node {
	out := Node{
		Operation: n.NodeType, Schema: n.Schema, Relation: n.Relation, Alias: n.Alias, Index: n.Index,
		Condition: s.mask(first(n.IndexCond, n.TidCond, n.HashCond, n.MergeCond)), Filter: s.mask(first(n.Filter, n.JoinFilter)),
		Rows: n.Rows, Cost: n.Cost, ActualRows: -1, Loops: -1, Removed: -1,
	}
	if n.Actual != nil {
		out.ActualRows, out.Loops, out.Removed = *n.Actual, n.Loops, 0
	}
	if n.Removed != nil { // the mean of its loops
		out.Removed = *n.Removed * n.Loops
	}
	for i := range n.Plans {
		out.Children = append(out.Children, n.Plans[i].node(s))
	}
	return out
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

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

func tableKey(schema, name string) string { return schema + "\x00" + name }

// tableOf asks the catalogue once.
func (s *session) tableOf(ctx context.Context, schema, name string) (*table, error) {
	key := tableKey(schema, name)
	if t, ok := s.tables[key]; ok {
		return t, nil
	}
	t, err := s.system.table(ctx, s, schema, name)
	if err == nil {
		s.tables[key] = t
	}
	return t, err
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

// index returns an index by its name.
func (t *table) index(name string) *index {
	if t == nil {
		return nil
	}
	for i := range t.indexes {
		if t.indexes[i].name == name {
			return &t.indexes[i]
		}
	}
	return nil
}

func (postgres) reading(within bool) (begin, end []string) {
	limit := "SET LOCAL statement_timeout = '10s'"
	if within {
		return []string{"SAVEPOINT " + preparedName, limit}, []string{"ROLLBACK TO SAVEPOINT " + preparedName, "RELEASE SAVEPOINT " + preparedName}
	}
	return []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", limit}, []string{"ROLLBACK"}
}

func (postgres) foreignKeys() string {
	return `SELECT n.nspname::text, t.relname::text, k.conname::text, a.attname::text, r.relname::text
FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS r ON r.oid = k.confrelid CROSS JOIN unnest(k.conkey) WITH ORDINALITY AS c (number, place)
JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = c.number
WHERE k.contype = 'f' AND pg_table_is_visible(k.conrelid) ORDER BY 1, 2, 3, c.place`
}
