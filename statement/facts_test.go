package statement

import (
	"slices"
	"strings"
	"testing"
)

// A statement is a read only if all of it is known to read.
func TestWhatMayWrite(t *testing.T) {
	for _, test := range []struct {
		dialect Dialect
		kind    Kind
		texts   []string
	}{
		{PostgreSQL, Read, []string{
			"SELECT insert, update, delete FROM grants", "SELECT lower(name), count(*) FROM t WHERE x IN (1, 2) GROUP BY name",
			"SELECT * FROM generate_series(1, 5) AS g(n)", "SELECT a FROM (VALUES (1, 2)) AS v(a, b)",
			"WITH x(n) AS (SELECT 1) SELECT n FROM x", "SELECT price::numeric(10, 2), x::mood(3) FROM t",
			"SELECT a, row_number() OVER (PARTITION BY b ORDER BY c) FROM t", "SELECT sum(a) FILTER (WHERE b > 1) FROM t",
			"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t", "SELECT ST_Distance(a, b) FROM t",
			"SELECT now()", "SELECT jsonb_path_query(a, '$.b') FROM t", "SELECT a FROM t JOIN u USING (id)",
			"SELECT a FROM t JOIN LATERAL (SELECT b FROM u) AS x(b) ON true", "SELECT a FROM unnest($1::int[]) WITH ORDINALITY u(id, pos)",
			"SELECT pg_catalog.pg_get_userbyid(1)", "SELECT a FROM t FOR UPDATE", "TABLE t", "VALUES (1, lower('A'))",
			"COPY t TO STDOUT", "SELECT EXTRACT(EPOCH FROM now())", "SELECT a FROM t GROUP BY GROUPING SETS ((a), ())",
			"SELECT a FROM t TABLESAMPLE BERNOULLI (10)", "SELECT ARRAY(SELECT 1), ROW(1, 2)", "SELECT CASE WHEN (a) THEN (b) END FROM t",
			"SELECT a FROM t JOIN u ON lower(t.a) = upper(u.a) AND coalesce(t.b, 1) = 1",
		}},
		{MySQL, Read, []string{
			"SELECT INSERT('abc', 1, 2, 'x'), REPLACE(a, 'b', 'c'), LEFT(a, 1) FROM t", "SELECT a INTO @x FROM t",
			"SELECT STRAIGHT_JOIN a FROM t", "SELECT a FROM t USE INDEX (i) WHERE MATCH (a) AGAINST ('x')",
			"SELECT IF(a, 1, 2), DATE_FORMAT(b, '%Y') FROM t PARTITION (p0)", "SELECT CAST(a AS DECIMAL(10, 2)) FROM t",
		}},
		{SQLite, Read, []string{
			"SELECT datetime('now'), iif(a, 1, 2), group_concat(b, ',') FROM t", "SELECT * FROM json_each('[1]') AS j",
			"SELECT * FROM pragma_table_info('t')", "SELECT max(a, b), glob('x', a) FROM t",
		}},
		{PostgreSQL, Write, []string{
			"SELECT charge_customer($1)", "SELECT * FROM refresh_totals($1)", "SELECT billing.charge(1) FROM t",
			"SELECT a FROM t JOIN LATERAL touch(t.id) x ON true", `SELECT "Charge"(1)`, "SELECT a FROM t WHERE touch(a) > 1",
			"SELECT nextval('s')", "SELECT setval('s', 1)", "DO $$ BEGIN DELETE FROM t; END $$", "CALL p(1)",
			"CREATE TABLE a AS SELECT 1", "SELECT a INTO b FROM c", "SELECT a INTO TEMP b FROM c", "EXPLAIN ANALYZE DELETE FROM t",
			"EXPLAIN (ANALYZE, BUFFERS) UPDATE t SET a = 1", "EXPLAIN ANALYZE SELECT charge(1)", "EXPLAIN ANALYZE EXECUTE p",
			"WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x", "EXECUTE p(1)", "REFRESH MATERIALIZED VIEW v", "GRANT SELECT ON t TO u",
			"'SELECT'", "(", "SELECT 1; DROP TABLE t", "EXPLAIN SELECT 1; DELETE FROM t", "COPY (DELETE FROM t RETURNING a) TO STDOUT",
			"unknown_word_that_is_longer_than_any_other x",
		}},
		{MySQL, Write, []string{
			"DO release_all()", "/*! DELETE FROM t */", "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */", "SELECT a INTO OUTFILE '/tmp/x' FROM t",
			"ANALYZE UPDATE t SET a = 1", "LOAD DATA INFILE 'x' INTO TABLE t", "REPLACE INTO t VALUES (1)",
		}},
		{SQLServer, Write, []string{"EXEC p 1", "SET NOCOUNT ON UPDATE t SET a = 1", "DECLARE @x INT DELETE FROM t", "SELECT dbo.charge(1)"}},
		{PostgreSQL, Other, []string{
			"SET a = 1", "SHOW a", "EXPLAIN DELETE FROM t", "EXPLAIN SELECT charge(1)", "SELECT set_config('a', 'b', false)",
			"SELECT pg_advisory_xact_lock(1)", "LISTEN x", "", "-- nothing", ";", "VACUUM t", "ANALYZE t",
		}},
		{SQLite, Other, []string{"PRAGMA foreign_keys = ON", "EXPLAIN QUERY PLAN DELETE FROM t", "ATTACH 'x' AS y"}},
	} {
		for _, text := range test.texts {
			if st := read(test.dialect, text); st.Kind != test.kind {
				t.Errorf("%s, %q: got %v, want %v", test.dialect, text, st.Kind, test.kind)
			}
		}
	}
}

