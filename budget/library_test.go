package budget

import (
	"strings"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// GORM's Create and Save write what a model has loaded: an upsert of the same row each time, or
// of rows that are there.
func TestGORMWritesWhatIsThere(t *testing.T) {
	gorm := libraryOf("gorm.io/gorm/callbacks")
	for _, test := range []struct {
		queries, distinct, changed int64
		isThere                    bool
	}{{6, 6, 0, true}, {6, 6, 6, false}, {6, 1, 6, true}} {
		g := &Group{Statement: &statement.Statement{Verb: "INSERT", Upserts: true}}
		g.Queries, g.Distinct, g.RowsAffected = test.queries, test.distinct, test.changed
		if got := gorm.write(g); strings.Contains(got, "Omit") != test.isThere {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
