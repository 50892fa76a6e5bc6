package corpus

import "strings"

// tableOfRows is a table of a service, with its rows.
type tableOfRows struct {
	columns string
	keys    string // beside the columns
	n       int
	row     func(i int) string // without the key that the database makes
}

// tablesOf makes the tables that are named, with their rows.
func tablesOf(tables map[string]tableOfRows, names string) (out []string) {
	for name := range strings.FieldsSeq(names) {
		t, is := tables[name]
		if !is {
			panic("no table " + name)
		}
		columns := t.columns
		if t.keys != "" {
			columns += ", " + t.keys
		}
		out = append(out, "CREATE TABLE "+name+" ("+columns+")")
		var set, rows []string
		for column := range strings.SplitSeq(t.columns, ", ") {
			if !strings.Contains(column, "{auto}") {
				set = append(set, strings.Fields(column)[0])
			}
		}
		for i := range t.n {
			rows = append(rows, "("+t.row(i+1)+")")
		}
		if t.n > 0 {
			out = append(out, "INSERT INTO "+name+" ("+strings.Join(set, ", ")+") VALUES "+strings.Join(rows, ", "))
		}
	}
	return out
}
