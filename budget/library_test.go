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
		if got := gorm.write(g, "id"); strings.Contains(got, "Omit") != test.isThere {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

// What a library calls a list of keys, with the rows of a query and without, and in writes.
func TestWordsOfLibraries(t *testing.T) {
	gorm, bun, xorm := libraryOf("gorm.io/gorm"), libraryOf("github.com/uptrace/bun"), libraryOf("xorm.io/xorm")
	of := func(verb string) *Group { return &Group{Statement: &statement.Statement{Verb: verb}} }
	for _, test := range []struct{ got, want string }{
		{gorm.read("books.author_id", true), `Preload or Joins on the query of the rows, or Where("author_id IN ?", keys)`},
		{gorm.read("author_id", false), `Where("author_id IN ?", keys), or Preload or Joins on the query of the rows, if there is one`},
		{gorm.read("", false), "Preload or Joins on the query of the rows"},
		{xorm.read("", true), ""},
		{xorm.read("id", true), `In("id", keys)`},
		{gorm.write(of("UPDATE"), "id"), `one UPDATE for all: Where("id IN ?", keys) for one value, CASE for several`},
		{bun.write(of("DELETE"), "id"), `one DELETE with a list of keys: Where("id IN (?)", bun.List(keys)), bun.In before v1.3`},
		{bun.write(of("DELETE"), ""), ""},
		{bun.write(of("INSERT"), ""), "NewInsert with a slice as its model"},
		{library{}.write(of("UPDATE"), "id"), ""},
	} {
		if test.got != test.want {
			t.Errorf("%q, and not %q", test.got, test.want)
		}
	}
}

// Where no SQL is right for sure, the words say what a list of keys takes.
func TestWordsOfLists(t *testing.T) {
	for shape, want := range map[string]string{
		"SELECT n FROM rooms WHERE NOT (a = ? OR b < ?) AND hotel_id = ?":                                    "JOIN or a list of keys",
		"SELECT kind FROM rooms WHERE (a = ? OR hotel_id = ?) GROUP BY kind":                                 "GROUP BY hotel_id",
		"SELECT COALESCE(SUM(CASE WHEN s IN (?) THEN ? ELSE a END), ?) FROM invoices WHERE hotel_id = ?":     "GROUP BY hotel_id",
		"SELECT n, ROW_NUMBER() OVER (ORDER BY price) AS place FROM rooms WHERE hotel_id = ?":                "PARTITION BY hotel_id",
		"SELECT id FROM reviews WHERE hotel_id = ? ORDER BY day DESC FETCH FIRST ? ROWS ONLY":                "row_number, or LATERAL",
		"SELECT id, count FROM reviews WHERE (hotel_id = ? OR hotel_id IS NULL) AND (SELECT ? FROM max) > ?": "JOIN or a list of keys",
	} {
		if got := (&batchedAdvice{key: "hotel_id", isAlone: true}).form(shape, "postgresql"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", shape, got)
		}
	}
}
