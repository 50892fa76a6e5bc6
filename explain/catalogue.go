package explain

import (
	"context"
	"slices"
	"strings"
)

// table is what the catalogue knows of a table.
type table struct {
	schema, name string
	columns      map[string]string // types, by names in lower case
	indexes      []index
	view         string // its definition, of a view
}

// index is one of a table. The columns are expressions in the database's words, the first
// one in front.
type index struct {
	name, method string
	columns      []string
	unique       bool
	where        string // of a partial one
}

func (t *table) has(column string) bool {
	if t == nil {
		return false
	}
	_, ok := t.columns[strings.ToLower(column)]
	return ok
}

func (t *table) typeOf(column string) string {
	if t == nil {
		return ""
	}
	return strings.ToLower(t.columns[strings.ToLower(column)])
}

// leading returns the indexes of which a condition on a column can use the order.
func (t *table) leading(column string) []index {
	if t == nil {
		return nil
	}
	var out []index
	for _, i := range t.indexes {
		if i.leads(column) {
			out = append(out, i)
		}
	}
	return out
}

// leads reports whether an index begins with a column. One that is no b-tree has no
// order of its columns.
func (i *index) leads(column string) bool {
	if i.method == "btree" {
		return len(i.columns) > 0 && sameName(i.columns[0], column)
	}
	return slices.ContainsFunc(i.columns, func(c string) bool { return sameName(c, column) })
}

func sameName(a, b string) bool {
	return strings.EqualFold(unquote(a), unquote(b))
}

// unquote takes the quotes off a name.
func unquote(name string) string {
	if len(name) > 1 && strings.IndexByte("\"`[", name[0]) >= 0 {
		inner := name[1 : len(name)-1]
		return strings.ReplaceAll(inner, name[:1]+name[:1], name[:1])
	}
	return name
}

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
