package explain

import (
	"context"
	"errors"
	"fmt"
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
func (d sqlite) try(ctx context.Context, s *session, a *Access, c *candidate) (o outcome, err error) {
	if !s.options.TryIndexes {
		return o, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	begin, end := "BEGIN IMMEDIATE", []string{"ROLLBACK"}
	if s.within {
		begin, end = "SAVEPOINT "+trialIndex, []string{"ROLLBACK TO " + trialIndex, "RELEASE " + trialIndex}
	}
	if err := d.begin(ctx, s, begin); err != nil {
		return o, err
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
		return o, fmt.Errorf("creating it: %w", err)
	}
	now, err := d.explain(ctx, s)
	if err != nil {
		return o, err
	}
	return outcome{serves: a.serves(now.tables), how: "in a transaction that was rolled back", sorts: sortsAll(now.nodes)}, nil
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
