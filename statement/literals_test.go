package statement

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// marker is in every literal of these tests, and number in those that are digits.
const (
	marker = "acme"
	number = "73519"
)

// shows returns where a statement shows a marker, empty if it does not.
func shows(st *Statement) string {
	for _, texts := range [][]string{{st.Shape}, {st.Summary}, {st.Verb}, st.Tables, st.Keys, st.Sets} {
		for _, text := range texts {
			if strings.Contains(text, marker) || strings.Contains(text, number) {
				return text
			}
		}
	}
	return ""
}

// literals are all ways to write one in a dialect. Those of all of them are literals in
// an unknown one.
var literals = map[Dialect][]string{
	PostgreSQL: {
		"'acme'", "'it''s acme'", `'C:\acme'`, `E'it\'s acme'`, `e'\\acme'`, "$$it's acme$$", "$t$acme $$ \" $t$", "B'01'",
		"X'73519'", "U&'acme\\0041' UESCAPE '!'", "N'acme'", "E'a'\n'b\\' acme'", "'a' -- it's\n  'acme'", "E'a'\r\n\t-- x\n'\\'acme'",
		"U&'a'\n'acme'", "73519", "-73519.5e-3", "0x73519", "7_3519", ".73519", `'it\'s acme'`, "'a\\\\' || 'acme'",
	},
	MySQL: {
		"'acme'", `'it\'s acme'`, `"it\"s acme"`, `"acme"`, `"a""acme"`, "N'acme'", "_utf8mb4'acme'", "_utf8mb4 'it\\'s acme'",
		"x'73519'", "0x73519", "b'01'", "73519", "-7.3519e4", `'\\acme'`, `u&'it\'s acme'`, "/*!50000 'acme' */", "/*! 73519 */",
		"/*M!100100 \"acme\" */", "/*!99999 'a */ acme' */", "'\xbf\\' acme'",
	},
	SQLite: {"'acme'", "'it''s acme'", `'\acme'`, "x'73519'", "73519", "1e73519", "0x73519"},
	SQLServer: {
		"'acme'", "N'it''s acme'", `'\acme'`, "0x73519", "73519", "$73519.20", "-$73519", "€73519.5", "£73519", "{d 'acme'}",
		"'acme\\\nacme'",
	},
	"oracle": {"q'[it's acme]'", "Q'{acme's}'", "nq'!it's acme!'", "q'<acme'>'", "DATE 'acme'", "73519d", "N'acme'"},
	"bigquery": {
		"'''it's acme'''", `"""acme "x" acme"""`, `r"acme"`, `b'it\'s acme'`,
	},
}

// around are where a literal can stand, in statements that also have other quotes.
var around = []string{
	"SELECT a, %s FROM t WHERE b = 'acme'",
	"SELECT a FROM t WHERE b = %s AND c IN (%[1]s, 'acme') ORDER BY 1",
	"INSERT INTO t (a, b) VALUES (%s, 'acme'), (%[1]s, 'acme')",
	"UPDATE t SET a = %s, b = 'acme' WHERE c = %[1]s",
	"DELETE FROM t WHERE a = %s -- it's acme",
	"/* acme's */ SELECT f(%s) FROM t JOIN u ON a = %[1]s LIMIT 73519",
	"SELECT %s; SELECT 'acme'",
	"SET x = %s, y = 'acme'",
	"CALL p(%s, 'acme')",
	"SELECT EXTRACT(a FROM %s), SUBSTRING('acme' FROM %[1]s) FROM t",
	"(SELECT a FROM t WHERE b LIKE %s ESCAPE '!') UNION (SELECT 'acme')",
}

// Each literal in each place, for the database that knows it and for an unknown one.
func TestLiteralsOfAllDialects(t *testing.T) {
	for dialect, texts := range literals {
		for _, literal := range texts {
			for _, place := range around {
				text := fmt.Sprintf(place, literal)
				for _, d := range []Dialect{dialect, Standard, "other_sql"} {
					if st := read(d.known(), text); shows(st) != "" {
						t.Errorf("%s as %q: %q", text, d, shows(st))
					}
				}
			}
		}
	}
}

// Any sequence of literals, comments and quoted names: where one ends is where the next
// one begins, for all of them.
func TestRandomStatements(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	between := []string{
		", ", " AND a = ", " /* acme's */ || ", " -- acme \"\n, ", "\n, ", " || ", ", b, ", " /*+ acme */ , ", "; SELECT ",
	}
	for dialect, texts := range literals {
		pieces := append(slices.Clone(between), map[Dialect][]string{
			MySQL: {" # acme's\n, ", ", `b'`, ", ", 5--'acme', "}, SQLServer: {", [b'], ", ", [b]]'], ", " /* /* ' */ acme */ , "},
			PostgreSQL: {` , "b'", `, " /* /* ' */ acme */ , ", " #> ", ", a[1], ", ", $1, "}, SQLite: {", [b'], ", ", `b'`, ", `, "b'", `},
			"oracle": {`, "b'", `}, "bigquery": {", `b'`, ", " # acme's\n, "},
		}[dialect]...)
		for range 1500 {
			var b strings.Builder
			b.WriteString("SELECT ")
			for i := range 1 + random.IntN(6) {
				if i > 0 {
					b.WriteString(pieces[random.IntN(len(pieces))])
				}
				b.WriteString(texts[random.IntN(len(texts))])
			}
			for _, d := range []Dialect{dialect.known(), Standard} {
				if st := read(d, b.String()); shows(st) != "" {
					t.Fatalf("%q as %q: %q", b.String(), d, shows(st))
				}
			}
		}
	}
}

// FuzzMarkers is TestRandomStatements for whatever else may stand around a literal of an
// unknown database: none that is a literal in one of the readings shows.
func FuzzMarkers(f *testing.F) {
	for _, seed := range []string{"SELECT ", "a'b", `\`, "-- ", "/*! ", "$$", "[", "q'[", "'''", "\r", "#", "//", "`'`", "€"} {
		f.Add(seed, " FROM t")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, marker) || strings.Contains(before+after, number) {
			return
		}
		text := before + " 'acme' , 73519 " + after
		unknown := read(Standard, text)
		for _, d := range []Dialect{PostgreSQL, MySQL, SQLite, SQLServer} {
			if isCode(d, before) && shows(unknown) != "" {
				t.Fatalf("%q: %q, although a literal stands there for %q", text, shows(unknown), d)
			}
		}
	})
}

// isCode reports whether what follows a text is no part of a literal or a comment.
func isCode(d Dialect, before string) bool {
	marked := read(d, before+" zebra ")
	return strings.HasSuffix(marked.Shape, "zebra")
}
