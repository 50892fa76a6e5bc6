package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// ForeignKey is a foreign key whose columns no index begins with: each DELETE and change of
// a key in the table that it references reads all of its own, and so does a join back.
type ForeignKey struct {
	Schema, Table string
	Columns       []string
	References    string
	// SQL creates an index for it.
	SQL string
}

// String says it in a sentence.
func (k ForeignKey) String() string {
	return fmt.Sprintf("a DELETE from %s reads all of %s: no index begins with %s; %s", k.References, k.Table, list(k.Columns, "or"), k.SQL)
}

// ForeignKeys returns the foreign keys without an index, from the catalogue: on PostgreSQL
// those of the tables that the search path sees, on MariaDB and MySQL, which make such an
// index by themselves, those of the current database. It looks at no statement.
func ForeignKeys(ctx context.Context, p Planner) ([]ForeignKey, error) {
	if p == nil {
		return nil, errors.New("explain: ForeignKeys without a Planner: use explain.SQL")
	}
	var out []ForeignKey
	ctx = budget.Without(ctx)
	err := p.Session(ctx, func(send run) error {
		s, err := Options{}.newSession(ctx, p, send)
		if err == nil {
			out, err = s.foreignKeys(ctx)
		}
		return err
	})
	return out, err
}

func (s *session) foreignKeys(ctx context.Context) ([]ForeignKey, error) {
	// Schema, table, its name for the key, column, referenced table; in the order of columns.
	_, rows, err := s.send(ctx, s.system.foreignKeys())
	if err != nil {
		return nil, fmt.Errorf("explain: reading the catalogue: %w", err)
	}
	var all []ForeignKey
	last := ""
	for _, row := range rows {
		if len(row) != 5 {
			return nil, fmt.Errorf("explain: reading the catalogue: %d columns", len(row))
		}
		key := asText(row[0]) + "\x00" + asText(row[1]) + "\x00" + asText(row[2])
		if key != last {
			all = append(all, ForeignKey{Schema: asText(row[0]), Table: asText(row[1]), References: asText(row[4])})
		}
		last = key
		k := &all[len(all)-1]
		k.Columns = append(k.Columns, asText(row[3]))
	}
	var out []ForeignKey
	for _, k := range all {
		isServed, err := s.isServed(ctx, &k)
		if err != nil {
			return nil, err
		}
		if !isServed {
			k.SQL = s.indexFor(&k)
			out = append(out, k)
		}
	}
	return out, nil
}

// isServed reports whether an index of all rows begins with one of a key's columns.
func (s *session) isServed(ctx context.Context, k *ForeignKey) (bool, error) {
	t, err := s.tableOf(ctx, k.Schema, k.Table)
	if err != nil {
		return false, err
	}
	for _, c := range k.Columns {
		for _, i := range t.leading(c) {
			if i.where == "" {
				return true, nil
			}
		}
	}
	return false, nil
}

func (s *session) indexFor(k *ForeignKey) string {
	c := candidate{table: k.Table}
	for _, column := range k.Columns {
		c.parts = append(c.parts, s.quote(column))
	}
	name := ""
	if s.system.name() != "postgresql" {
		name = k.Table + "_" + strings.Join(k.Columns, "_")
	}
	return c.create(s, name, s.quote(k.Table))
}
