package statement

import (
	"strings"
	"testing"
)

// Equal conditions that OR joins are a list of keys, whatever stands around them.
func TestAlternatives(t *testing.T) {
	for text, want := range map[string]bool{
		"DELETE FROM t WHERE s = $1 AND (a = $2 AND b = $3 OR a = $4 AND b = $5)":                       true,
		"DELETE FROM t WHERE s = $1 AND ((a = $2 AND b = $3) OR (a = $4 AND b = $5))":                   true,
		"SELECT a FROM t WHERE a = $1 OR a = $2":                                                        true,
		"SELECT a FROM t WHERE a = $1 or a = $2 ORDER BY a LIMIT 3":                                     true,
		"SELECT a FROM t WHERE (a = 1 OR a = 2 OR a = 3)":                                               true,
		"SELECT a FROM t WHERE b = $1 OR a = $2 OR a = $3 OR c = $4":                                    true,
		`SELECT a FROM t WHERE ("x (" = $1 OR "x (" = $2)`:                                              true,
		"SELECT a FROM t WHERE a = $1 OR b = $2":                                                        false,
		"SELECT a FROM t WHERE b = $1 AND a = $2 OR a = $3":                                             false,
		"SELECT a FROM t WHERE (a = $1 OR b = $2) AND (a = $3 OR b = $4)":                               false,
		"SELECT a FROM t WHERE a OR a":                                                                  false,
		"SELECT a FROM t JOIN u ON t.x = u.x OR t.y = u.y WHERE t.x = $1":                               false,
		`SELECT a FROM t WHERE "x OR x" = $1`:                                                           false,
		"SELECT a FROM t WHERE x = $1 UNION SELECT a FROM t WHERE x = $2 OR y = $3":                     false,
		"SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE k = $1) OR EXISTS (SELECT 1 FROM v)":       false,
		"SELECT a FROM t WHERE s = $1 AND (" + strings.Repeat("(a = $2) OR ", 2000) + "(a = $3)) AND 1": true,
	} {
		if st := read(PostgreSQL, text); st.Batched != want {
			t.Errorf("%.90q: batched %v", text, st.Batched)
		}
	}
}
