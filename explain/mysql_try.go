package explain

import (
	"context"
	"errors"
	"fmt"
)

// trialRows are the rows of the copy on which an index is tried: of an empty table the
// optimizer plans nothing.
const trialRows = 100

// try makes a temporary copy of the table, under its name, which hides the table from this
// session and from no other: a definition commits here, and cannot be rolled back.
func (d mysql) try(ctx context.Context, s *session, a *Access, c *candidate) (o outcome, err error) {
	if !s.options.TryIndexes || s.within {
		return o, nil
	}
	table := quoteMySQL(a.Schema) + "." + quoteMySQL(a.Relation)
	copied := quoteMySQL(a.Schema) + "." + trialIndex
	commands := []string{
		"CREATE TEMPORARY TABLE " + copied + " LIKE " + table,
		fmt.Sprintf("INSERT INTO %s SELECT * FROM %s LIMIT %d", copied, table, trialRows),
		"ALTER TABLE " + copied + " RENAME TO " + table,
		c.create(s, trialIndex, table),
	}
	defer func() {
		for _, name := range []string{copied, table} {
			_, _, dropErr := s.send(context.WithoutCancel(ctx), "DROP TEMPORARY TABLE IF EXISTS "+name)
			err = errors.Join(err, dropErr)
		}
	}()
	for _, command := range commands {
		if _, _, err := s.send(ctx, command); err != nil {
			return o, fmt.Errorf("on a temporary copy: %w", err)
		}
	}
	now, sorts, err := d.withIndex(ctx, s, a, c)
	return outcome{serves: a.serves(now), how: "on a temporary copy", sorts: sorts}, err
}

// withIndex plans on the copy. The catalogue knows no temporary tables: what it knows of
// the table is taken, with the index.
func (d mysql) withIndex(ctx context.Context, s *session, a *Access, c *candidate) (all []Access, sorts bool, err error) {
	for _, t := range s.tables {
		if t != nil && t.name == a.Relation {
			t.indexes = append(t.indexes, index{name: trialIndex, method: "btree", columns: c.parts[:1]})
			defer func() { t.indexes = t.indexes[:len(t.indexes)-1] }()
		}
	}
	raw, err := d.ask(ctx, s)
	if err != nil {
		return nil, false, err
	}
	collector := &myCollector{ctx: ctx, session: s}
	nodes := collector.collect(raw)
	return judgeAll(collector.reads), sortsAll(nodes), collector.err
}

// ask makes a plan outside of a transaction.
func (d mysql) ask(ctx context.Context, s *session) (any, error) {
	args, err := s.existing(ctx)
	if err != nil {
		return nil, err
	}
	return d.explain(ctx, s, args)
}
