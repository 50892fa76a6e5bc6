package statement

import (
	"strings"
	"testing"
)

// Equal conditions that OR joins are a list of keys, whatever stands around them.
func TestAlternatives(t *testing.T) {
	for text, want := range map[string]bool{
		"DELETE FROM t WHERE s = $1 AND (a = $2 AND b = $3 OR a = $4 AND b = $5 OR a = $6 AND b = $7)":       true,
		"DELETE FROM t WHERE s = $1 AND ((a = $2 AND b = $3) OR (a = $4 AND b = $5) OR (a = $6 AND b = $7))": true,
		"SELECT a FROM t WHERE a = $1 OR a = $2 OR a = $3":                                                   true,
		"SELECT a FROM t WHERE a = $1 or a = $2 or a = $3 OR a = $4 ORDER BY a LIMIT 3":                      true,
		"SELECT a FROM t WHERE b = $1 OR a = $2 OR a = $3 OR a = $4 OR c = $4":                               true,
		`SELECT a FROM t WHERE ("x (" = $1 OR "x (" = $2 OR "x (" = $3)`:                                     true,
		"SELECT a FROM t WHERE a = $1 AND b = $2 OR a = $2 AND b = $1":                                       false,
		"SELECT a FROM t WHERE a ILIKE $1 OR a ILIKE $2 OR a ILIKE $3":                                       false,
		"UPDATE t SET d = 1 WHERE id = $1 AND (s = 'a' OR s = 'b' OR s = 'c')":                               false,
		"SELECT a FROM t WHERE a > $1 OR a > $2 OR a > $3":                                                   false,
		"SELECT a FROM t WHERE a = $1 OR b = $2 OR a = $3":                                                   false,
		"SELECT a FROM t WHERE (a = $1 OR b = $2) AND (a = $3 OR b = $4) AND (a = $5 OR b = $6)":             false,
		"SELECT a FROM t WHERE a OR a OR a":                                                                  false,
		`SELECT a FROM t WHERE "x OR x OR x" = $1`:                                                           false,
		"SELECT a FROM t WHERE s = $1 AND (" + strings.Repeat("(a = $2) OR ", 2000) + "(a = $3)) AND 1":      true,
	} {
		if st := read(PostgreSQL, text); st.Batched != want {
			t.Errorf("%.90q: batched %v", text, st.Batched)
		}
	}
}
