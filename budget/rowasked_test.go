package budget

import (
	"strings"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// Two reads of many columns ask for one row, though their shapes have no room for all columns.
func TestRowOfCutShapes(t *testing.T) {
	r := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 200)
	columns := strings.Repeat("clients.a_long_name, ", 30) + "clients.id"
	row := func(end string) rowAsked {
		asked, ok := rowOfRead(r.Read("SELECT " + columns + end))
		if !ok {
			t.Fatalf("%s: not read", end)
		}
		return asked
	}
	one, other := row(" FROM clients AS clients WHERE id = $1 AND nid = $2 LIMIT 1"), row(" FROM clients AS clients WHERE nid = $1 AND id = $2 ORDER BY id LIMIT 1")
	if one != other || one.from == "" {
		t.Errorf("%+v and %+v", one, other)
	}
	if more := row(" FROM clients WHERE id = $1 AND nid = $2 AND deleted_at IS NULL LIMIT 1"); more.from == one.from {
		t.Errorf("another row: %+v", more)
	}
	if s, ok := parseSelect(r.Read("SELECT " + columns + " FROM clients WHERE id = $1").Shape); ok {
		t.Errorf("a statement would be proposed: %+v", s)
	}
}
