package statement

import (
	"strings"
	"testing"
)

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