// An application vouches for its own functions.
func TestPureFunctions(t *testing.T) {
	r := NewReader(PostgreSQL, testHasher, 1000, "Net_Price", "app.tax")
	for text, want := range map[string]Kind{
		"SELECT net_price(a), other.TAX(a) FROM t": Read,
		"SELECT net_price(a), charge(a) FROM t":    Write,
	} {
		if st := r.Read(text); st.Kind != want || st.Repeatable != (want == Read) {
			t.Errorf("%q: %v, repeatable %v", text, st.Kind, st.Repeatable)
		}
	}
}

// What is another answer each time is no duplicate.
func TestVolatileReads(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT a FROM t WHERE b > now()":                   false,
		"SELECT a FROM t WHERE b > CURRENT_TIMESTAMP":       false,
		"SELECT a FROM t WHERE b > datetime('now', '-1 d')": false,
		"SELECT a FROM t WHERE t.current_date = 1":          true,
		"SELECT a FROM t WHERE b = 'now and then'":          true,
		"SELECT last_insert_id() FROM t":                    false,
		"SELECT @n := @n + 1, a FROM t":                     false,
		"SELECT a INTO @x FROM t":                           false,
		"SELECT date(b), strftime('%Y', b) FROM t":          true,
		"SELECT a FROM t JOIN u ON lower(t.a) = u.b":        true,
	} {
		if got := read(MySQL, text).Repeatable; got != want {
			t.Errorf("%q: Repeatable is %v", text, got)
		}
	}
}

// NULL, TRUE, FALSE and DEFAULT are values where a value stands, and a part of the
// statement elsewhere.
func TestConstants(t *testing.T) {
	for _, same := range [][]string{
		{"SELECT a FROM t WHERE b IN (1, NULL)", "SELECT a FROM t WHERE b IN (1, 2, 3)", "SELECT a FROM t WHERE b IN (NULL)"},
		{"INSERT INTO t (a, b) VALUES (1, NULL), (2, 3)", "INSERT INTO t (a, b) VALUES (DEFAULT, true)"},
		{"SELECT a FROM t WHERE b = TRUE", "SELECT a FROM t WHERE b = false", "SELECT a FROM t WHERE b = ?"},
		{"UPDATE t SET a = NULL, b = DEFAULT", "UPDATE t SET a = 1, b = 2"},
		{"SELECT CASE WHEN a THEN TRUE ELSE NULL END FROM t", "SELECT CASE WHEN a THEN 1 ELSE 2 END FROM t"},
	} {
		for _, text := range same[1:] {
			if a, b := read(PostgreSQL, same[0]), read(PostgreSQL, text); a.Fingerprint != b.Fingerprint {
				t.Errorf("%q and %q are %q and %q", same[0], text, a.Shape, b.Shape)
			}
		}
	}
	for _, text := range []string{
		"SELECT a FROM t WHERE b IS NULL", "SELECT a FROM t WHERE b IS NOT TRUE", "CREATE TABLE t(a int DEFAULT NULL, null int)",
		"SELECT a FROM t JOIN u ON true", "INSERT INTO t DEFAULT VALUES", "SELECT t.true FROM t", "SET x = DEFAULT",
	} {
		if st := read(PostgreSQL, text); st.Shape != text {
			t.Errorf("%q has the shape %q", text, st.Shape)
		}
	}
}

