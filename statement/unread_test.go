package statement

import (
	"fmt"
	"math/rand/v2"
	"runtime"
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

// read by what is known of a database, and by what is not.
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

func TestUnknownDialect(t *testing.T) {
	for _, test := range []struct{ text, shape string }{
		{`SELECT 'it\'s secret', x`, "SELECT ?"},
		{`SELECT 'C:\' AS secret`, "SELECT ?"},
		{`SELECT 'C:\x' AS a`, "SELECT ? AS a"},
		{`SELECT "secret" FROM "users" AS u, "roles" WHERE u."id" = "secret"`, `SELECT ? FROM "users" AS u, "roles" WHERE u."id" = ?`},
		{`INSERT INTO "t" ("a", "b") VALUES ("secret", 1)`, `INSERT INTO "t" (?) VALUES (?)`},
		{`SELECT TRIM("secret" FROM "secret"), EXTRACT(YEAR FROM "secret") FROM t`, "SELECT TRIM(? FROM ?), EXTRACT(YEAR FROM ?) FROM t"},
		{`SELECT a INTO OUTFILE "secret" FROM t`, "SELECT a INTO OUTFILE ? FROM t"},
		{`SELECT a FROM t SORT BY a, "secret"`, "SELECT a FROM t SORT BY a, ?"},
		{`PREPARE s FROM "secret"`, "PREPARE s FROM ?"},
		{`UPDATE "t" SET a = "secret", "b" = 1`, `UPDATE "t" SET a = ?, ? = ?`},
		{"SELECT a FROM t # secret's\n WHERE b = 1", "SELECT a FROM t ?"},
		{"SELECT a FROM t # secret\n WHERE b = 1", "SELECT a FROM t WHERE b = ?"},
		{"SELECT a FROM t --secret\n WHERE b = 1", "SELECT a FROM t WHERE b = ?"},
		{"SELECT 1 /* a /* b */ , secret */ FROM t", "SELECT ? ?"},
		{"SELECT [a b], c[1] FROM t", "SELECT[a b], c[?] FROM t"},
		{"SELECT [a'b], 'secret' FROM t", "SELECT ?"},
		{"SELECT `a b`, `a'b`, 'secret' FROM t", "SELECT `a b`, ?"},
		{"SELECT $$it's$$, 'secret', b", "SELECT ?"},
		{"SELECT a -- it's\r, 'secret'\n FROM t", "SELECT a FROM t"},
		{"SELECT a -- x\r, '\n secret '", "SELECT a ?"},
		{"SELECT a -- x\r\n FROM t", "SELECT a FROM t"},
		{`SELECT a FROM t WHERE b IS DISTINCT FROM "secret"`, "SELECT a FROM t WHERE b IS DISTINCT FROM ?"},
		{`INSERT OR ABORT INTO "t" VALUES (1)`, `INSERT OR ABORT INTO "t" VALUES (?)`},
		{"SELECT $$secret$$, $1 FROM t", "SELECT ?, ? FROM t"},
		{"SELECT /*!40001 SQL_NO_CACHE */ a FROM t", "SELECT SQL_NO_CACHE a FROM t"},
		{"SELECT a // secret\n FROM t", "SELECT a FROM t"},
		{"SELECT\u00a0123\u00a0FROM t", "SELECT ? FROM t"},
	} {
		if st := read(Standard, test.text); st.Shape != test.shape {
			t.Errorf("%s\n got %s\nwant %s", test.text, st.Shape, test.shape)
		}
	}
}

// What is hidden may be a table, or a write to one.
func TestDoubtTakesBackFacts(t *testing.T) {
	for text, repeatable := range map[string]bool{
		`SELECT a FROM "t" WHERE b = 'x'`:         true,
		`SELECT a FROM "t", "u" WHERE b = "x"`:    true,
		`SELECT a FROM t WHERE b = 'x\' OR c`:     false,
		"SELECT a FROM t # WHERE\n WHERE b = 1":   false,
		"SELECT a FROM t WHERE b = 'unclosed":     false,
		"--name: List\nSELECT a FROM t":           true,
		"-- name: List\nSELECT a FROM t -- x":     true,
		"SELECT a FROM t WHERE b = 1 --AND c = 1": false,
	} {
		st := read(Standard, text)
		if st.Repeatable != repeatable || (st.Kind == Read) != repeatable || (len(st.Tables) > 0) != repeatable {
			t.Errorf("%q: repeatable %v, %v, of %v", text, st.Repeatable, st.Kind, st.Tables)
		}
	}
}

func TestContinuedStrings(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT E'a'\n'b\\' secret'":               "SELECT ?",
		"SELECT E'a' -- it's\n -- x\n 'b\\' c', d": "SELECT ?, d",
		"SELECT 'a'\n\n'b', c":                     "SELECT ?, c",
		"SELECT a -- it's\r, b":                    "SELECT a, b",
		"SELECT a -- x\r, '\n secret ', b":         "SELECT a, ?, b",
		"SELECT 'a' 'b', c":                        "SELECT ? ?, c",
		"SELECT E'a' /* x */\n'b\\', c":            "SELECT ? ?, c",
		"SELECT E'a'\n'b\\'":                       "SELECT ?",
	} {
		if st := read(PostgreSQL, text); st.Shape != want {
			t.Errorf("%q: got %q, want %q", text, st.Shape, want)
		}
	}
}

