package statement

import "testing"

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