func TestTablesThatAreHardToRead(t *testing.T) {
	for _, test := range []struct {
		dialect Dialect
		text    string
		want    string
	}{
		{MySQL, "SELECT a FROM 2024_sales WHERE b = 1e5", "2024_sales"},
		{MySQL, "SELECT a FROM db.2024_sales JOIN 1st ON 1=1", "db.2024_sales 1st"},
		{MySQL, "SELECT STRAIGHT_JOIN a FROM t STRAIGHT_JOIN u", "t u"},
		{MySQL, "UPDATE a JOIN b ON a.id = b.id SET a.x = 1", "a b"},
		{MySQL, "UPDATE a, b SET a.x = b.y", "a b"},
		{MySQL, "DELETE a, b FROM a JOIN b USING (id)", "a b"},
		{Standard, "SELECT a FROM 2024_sales", ""},
	} {
		if st := read(test.dialect, test.text); strings.Join(st.Tables, " ") != test.want {
			t.Errorf("%q: %v", test.text, st.Tables)
		}
	}
	if st := read(Standard, "SELECT a FROM t JOIN 2024_sales ON 1=1"); st.Repeatable || st.Tables != nil {
		t.Errorf("with a table that could not be read: %+v", st)
	}
	for _, text := range []string{"SELECT 1, 0xff, 0b01, 1e5, 1e-5, 1.5e3, 5 FROM t"} {
		if st := read(MySQL, text); st.Shape != "SELECT ?, ?, ?, ?, ?, ?, ? FROM t" {
			t.Errorf("%q has the shape %q", text, st.Shape)
		}
	}
}

func TestPaged(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT a FROM t WHERE id >= $1 AND id < $2":                                                                    true,
		"SELECT count(*), COALESCE(SUM(a), 0) FROM t WHERE day >= $1 AND day < $2":                                      false, // one row for each window
		"SELECT count(*), COALESCE(SUM(a), 0) FROM t WHERE t.id >= $1 AND t.id < $2":                                    true,  // parts of the table
		"SELECT sum(a) FROM t WHERE \"id\" BETWEEN $1 AND $2":                                                           true,
		"SELECT sum(a) FROM t WHERE day >= $1 AND day < $2 AND id > $3":                                                 false,
		"SELECT sum(a) FROM t WHERE day >= $1 AND day < $2 AND EXISTS (SELECT 1 FROM u WHERE u.id >= $3)":               false,
		"SELECT sum(a) FROM t WHERE paid BETWEEN $1 AND $2":                                                             false,
		"SELECT count(*), b FROM t WHERE day >= $1 AND day < $2 GROUP BY b":                                             true,
		"SELECT sum(a) OVER (PARTITION BY b ORDER BY id) FROM t WHERE id >= $1 AND id < $2":                             true,
		"SELECT (SELECT count(*) FROM u WHERE u.t = t.id) FROM t WHERE id >= $1 AND id < $2":                            true,
		"SELECT max(a), b FROM t WHERE id >= $1 AND id < $2":                                                            true,
		"SELECT a FROM t WHERE id BETWEEN $1 AND $2":                                                                    true,
		"SELECT a FROM t WHERE id > $1":                                                                                 false,
		"SELECT a FROM t WHERE id > $1 AND n < $2":                                                                      false,
		"SELECT a FROM t WHERE author = $1 AND price > 0 LIMIT 3":                                                       true, // whether the key moves, the arguments tell
		"WITH p AS (SELECT a FROM t WHERE id > $1) SELECT a FROM p WHERE a IN (SELECT a FROM u LIMIT $2)":               true,
		"UPDATE t SET a = 1 WHERE id >= $1 AND id < $2":                                                                 true,
		"DELETE FROM t WHERE a = 1 LIMIT 1000":                                                                          true,
		"WITH m AS (SELECT id FROM t LIMIT $1), n AS (INSERT INTO u SELECT id FROM m) UPDATE t SET moved = true FROM m": true,
		"WITH m AS (SELECT id FROM t LIMIT ?) INSERT INTO u SELECT id FROM m":                                           true,
		"INSERT INTO u SELECT id FROM t WHERE b = 1 LIMIT 100":                                                          true,
		"INSERT INTO u (a, b) VALUES ($1, (SELECT id FROM t WHERE c = $2 ORDER BY d LIMIT $3))":                         false,
		"INSERT INTO u SELECT id FROM t WHERE b = 1 LIMIT 1":                                                            false,
		"DELETE FROM t WHERE id IN (SELECT id FROM t WHERE a LIMIT 100)":                                                true,
		"DELETE FROM t WHERE id = $1":                                                                                   false,
		"SELECT a FROM t WHERE id = $1 OR b BETWEEN $1 AND $2":                                                          false,
	} {
		if st := read(PostgreSQL, text); st.Paged != want {
			t.Errorf("%q: Paged is %v", text, st.Paged)
		}
	}
}

