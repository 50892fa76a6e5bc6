package statement

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	for _, test := range []struct {
		dialect Dialect
		a, b    string
		equal   bool
	}{
		{PostgreSQL, "UPDATE t SET a = $1, b = $2 WHERE id = $3", "UPDATE t SET b = $1, a = $2 WHERE id = $3", true},
		{PostgreSQL, "UPDATE t SET a = $1, b = $2 WHERE id = $3", "UPDATE t SET c = $1, a = $2 WHERE id = $3", false},
		{PostgreSQL, "UPDATE t SET a = $1, b = $2 WHERE id = $3", "UPDATE t SET a = $1 WHERE id = $3", false},
		{PostgreSQL, "UPDATE t SET a = $1, b = $2 WHERE c = $3 AND d = $4", "UPDATE t SET b = $1, a = $2 WHERE d = $3 AND c = $4", false},
		{PostgreSQL, "UPDATE t SET a = $1, b = now()", "UPDATE t SET b = now(), a = 'x'", true},
		{PostgreSQL, "UPDATE t SET a = $1, b = now()", "UPDATE t SET b = $1, a = now()", false},
		{PostgreSQL, "UPDATE t SET a = b, b = a", "UPDATE t SET b = a, a = b", true},
		{PostgreSQL, "UPDATE t SET a = coalesce(b, $1), c = (SELECT max(x), 1 FROM u) WHERE id = 1", "UPDATE t SET c = (SELECT max(x), 1 FROM u), a = coalesce(b, $1) WHERE id = 1", true},
		{PostgreSQL, "UPDATE t SET a = coalesce(b, c), d = 1", "UPDATE t SET d = 1, a = coalesce(c, b)", false},
		{PostgreSQL, "UPDATE t SET a = $1, b = u.b FROM u WHERE u.id = t.id RETURNING x, y", "UPDATE t SET b = u.b, a = $1 FROM u WHERE u.id = t.id RETURNING x, y", true},
		{PostgreSQL, "UPDATE t SET a = $1, b = $2 RETURNING x, y", "UPDATE t SET a = $1, b = $2 RETURNING y, x", false},
		{PostgreSQL, "UPDATE t SET a = b IS DISTINCT FROM c, d = $1 WHERE x = 1", "UPDATE t SET d = $1, a = b IS DISTINCT FROM c WHERE x = 1", true},
		{PostgreSQL, "UPDATE jobs SET output = $1, state = $2 WHERE id = $3", "UPDATE jobs SET state = $1, output = $2 WHERE id = $3", true},
		{PostgreSQL, "UPDATE t SET (a, b) = ($1, $2), c = $3", "UPDATE t SET c = $1, (a, b) = ($2, $3)", true},
		{PostgreSQL, `UPDATE "t" SET "a, b" = $1, "c" = $2`, `UPDATE "t" SET "c" = $1, "a, b" = $2`, true},
		{PostgreSQL, "WITH x AS (SELECT 1) UPDATE t SET a = $1, b = $2", "WITH x AS (SELECT 1) UPDATE t SET b = $1, a = $2", true},
		{PostgreSQL, "UPDATE t SET a = $1, b = $2; UPDATE u SET c = $1, d = $2", "UPDATE t SET b = $1, a = $2; UPDATE u SET d = $1, c = $2", true},
		{PostgreSQL, "UPDATE t SET a = $1; UPDATE u SET c = $1", "UPDATE u SET c = $1; UPDATE t SET a = $1", false},
		{PostgreSQL, "UPDATE t SET a[1] = $1, b = $2", "UPDATE t SET b = $1, a[1] = $2", true},
		{SQLServer, "UPDATE t SET [a, b] = @p1, c = @p2 OUTPUT inserted.id WHERE id = @p3", "UPDATE t SET c = @p1, [a, b] = @p2 OUTPUT inserted.id WHERE id = @p3", true},
		{SQLite, "UPDATE OR IGNORE t SET a = ?, b = ?", "UPDATE OR IGNORE t SET b = ?, a = ?", true},
		// MySQL assigns from left to right.
		{MySQL, "UPDATE t SET a = ?, b = ? WHERE id = ? LIMIT 1", "UPDATE t SET b = ?, a = ? WHERE id = ? LIMIT 1", true},
		{MySQL, "UPDATE t SET n = n + 1, b = ?", "UPDATE t SET b = ?, n = n + 1", true},
		{MySQL, "UPDATE t SET a = `b`, b = 1", "UPDATE t SET b = 1, a = `b`", false},
		{MySQL, "UPDATE t JOIN u ON t.id = u.id SET t.a = u.x, t.b = u.y", "UPDATE t JOIN u ON t.id = u.id SET t.b = u.y, t.a = u.x", true},
		{Standard, "UPDATE t SET a = ?, b = ?", "UPDATE t SET b = ?, a = ?", true},
		{Standard, "UPDATE t SET a = b, b = ?", "UPDATE t SET b = ?, a = b", false},

		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, $2)", "INSERT INTO t (b, a) VALUES ($1, $2)", true},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, $2)", "INSERT INTO t (b, c) VALUES ($1, $2)", false},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)", "INSERT INTO t (b, a) VALUES ($1, $2)", true},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, now()) RETURNING x, y", "INSERT INTO t (b, a) VALUES (now(), $1) RETURNING x, y", true},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, now())", "INSERT INTO t (b, a) VALUES ($1, now())", false},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, now()), ($2, now())", "INSERT INTO t (b, a) VALUES (now(), $1), (now(), $2)", true},
		{PostgreSQL, "INSERT INTO t AS x (a, b) OVERRIDING USER VALUE VALUES ($1, f(1, x))", "INSERT INTO t AS x (b, a) OVERRIDING USER VALUE VALUES (f(1, x), $1)", false},
		{PostgreSQL, "INSERT INTO t (a, b) SELECT x, y FROM u", "INSERT INTO t (b, a) SELECT x, y FROM u", false},
		{PostgreSQL, "INSERT INTO t (a, b) (SELECT x, y FROM u)", "INSERT INTO t (b, a) (SELECT x, y FROM u)", false},
		{PostgreSQL, "INSERT INTO t (a, b) SELECT * FROM (VALUES ($1, now())) v", "INSERT INTO t (b, a) SELECT * FROM (VALUES (now(), $1)) v", false},
		{PostgreSQL, "INSERT INTO t (a, b) SELECT 1, now() UNION ALL VALUES ($1, now())", "INSERT INTO t (b, a) SELECT 1, now() UNION ALL VALUES (now(), $1)", false},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, now()), (now(), lower($2))", "INSERT INTO t (b, a) VALUES (now(), $1), (now(), lower($2))", false},
		{PostgreSQL, "INSERT INTO t (a, b) TABLE u UNION ALL VALUES ($1, now())", "INSERT INTO t (b, a) TABLE u UNION ALL VALUES (now(), $1)", false},
		{PostgreSQL, "INSERT INTO t (a, b) WITH u AS (SELECT 1) VALUES ($1, now())", "INSERT INTO t (b, a) WITH u AS (SELECT 1) VALUES (now(), $1)", true},
		{PostgreSQL, "INSERT INTO t VALUES ($1, now())", "INSERT INTO t VALUES (now(), $1)", false},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (x, y) DO UPDATE SET a = excluded.a, b = excluded.b WHERE t.a = 1 RETURNING id", "INSERT INTO t (b, a) VALUES ($1, $2) ON CONFLICT (x, y) DO UPDATE SET b = excluded.b, a = excluded.a WHERE t.a = 1 RETURNING id", true},
		{PostgreSQL, "INSERT INTO t (a) VALUES ($1) ON CONFLICT (x, y) DO NOTHING", "INSERT INTO t (a) VALUES ($1) ON CONFLICT (y, x) DO NOTHING", false},
		{PostgreSQL, "WITH x AS (SELECT 1) INSERT INTO t (a, b) VALUES ($1, $2)", "WITH x AS (SELECT 1) INSERT INTO t (b, a) VALUES ($1, $2)", true},
		{SQLite, "INSERT OR REPLACE INTO t (a, b) VALUES (?, ?)", "INSERT OR REPLACE INTO t (b, a) VALUES (?, ?)", true},
		{SQLite, "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (x) DO UPDATE SET a = 1, b = 2 ON CONFLICT (y) DO UPDATE SET a = 1, b = 2", "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (x) DO UPDATE SET b = 1, a = 2 ON CONFLICT (y) DO UPDATE SET b = 1, a = 2", true},
		{MySQL, "INSERT INTO t SET a = ?, b = ?", "INSERT INTO t SET b = ?, a = ?", true},
		{MySQL, "REPLACE INTO `t` (`a`, `b`) VALUES (?, ?)", "REPLACE INTO `t` (`b`, `a`) VALUES (?, ?)", true},
		{MySQL, "INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE a = VALUES(a), b = VALUES(b)", "INSERT INTO t (b, a) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b), a = VALUES(a)", true},
		{MySQL, "INSERT INTO t (a, b) VALUES (?, ?) AS new ON DUPLICATE KEY UPDATE a = new.a, b = new.b", "INSERT INTO t (a, b) VALUES (?, ?) AS new ON DUPLICATE KEY UPDATE b = new.b, a = new.a", true},
		{SQLServer, "INSERT INTO t (a, b) OUTPUT inserted.id VALUES (@p1, @p2)", "INSERT INTO t (b, a) OUTPUT inserted.id VALUES (@p1, @p2)", true},
		{SQLServer, "INSERT TOP (3) INTO t (a, b) VALUES (@p1, @p2)", "INSERT TOP (3) INTO t (b, a) VALUES (@p1, @p2)", true},

		{MySQL, "SET a = 1, b = 2", "SET b = 1, a = 2", false},
		{PostgreSQL, "SELECT a, b FROM t", "SELECT b, a FROM t", false},
		{PostgreSQL, "SELECT a FROM t WHERE x IN (SELECT set, a FROM u)", "SELECT a FROM t WHERE x IN (SELECT a, set FROM u)", false},
	} {
		a, b := read(test.dialect, test.a), read(test.dialect, test.b)
		if (a.Fingerprint == b.Fingerprint) != test.equal {
			t.Errorf("%s: equal is %v of\n%s\n%s", test.dialect, !test.equal, a.Shape, b.Shape)
		}
		if a.Shape == b.Shape {
			t.Errorf("one shape: %s", a.Shape)
		}
	}
}

