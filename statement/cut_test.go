package statement

import (
	"strings"
	"testing"
)

// Of a long list of columns, the end is cut away, and not what says which rows are meant.
func TestCut(t *testing.T) {
	columns := strings.TrimSuffix(strings.Repeat("a_long_name, ", 100), ", ")
	const rest = " FROM t WHERE id = ? ORDER BY b LIMIT ?"
	got := cut("SELECT "+columns+rest, 200)
	if !strings.HasPrefix(got, "SELECT a_long_name, a_long_name") || !strings.HasSuffix(got, "a_long_name, …"+rest) || len(got) > 200+len(", …") {
		t.Errorf("%q", got)
	}
	for name, text := range map[string]string{
		"a long condition":    "SELECT a FROM t WHERE " + strings.Repeat("b = ? AND ", 100),
		"a long rest":         "SELECT " + columns + " FROM " + strings.Repeat("t, ", 50) + "u",
		"no FROM of its own":  "SELECT " + strings.Repeat("(SELECT a FROM t), ", 50),
		"in quotes":           "SELECT " + strings.Repeat("\"a FROM b\", ", 50),
		"one long expression": "SELECT " + strings.Repeat("a + ", 100) + "a FROM t",
		"an INSERT":           "INSERT INTO t (" + columns + ") SELECT a FROM b",
	} {
		if got := cut(text, 200); got != text[:200]+"…" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := cut("SELECT ä"+columns+rest, 8); got != "SELECT …" {
		t.Errorf("%q", got)
	}
}