func TestProbesAndUpserts(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT EXISTS (SELECT 1 FROM t WHERE a = $1)":       true,
		"SELECT NOT EXISTS(SELECT * FROM t WHERE a = $1)":    true,
		"SELECT count(*) FROM t WHERE a = $1":                true,
		"SELECT 1 FROM t WHERE a = $1 LIMIT 1":               true,
		"SELECT count(*), max(b) FROM t WHERE a = $1":        false,
		"SELECT a FROM t WHERE a = $1 AND EXISTS (SELECT 1)": false,
		"SELECT a, count(*) FROM t WHERE a = $1":             false,
		"SELECT 1, a FROM t WHERE a = $1":                    false,
	} {
		st := read(PostgreSQL, text)
		if st.Probes != want {
			t.Errorf("%q: Probes is %v", text, st.Probes)
		}
		if !slices.Equal(st.Keys, []string{"a"}) {
			t.Errorf("%q: Keys are %v", text, st.Keys)
		}
	}
	for text, want := range map[string]bool{
		"INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING":            true,
		"INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b=1": true,
		"INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE b = 1":     true,
		"INSERT IGNORE INTO t (a) VALUES (1)":                            true,
		"INSERT OR IGNORE INTO t (a) VALUES (1)":                         true,
		"REPLACE INTO t (a) VALUES (1)":                                  true,
		"INSERT OR REPLACE INTO t (a) VALUES (1)":                        true,
		"INSERT INTO t (a, duplicate) VALUES (1, 2)":                     false,
		"INSERT INTO t (a) VALUES (1)":                                   false,
		"INSERT INTO t (ignored, conflict) VALUES (1, 2)":                false,
	} {
		if st := read(MySQL, text); st.Upserts != want {
			t.Errorf("%q: Upserts is %v", text, st.Upserts)
		}
	}
}

func TestKeyOf(t *testing.T) {
	st := read(PostgreSQL, "SELECT a FROM t WHERE b > $1 AND t.author_id = $2 AND x = 'y'")
	if key, ok := st.KeyOf(1); !ok || key != "t.author_id" {
		t.Errorf("argument 1 is compared with %q", key)
	}
	if key, ok := st.KeyOf(0); ok {
		t.Errorf("argument 0 is compared with %q", key)
	}
	var texts []string
	st.KeyTexts(func(key string, hash uint64) {
		if hash == testHasher.Text("y") {
			texts = append(texts, key)
		}
	})
	if !slices.Equal(texts, []string{"x"}) {
		t.Errorf("literals are those of %v", texts)
	}
}