// A shape without a list to sort keeps the fingerprint that it had: FNV-1a of its text.
func TestIdentityOfText(t *testing.T) {
	for _, text := range []string{"SELECT ?", "UPDATE t SET a = ?, b = ?", "INSERT INTO t (a, b) VALUES (?, now()) RETURNING b, a", "DELETE FROM t"} {
		h := fnv.New64a()
		_, _ = h.Write([]byte(text))
		if st := read(PostgreSQL, text); uint64(st.Fingerprint) != h.Sum64() || st.Shape != text {
			t.Errorf("%s: %v, want %x", st.Shape, st.Fingerprint, h.Sum64())
		}
	}
}

// FuzzIdentity makes statements that set columns to values in two orders. The identity is
// the same, and another one for other columns.
func FuzzIdentity(f *testing.F) {
	for n := range 6 {
		f.Add(uint64(n), byte(n), "now(), f(x, y)")
	}
	f.Fuzz(func(t *testing.T, seed uint64, form byte, other string) {
		for _, d := range dialects {
			read(d, "UPDATE t SET a = "+other+", b = ?"+other)
			read(d, "INSERT INTO t (a, "+other+") VALUES (?, "+other+")")
			read(d, other+"INSERT INTO t (a, b) VALUES ("+other+") ON CONFLICT DO UPDATE SET a = 1, "+other)
		}
		random := rand.New(rand.NewPCG(seed, 1))
		columns := make([]string, 2+random.IntN(6))
		for i := range columns {
			columns[i] = fmt.Sprintf("c%c", 'a'+i)
		}
		values := []string{"?", "now()", "coalesce(x, ?)", "?::int", "(SELECT x, y FROM %)", "'a, b'", "CASE WHEN x THEN ? ELSE ? END"}
		value := make(map[string]string)
		for i, c := range columns {
			// Equal brackets side by side are one in a shape.
			value[c] = strings.ReplaceAll(values[random.IntN(len(values))], "%", c)
			if i > 0 && random.IntN(2) == 0 {
				value[c] = "?"
			}
		}
		shuffled := slices.Clone(columns)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		different := slices.Clone(shuffled)
		different[random.IntN(len(different))] = "other"
		value["other"] = "?"
		for _, d := range dialects {
			a, b, c := read(d, written(form, columns, value)), read(d, written(form, shuffled, value)), read(d, written(form, different, value))
			if a.Fingerprint != b.Fingerprint {
				t.Fatalf("%s: two identities:\n%s\n%s", d, a.Shape, b.Shape)
			}
			if a.Fingerprint == c.Fingerprint {
				t.Fatalf("%s: one identity:\n%s\n%s", d, a.Shape, c.Shape)
			}
		}
	})
}

// written is a statement that sets columns to values.
func written(form byte, columns []string, value map[string]string) string {
	var sets, values []string
	for _, c := range columns {
		sets, values = append(sets, c+" = "+value[c]), append(values, value[c])
	}
	insert := "INSERT INTO t (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
	switch set := strings.Join(sets, ", "); form % 5 {
	case 0:
		return "UPDATE t SET " + set + " WHERE id = ?"
	case 1:
		return insert
	case 2:
		return insert + " ON CONFLICT (id) DO UPDATE SET " + set + " RETURNING id"
	case 3:
		return insert + " ON DUPLICATE KEY UPDATE " + set
	default:
		return "UPDATE t SET " + set + " FROM u WHERE x = ?"
	}
}