// With standard_conforming_strings off, a backslash escapes.
func TestConformingStrings(t *testing.T) {
	for text, want := range map[string]string{
		`SELECT 'it\'s secret', a`:                             "SELECT ?",
		`SELECT 'it\'s ' || secret || 'x', a`:                  "SELECT ?",
		`SELECT a FROM t WHERE b LIKE $1 ESCAPE '\' AND c = 1`: "SELECT a FROM t WHERE b LIKE ? ESCAPE ? AND c = ?",
		`SELECT a FROM t WHERE b = '\\' AND c = 'd'`:           "SELECT a FROM t WHERE b = ? AND c = ?",
	} {
		if st := read(PostgreSQL, text); st.Shape != want {
			t.Errorf("%q: got %q, want %q", text, st.Shape, want)
		}
	}
}

// A backslash behind what is no UTF-8 may be half of a character.
func TestUnreadableCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT '\xbf\\' secret'": "SELECT ?",
		"SELECT 'é\\'s', secret":  "SELECT ?, secret",
		"SELECT '\xbf', a":        "SELECT ?, a",
	} {
		if st := read(MySQL, text); st.Shape != want {
			t.Errorf("%q: got %q, want %q", text, st.Shape, want)
		}
	}
}

func TestExecutableComments(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT /*! STRAIGHT_JOIN */ a FROM t":       "SELECT STRAIGHT_JOIN a FROM t",
		"SELECT 1 /*!50000 , 'secret', 5*/ FROM t":   "SELECT ?, ?, ? FROM t",
		"SELECT a /*M! FROM t */":                    "SELECT a FROM t",
		"SELECT a /*!99999 'b*/c' */ FROM t":         "SELECT a ?",
		"/*!40101 SET NAMES utf8 */":                 "SET NAMES ?",
		"SELECT /*+ secret */ a /* secret */ FROM t": "SELECT a FROM t",
		"SELECT a /*! unclosed 'secret'":             "SELECT a ?",
		"SELECT a*/*! b */c":                         "SELECT a * b c",
		"/*! DELETE */ FROM t":                       "DELETE FROM t",
	} {
		if st := read(MySQL, text); st.Shape != want {
			t.Errorf("%q: got %q, want %q", text, st.Shape, want)
		}
	}
	if st := read(PostgreSQL, "SELECT a /*! secret */ FROM t"); st.Shape != "SELECT a FROM t" {
		t.Errorf("PostgreSQL: got %q", st.Shape)
	}
	if st := read(MySQL, "SELECT 1 /*! INTO b */ FROM t"); st.Kind != Write {
		t.Errorf("a write in a comment is a %v", st.Kind)
	}
}

