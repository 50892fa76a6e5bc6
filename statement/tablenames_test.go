package statement

import (
	"slices"
	"testing"
)

// PostgreSQL takes many a keyword for the name of a table.
func TestTablesCalledLikeKeywords(t *testing.T) {
	read := NewReader("", NewHasher(), 100)
	for text, want := range map[string][]string{
		"SELECT title FROM update":                                                {"update"},
		"SELECT u.title FROM update u WHERE u.user_id = 3":                        {"update"},
		"SELECT slot FROM insert WHERE user_id = 3":                               {"insert"},
		"SELECT 1 FROM grants g JOIN update u ON u.id = g.id":                     {"grants", "update"},
		"SELECT 1 FROM grants g, insert WHERE g.id = 1":                           {"grants", "insert"},
		"SELECT 1 FROM delete d, merge, call, replace, index, key":                {"delete", "merge", "call", "replace", "index", "key"},
		"SELECT a FROM t FOR UPDATE":                                              {"t"},
		"SELECT a FROM t JOIN u USING (id) FOR UPDATE OF t":                       {"t", "u"},
		"DELETE FROM insert WHERE id = 1":                                         {"insert"},
		"INSERT INTO update (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1": {"update"},
		"UPDATE update SET a = 1":                                                 {"update"},
		"WITH x AS (SELECT 1) UPDATE t SET a = 1":                                 {"t"},
		"SELECT a FROM (SELECT 1) x, LATERAL (SELECT b FROM filter) y":            {"filter"},
	} {
		if got := read.Read(text); !slices.Equal(got.Tables, want) {
			t.Errorf("%s: %v, and not %v", text, got.Tables, want)
		}
	}
}
