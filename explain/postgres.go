package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