// Words that are values without quotes.
func TestBareValues(t *testing.T) {
	for text, want := range map[string]string{
		"SET app.user TO acme":                           "SET app.user TO ?",
		"SET x = acme":                                   "SET x = ?",
		"set local app.tenant = acme.eu":                 "set local app.tenant = ?.?",
		`SET search_path TO acme, "Acme", public`:        "SET search_path TO ?, ?, ?",
		"SET SESSION AUTHORIZATION acme":                 "SET SESSION AUTHORIZATION ?",
		"SET ROLE acme":                                  "SET ROLE ?",
		"SET NAMES acme COLLATE acme":                    "SET NAMES ? COLLATE ?",
		"SET TIME ZONE acme":                             "SET TIME ZONE ?",
		"SET a = acme, SESSION b.c = acme, @d := acme":   "SET a = ?, SESSION b.c = ?, ? := ?",
		"SET @@session.a = acme":                         "SET @@session.a = ?",
		"SET x = DEFAULT":                                "SET x = DEFAULT",
		"SET TRANSACTION ISOLATION LEVEL READ COMMITTED": "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
		"SET @x = (SELECT a FROM t WHERE b = acme)":      "SET ? = (SELECT a FROM t WHERE b = acme)",
		"SET NOCOUNT ON SELECT a FROM t":                 "SET NOCOUNT ON SELECT a FROM t",
		"SET STATEMENT a = acme FOR SELECT b FROM t":     "SET STATEMENT a = ? FOR SELECT b FROM t",
		"BEGIN; SET LOCAL a = acme; SELECT b FROM t":     "BEGIN; SET LOCAL a = ?; SELECT b FROM t",
		"UPDATE t SET a = b":                             "UPDATE t SET a = b",
		"ALTER ROLE r IN DATABASE d SET a.b TO acme":     "ALTER ROLE r IN DATABASE d SET a.b TO ?",
		"ALTER SYSTEM SET a = acme":                      "ALTER SYSTEM SET a = ?",
		"ALTER TABLE t ALTER COLUMN a SET DEFAULT b":     "ALTER TABLE t ALTER COLUMN a SET DEFAULT b",
		"ALTER USER u IDENTIFIED BY acme REPLACE acme":   "ALTER USER u IDENTIFIED BY ? REPLACE ?",
		`CREATE USER u IDENTIFIED BY "acme"`:             "CREATE USER u IDENTIFIED BY ?",
		"CREATE USER u AS PASSWORD = acme":               "CREATE USER u AS PASSWORD = ?",
		"ALTER USER u PASSWORD acme":                     "ALTER USER u PASSWORD ?",
		"CREATE TABLE u(password text)":                  "CREATE TABLE u(password text)",
		"PRAGMA key = acme":                              "PRAGMA key = ?",
		"PRAGMA main.key(acme)":                          "PRAGMA main.key (?)",
		"PRAGMA foreign_keys = ON":                       "PRAGMA foreign_keys = ON",
		"ATTACH DATABASE acme AS acme KEY acme":          "ATTACH DATABASE ? AS ? KEY ?",
	} {
		for _, d := range dialects {
			if st := read(d, text); strings.ReplaceAll(st.Shape, "? :=", "@d :=") != strings.ReplaceAll(want, "? :=", "@d :=") {
				t.Errorf("%q as %q: got %q, want %q", text, d, st.Shape, want)
			}
		}
	}
	for text, want := range map[string]string{
		"EXEC dbo.p acme, @a = acme":          "EXEC dbo.p ?, ? = ?",
		"EXEC @r = p acme OUTPUT":             "EXEC ? = p ? OUTPUT",
		"sp_addlogin acme, acme":              "sp_addlogin ?, ?",
		"INSERT INTO t EXEC p acme":           "INSERT INTO t EXEC p ?",
		"DECLARE @r int EXEC p acme SELECT a": "DECLARE ? int EXEC p ? SELECT a",
		"GRANT EXECUTE ON p TO u":             "GRANT EXECUTE ON p TO u",
	} {
		if st := read(SQLServer, text); st.Shape != want {
			t.Errorf("%q: got %q, want %q", text, st.Shape, want)
		}
	}
}

// Long texts are remembered within a bound.
func TestLongTextsAreRemembered(t *testing.T) {
	r := NewReader(PostgreSQL, testHasher, 2048)
	text := bulkInsert(1000)
	if first := r.Read(text); r.Read(strings.Clone(text)) != first {
		t.Error("a long text was read again")
	}
	if allocs := testing.AllocsPerRun(10, func() { r.Read(text) }); allocs > 0 {
		t.Errorf("%v allocations for a long text that is known", allocs)
	}
	for i := range 5 * longSets * waysOfSet {
		r.Read(text + fmt.Sprint(i))
	}
	kept := 0
	for i := range r.long.Load() {
		for j := range r.long.Load()[i].ways {
			if l := r.long.Load()[i].ways[j].Load(); l != nil {
				kept += l.statement.size()
			}
		}
	}
	if kept == 0 || kept > maxLongBytes {
		t.Errorf("%d bytes are kept", kept)
	}
	wide := NewReader(PostgreSQL, testHasher, 1<<20)
	huge := "SELECT " + strings.Repeat("a, ", 10_000) + "b"
	if first := wide.Read(huge); wide.Read(huge) == first {
		t.Error("a statement beyond the bound was kept")
	}
}

// Reading takes memory in proportion to the text, and none for each bracket.
func TestBracketsTakeNoMemory(t *testing.T) {
	size := func(n int) uint64 {
		text := strings.Repeat("(", n)
		r := NewReader(PostgreSQL, testHasher, 2048)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r.read(text)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if small, large := size(1<<16), size(1<<20); large > 32*small || large > 16<<20 {
		t.Errorf("%d bytes for 64 KB of brackets, %d for 1 MB", small, large)
	}
}
