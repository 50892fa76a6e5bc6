package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// mysql is MySQL, or MariaDB, which has a system of settings of its own.
type mysql struct{ mariadb bool }

func (d mysql) name() string {
	if d.mariadb {
		return "mariadb"
	}
	return "mysql"
}

func (mysql) dialect() statement.Dialect { return statement.MySQL }

// holdsState: MariaDB counts the temporary tables that a session made. Others are not
// known of.
func (d mysql) holdsState(ctx context.Context, send run) bool {
	if !d.mariadb {
		return false
	}
	_, rows, err := send(ctx, "SHOW SESSION STATUS LIKE 'Com_create_temporary_table'")
	return err != nil || len(rows) != 1 || len(rows[0]) != 2 || asText(rows[0][1]) != "0"
}

func (d mysql) plan(ctx context.Context, s *session) (p *planned, err error) {
	if err := d.refuse(s); err != nil {
		return nil, err
	}
	if err := d.begin(ctx, s); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.end(ctx, s)) }()
	raw, err := d.ask(ctx, s)
	if err != nil {
		return nil, err
	}
	c := &myCollector{ctx: ctx, session: s}
	p = &planned{text: s.maskJSON(raw), nodes: c.collect(raw)}
	if err := c.byText(len(s.args) > 0); err != nil {
		return nil, err
	}
	p.tables = judgeAll(c.reads)
	if message := c.nothing(); message != "" {
		err = d.withoutRows(ctx, s, p, message)
	}
	return p, errors.Join(err, c.err)
}

// refuse: this optimizer executes what it takes for a constant, a derived table of one row
// for instance, with the functions in it.
func (mysql) refuse(s *session) error {
	if s.facts.Verb == "SELECT" && s.facts.Kind != statement.Read {
		return fmt.Errorf("%w: it calls a function that this optimizer might execute while it plans", ErrRefused)
	}
	return nil
}

// begin opens a transaction that can write nothing. In such a one MariaDB refuses to
// explain a write.
func (d mysql) begin(ctx context.Context, s *session) error {
	if s.within {
		return nil // what is sent changes nothing
	}
	begin := "START TRANSACTION READ ONLY"
	if s.facts.Kind != statement.Read || s.facts.Locks {
		begin = "START TRANSACTION READ WRITE"
	}
	_, _, err := s.send(ctx, begin)
	return err
}

func (d mysql) end(ctx context.Context, s *session) error {
	if s.within {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Timeout)
	defer cancel()
	if _, _, err := s.send(ctx, "ROLLBACK"); err != nil {
		return fmt.Errorf("taking the plan back: %w", err)
	}
	return nil
}

// limited is what stands before a statement on MariaDB, so that it takes and waits no longer
// than it may.
func (s *session) limited() string {
	if s.system.name() != "mariadb" {
		return ""
	}
	return fmt.Sprintf("SET STATEMENT max_statement_time=%g, lock_wait_timeout=1 FOR ", s.options.Timeout.Seconds())
}

// explain asks for the plan. MariaDB limits the time of one statement; on MySQL the
// context does.
func (d mysql) explain(ctx context.Context, s *session, args []any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*s.options.Timeout)
	defer cancel()
	query := "EXPLAIN FORMAT=JSON " + s.query
	answer, err := text(s.send(ctx, s.limited()+query, args...))
	if err != nil {
		return nil, err
	}
	var raw any
	if err := json.Unmarshal([]byte(answer), &raw); err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	return raw, nil
}

// nothing returns why the optimizer planned nothing, empty if it did: it looks rows up by
// unique keys before it plans the rest.
func (c *myCollector) nothing() string {
	for _, m := range c.messages {
		if strings.HasPrefix(m, "Impossible") || strings.Contains(m, "no matching row") {
			return m
		}
	}
	return ""
}

// withoutRows is the verdict on a statement of which a row was looked up and not found.
// Where it reads one table, it did so by a unique key.
func (mysql) withoutRows(ctx context.Context, s *session, p *planned, message string) error {
	all, err := s.readScopes(ctx)
	if err != nil {
		return err
	}
	if len(all) == 1 && len(all[0].tables) == 1 && all[0].tables[0].inner == nil && strings.Contains(message, "const table") {
		f := all[0].tables[0]
		t, err := s.tableOf(ctx, f.schema, f.name)
		if t != nil {
			p.tables = []Access{{Schema: t.schema, Relation: t.name, Alias: f.alias, Verdict: Indexed}}
			return err
		}
	}
	p.unknown = "a row was looked up by its key and not found, and nothing is planned then: add rows, or pass the arguments of some"
	return nil
}

func (mysql) reading(within bool) (begin, end []string) {
	if within {
		return nil, nil
	}
	return []string{"START TRANSACTION READ ONLY"}, []string{"ROLLBACK"}
}

func (mysql) foreignKeys() string {
	return `SELECT table_schema, table_name, constraint_name, column_name, referenced_table_name FROM information_schema.key_column_usage
WHERE table_schema = database() AND referenced_table_name IS NOT NULL ORDER BY 1, 2, 3, ordinal_position`
}