// Arguments go into columns as they are, or not; so do literals.
func TestAssigned(t *testing.T) {
	for text, want := range map[string][]string{
		"INSERT INTO t (a, b) VALUES ($1, $2)":                              {"a", "b", ""},
		"INSERT INTO t (a, b, c) VALUES ('x', $2, $1)":                      {"c", "b"},
		"INSERT INTO t (a, b) VALUES (lower($1), $2::int)":                  {"", "b"},
		"INSERT INTO t (a) VALUES ($1), ($2)":                               {"", ""},
		"INSERT INTO t VALUES ($1)":                                         {""},
		"INSERT INTO t (a, b, c) SELECT x, $2, $1::int FROM u WHERE d = $3": {"c", "b", ""},
		"INSERT INTO t (a, b) SELECT $1, lower($2) FROM u":                  {"a", ""},
		"INSERT INTO t (a, b) SELECT count(*), $1":                          {"b"},
		"INSERT INTO t (a, b) SELECT f(x, $1), $2 UNION SELECT $3, $4":      {"", "b", "", ""},
		"INSERT INTO t (a) SELECT $1 AS x FROM u":                           {""},
		"UPDATE t SET a = $1 WHERE b = $2":                                  {"a", ""},
		"UPDATE t SET a = a + $1, c = $2 WHERE b = $3":                      {"", "c", ""},
		"SELECT a FROM t WHERE b = $1":                                      {""},
	} {
		st := read(PostgreSQL, text)
		for i, column := range want {
			if got := st.AssignedTo(i); got != column {
				t.Errorf("%q: argument %d goes into %q, want %q", text, i, got, column)
			}
		}
	}
	for text, want := range map[string][]string{
		"INSERT INTO t (a, b, c) VALUES ('x', 7, $1)":     {"a", "b"},
		"UPDATE t SET a = 'x', c = 7 WHERE b = 8":         {"a", "c"},
		"INSERT INTO t (a) VALUES (7), (8)":               nil,
		"INSERT INTO t (a, b) VALUES (7 + 1, lower('x'))": nil,
	} {
		var got []string
		read(PostgreSQL, text).AssignedTexts(func(column string, hash uint64) {
			got = append(got, column)
			if hash != testHasher.Text("x") && hash != testHasher.Text(7) {
				t.Errorf("%q: another value goes into %q", text, column)
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("%q: literals go into %q, want %q", text, got, want)
		}
	}
}

// An INSERT is that of the row that was looked for if it has the same values in the same
// columns.
func TestInserted(t *testing.T) {
	arguments := func(text string, values ...any) (*Statement, Arguments) {
		st, a := read(PostgreSQL, text), Arguments{Inserts: new([]uint64)}
		for _, v := range values {
			a.Add(st, testHasher, v)
		}
		a.End(st)
		return st, a
	}
	const look = "SELECT id FROM users WHERE email = $1 AND tenant = $2"
	read, row := arguments(look, "a@b.c", 7)
	for _, test := range []struct {
		text   string
		values []any
		want   bool
	}{
		{"INSERT INTO users (tenant, email, name) VALUES ($1, $2, $3)", []any{7, "a@b.c", "A"}, true},
		{"INSERT INTO users (tenant, email, name) VALUES ($3::int, lower($1), $2)", []any{"a@b.c", "A", 7}, false},
		{"INSERT INTO users (tenant, email, name) VALUES ($3::int, $1, $2)", []any{"a@b.c", "A", 7}, true},
		{"INSERT INTO users (tenant, email, name) VALUES (7, 'a@b.c', now())", nil, true},
		{"INSERT INTO users (tenant, email, name) VALUES ($1, $2, $3)", []any{7, "A", "a@b.c"}, false},
		{"INSERT INTO users (tenant, email) VALUES ($1, $2), ($3, $4)", []any{7, "a@b.c", 8, "x"}, false},
	} {
		_, inserted := arguments(test.text, test.values...)
		if got := read.Inserted(row.Row, *inserted.Inserts); got != test.want {
			t.Errorf("%q with %v: %v", test.text, test.values, got)
		}
	}
}
