package fingerprint

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/querybudget/querybudget/budget"
)

var testSeed = maphash.MakeSeed()

func read(d Dialect, text string) *budget.Statement {
	return NewReader(d, 1<<20, testSeed).Read(text)
}

func TestShape(t *testing.T) {
	for _, test := range []struct {
		dialect     Dialect
		text, shape string
	}{
		{PostgreSQL, "SELECT id, name FROM users WHERE id = $1", "SELECT id, name FROM users WHERE id = ?"},
		{PostgreSQL, "select\n\tid ,name\nfrom   users\twhere id=42", "select id, name from users where id = ?"},
		{PostgreSQL, "SELECT * FROM t WHERE id IN ($1,$2, $3)", "SELECT * FROM t WHERE id IN (?)"},
		{PostgreSQL, "SELECT * FROM t WHERE id IN($1)", "SELECT * FROM t WHERE id IN (?)"},
		{PostgreSQL, "SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, 4), (5, 6))", "SELECT * FROM t WHERE (a, b) IN ((?))"},
		{PostgreSQL, "INSERT INTO t(a,b) VALUES ($1,$2),($3,$4), ($5, $6)", "INSERT INTO t (a, b) VALUES (?)"},
		{PostgreSQL, "INSERT INTO t (a, b) VALUES (1, now()), (2, now())", "INSERT INTO t (a, b) VALUES (?, now())"},
		{PostgreSQL, "SELECT f(1, 2 + x), count(*) FROM t", "SELECT f(?, ? + x), count(*) FROM t"},
		{PostgreSQL, "SELECT E'it\\'s' , 'it''s', $tag$ $$ 'x' $tag$, $$y$$ FROM t", "SELECT ?, ?, ?, ? FROM t"},
		{PostgreSQL, `SELECT 'C:\' AS a, 'b'`, "SELECT ? AS a, ?"},
		{MySQL, `SELECT 'it\'s', "a""b", x'ff', 0b01, _utf8'x' FROM t`, "SELECT ?, ?, ?, ?, ? FROM t"},
		{PostgreSQL, "SELECT 0xFF, 1_000, 1.5e-3, .5, -1, B'01', U&'\\0041'", "SELECT ?, ?, ?, ?, ?, ?, ?"},
		{PostgreSQL, "SELECT a-1, a - 1, a -1, (a)-1 FROM t WHERE x=-1 AND y<-2", "SELECT a - ?, a - ?, a - ?, (a) - ? FROM t WHERE x = ? AND y < ?"},
		{PostgreSQL, "SELECT price/100, a/* secret */b FROM t -- secret\n WHERE x = 1", "SELECT price / ?, a b FROM t WHERE x = ?"},
		{PostgreSQL, "SELECT 1 /* a /* b */ secret */ FROM t", "SELECT ? FROM t"},
		{MySQL, "SELECT 1 /* a /* b */ FROM t", "SELECT ? FROM t"},
		{MySQL, "SELECT 5--3, 1 # secret\n FROM t -- secret", "SELECT ? - ?, ? FROM t"},
		{MySQL, "SELECT `a b`.`c` FROM `t` WHERE `x`=?", "SELECT `a b`.`c` FROM `t` WHERE `x` = ?"},
		{SQLServer, "SELECT [a b] FROM [dbo].[t] JOIN #tmp ON 1=1 WHERE id = @p1 AND n = N'x'", "SELECT [a b] FROM [dbo].[t] JOIN #tmp ON ? = ? WHERE id = ? AND n = ?"},
		{SQLite, "SELECT [a] FROM t WHERE a = $name AND b = :b AND c = @c AND d = ?12 AND e = 'x'", "SELECT [a] FROM t WHERE a = ? AND b = ? AND c = ? AND d = ? AND e = ?"},
		{PostgreSQL, `SELECT data->>'k', data #> '{a}', a::int, arr[1:2] FROM t WHERE data ?| array['a','b'] AND d @> $1`, "SELECT data ->> ?, data #> ?, a::int, arr[? : ?] FROM t WHERE data ?| array[?] AND d @> ?"},
		{SQLite, "SELECT a||?||b FROM t", "SELECT a || ? || b FROM t"},
		{PostgreSQL, "SELECT a FROM t WHERE b = 'never closed AND c = 5", "SELECT a FROM t WHERE b = ?"},
		{PostgreSQL, "SELECT a FROM t WHERE b='x\x00y' AND c='secret'", "SELECT a FROM t WHERE b = ? AND c = ?"},
		{PostgreSQL, `SELECT "never closed`, "SELECT ?"},
		{PostgreSQL, "/* tag: 7 */ SELECT 1;", "SELECT ?"},
		{PostgreSQL, "", ""},
	} {
		st := read(test.dialect, test.text)
		if st.Shape != test.shape {
			t.Errorf("%q\n got %q\nwant %q", test.text, st.Shape, test.shape)
		}
		if again := read(test.dialect, st.Shape); again.Shape != st.Shape || again.Fingerprint != st.Fingerprint {
			t.Errorf("%q is not stable: %q", st.Shape, again.Shape)
		}
	}
}

func TestClassify(t *testing.T) {
	for _, test := range []struct {
		text    string
		kind    budget.StatementKind
		summary string
		tables  string
	}{
		{"SELECT * FROM users", budget.ReadStatement, "SELECT users", "users"},
		{"SELECT * FROM a, b x JOIN c ON a.id = c.id LEFT JOIN public.d USING (id)", budget.ReadStatement, "SELECT a b c public.d", "a b c public.d"},
		{`SELECT * FROM "public"."Users" AS u WHERE u.id IN (SELECT user_id FROM orders)`, budget.ReadStatement, "SELECT public.Users SELECT orders", "public.Users orders"},
		{"INSERT INTO a (x) SELECT x FROM b", budget.WriteStatement, "INSERT a SELECT b", "a b"},
		{"INSERT INTO a(x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2", budget.WriteStatement, "INSERT a", "a"},
		{"INSERT INTO a(x) VALUES (1) ON DUPLICATE KEY UPDATE x = 2", budget.WriteStatement, "INSERT a", "a"},
		{"UPDATE a SET x = 1 FROM b WHERE a.id = b.id", budget.WriteStatement, "UPDATE a b", "a b"},
		{"DELETE FROM a USING b WHERE a.id = b.id", budget.WriteStatement, "DELETE a b", "a b"},
		{"REPLACE INTO a VALUES (1)", budget.WriteStatement, "REPLACE a", "a"},
		{"MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN UPDATE SET x = 1", budget.WriteStatement, "MERGE a b", "a b"},
		{"TRUNCATE TABLE a", budget.WriteStatement, "TRUNCATE a", "a"},
		{"COPY a FROM STDIN", budget.WriteStatement, "COPY a", "a"},
		{"WITH x AS (SELECT * FROM a), y AS (SELECT 1) SELECT * FROM x JOIN y ON true JOIN b ON true", budget.ReadStatement, "SELECT a SELECT SELECT b", "a b"},
		{"WITH x AS (DELETE FROM a RETURNING id) SELECT * FROM x", budget.WriteStatement, "DELETE a SELECT", "a"},
		{"WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x", budget.ReadStatement, "SELECT SELECT SELECT", ""},
		{"SELECT EXTRACT(YEAR FROM created) FROM a WHERE b IS DISTINCT FROM c", budget.ReadStatement, "SELECT a", "a"},
		{"SELECT * FROM generate_series(1, 5) g, a", budget.ReadStatement, "SELECT a", "a"},
		{"SELECT * FROM a FOR UPDATE", budget.ReadStatement, "SELECT a", "a"},
		{"(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", budget.ReadStatement, "SELECT a SELECT b", "a b"},
		{"BEGIN", budget.BeginStatement, "BEGIN", ""},
		{"start transaction read only", budget.BeginStatement, "START", ""},
		{"COMMIT", budget.ControlStatement, "COMMIT", ""},
		{"ROLLBACK TO SAVEPOINT s1", budget.ControlStatement, "ROLLBACK", ""},
		{"SAVEPOINT s1", budget.ControlStatement, "SAVEPOINT", ""},
		{"RELEASE SAVEPOINT s1", budget.ControlStatement, "RELEASE", ""},
		{"BEGIN; UPDATE a SET x = 1; COMMIT", budget.WriteStatement, "BEGIN UPDATE a COMMIT", "a"},
		{"CREATE TABLE a (id int REFERENCES b ON DELETE CASCADE)", budget.OtherStatement, "CREATE a", "a"},
		{"CREATE TRIGGER tr AFTER INSERT ON a BEGIN UPDATE b SET x = 1; END", budget.OtherStatement, "CREATE", ""},
		{"SET search_path = x", budget.OtherStatement, "SET", ""},
		{"PRAGMA table_info(a)", budget.OtherStatement, "PRAGMA", ""},
		{"EXPLAIN SELECT 1", budget.OtherStatement, "EXPLAIN SELECT", ""},
		{"'SELECT'", budget.OtherStatement, "", ""},
	} {
		st := read(PostgreSQL, test.text)
		if tables := strings.Join(st.Tables, " "); st.Kind != test.kind || st.Summary != test.summary || tables != test.tables {
			t.Errorf("%q\n got %v %q [%s]\nwant %v %q [%s]", test.text, st.Kind, st.Summary, tables, test.kind, test.summary, test.tables)
		}
	}
}

func TestRepeatable(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT * FROM a WHERE id = 1":            true,
		"SELECT count(*) FROM a":                  true,
		"SELECT 1":                                false, // a health check names no table
		"SELECT nextval('s'), a FROM a":           false,
		"SELECT * FROM a ORDER BY random()":       false,
		"SELECT * FROM a FOR UPDATE":              false,
		"SELECT * FROM a FOR NO KEY UPDATE":       false,
		"SELECT * FROM a FOR SHARE":               false,
		"SELECT * FROM a LOCK IN SHARE MODE":      false,
		"UPDATE a SET x = 1":                      false,
		"SELECT pg_try_advisory_lock(1) FROM a":   false,
		"SELECT * FROM a WHERE share = 1":         true,
		"SELECT * FROM a JOIN b ON a.id = b.a_id": true,
	} {
		if got := read(PostgreSQL, text).Repeatable; got != want {
			t.Errorf("%q: Repeatable is %v", text, got)
		}
	}
}

func TestBatchedAndStar(t *testing.T) {
	for text, want := range map[string][2]bool{
		"SELECT a FROM t WHERE id = $1":                           {false, false},
		"SELECT a FROM t WHERE id IN ($1)":                        {false, false},
		"SELECT a FROM t WHERE id IN ($1, $2)":                    {true, false},
		"SELECT a FROM t WHERE id = ANY($1)":                      {true, false},
		"SELECT a FROM t JOIN unnest($1::int[]) u ON true":        {true, false},
		"SELECT * FROM t":                                         {false, true},
		"SELECT DISTINCT * FROM t":                                {false, true},
		"SELECT u.*, a FROM u":                                    {false, true},
		"SELECT count(*), a * 2 FROM t":                           {false, false},
		"INSERT INTO t (a, b) VALUES (1, 2)":                      {false, false},
		"INSERT INTO t (a, b) VALUES (1, 2), (3, 4)":              {true, false},
		"WITH x AS (SELECT 1) INSERT INTO t (a, b) VALUES (1, 2)": {false, false},
		"UPDATE t SET a = 1 WHERE id IN (1, 2)":                   {true, false},
		"DELETE FROM t WHERE id = ANY($1)":                        {true, false},
		"INSERT INTO t (a) SELECT unnest($1::int[])":              {true, false},
		"SELECT id FROM t WHERE EXISTS (SELECT * FROM u)":         {false, false},
		`SELECT "t".* FROM "t"`:                                   {false, true},
	} {
		if st := read(PostgreSQL, text); st.Batched != want[0] || st.Star != want[1] {
			t.Errorf("%q: batched %v, star %v", text, st.Batched, st.Star)
		}
	}
}

func TestLiteralsTellTextsApart(t *testing.T) {
	a, b := read(PostgreSQL, "SELECT * FROM t WHERE id = 1"), read(PostgreSQL, "SELECT * FROM t WHERE id = 2 -- x")
	if a.Fingerprint != b.Fingerprint {
		t.Errorf("shapes differ: %q, %q", a.Shape, b.Shape)
	}
	if a.Literals == b.Literals {
		t.Error("literals 1 and 2 are the same")
	}
	if again := read(PostgreSQL, "SELECT * FROM t /* tag */ WHERE id = 1"); a.Literals != again.Literals {
		t.Error("a comment changed the literals")
	}
}

func TestShapeIsCut(t *testing.T) {
	st := NewReader(PostgreSQL, 12, testSeed).Read("SELECT ä, ö, ü FROM t")
	if st.Shape != "SELECT ä, …" {
		t.Errorf("got %q", st.Shape)
	}
	if whole := read(PostgreSQL, "SELECT ä, ö, ü FROM t"); st.Fingerprint != whole.Fingerprint {
		t.Error("the fingerprint is not that of the whole shape")
	}
}

// A statement of half a megabyte takes milliseconds. The test asserts what makes
// it so: the shape of 20,000 rows is that of one.
func TestBulkInsert(t *testing.T) {
	one := read(PostgreSQL, bulkInsert(1))
	many := read(PostgreSQL, bulkInsert(20000))
	if one.Shape != many.Shape {
		t.Errorf("got %.100q, want %q", many.Shape, one.Shape)
	}
}

func bulkInsert(rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO books (id, title, price) VALUES ")
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%d, 'title %d', -%d.5)", i, i, i)
	}
	return b.String()
}

func TestCache(t *testing.T) {
	c := NewCache(NewReader(PostgreSQL, 2048, testSeed))
	first := c.Read("SELECT 1 FROM t")
	if c.Read("SELECT 1 FROM t") != first {
		t.Error("the second read made a new statement")
	}
	for i := range 3 * cacheSets * cacheWays {
		c.Read(fmt.Sprint("SELECT ", i))
	}
	if st := c.Read("SELECT 1 FROM t"); st.Fingerprint != first.Fingerprint {
		t.Error("a statement that was pushed out reads differently")
	}
}

// Some libraries build texts in memory that they use again.
func TestCacheKeepsNoMemoryOfTexts(t *testing.T) {
	c := NewCache(NewReader(PostgreSQL, 2048, testSeed))
	memory := []byte("SELECT a FROM books")
	text := unsafe.String(&memory[0], len(memory))
	for range 3 {
		if st := c.Read(text); st.Tables[0] != "books" {
			t.Fatalf("read %v", st.Tables)
		}
	}
	first := c.Read(text)
	copy(memory, "SELECT a FROM users")
	if st := c.Read(text); st.Tables[0] != "users" {
		t.Errorf("the second text in the same place was read as %v", st.Tables)
	}
	if first.Shape != "SELECT a FROM books" || first.Tables[0] != "books" {
		t.Errorf("the first text is now %q, of %v", first.Shape, first.Tables)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"SELECT * FROM t WHERE id IN (1, 2) AND x = 'y'", "INSERT INTO t VALUES (?, ?), (?, ?)", "/* /* */ */ SELECT $$a$$",
		"SELECT [a], `b`, \"c\" FROM d -- e", "WITH a AS (SELECT 1) SELECT E'\\'' # x", "a[1:2]::int ?| :x := @@y @z #t",
	} {
		for d := Standard; d <= SQLServer; d++ {
			f.Add(byte(d), seed)
		}
	}
	f.Fuzz(func(t *testing.T, d byte, text string) {
		dialect := Dialect(d % byte(SQLServer+1))
		st := read(dialect, text)
		again := read(dialect, st.Shape)
		if again.Shape != st.Shape {
			t.Fatalf("%q has the shape %q, which has the shape %q", text, st.Shape, again.Shape)
		}
		if len(st.Tables) > maxTables || len(st.Summary) > 2*maxSummary {
			t.Fatalf("%q: unbounded: %v %q", text, st.Tables, st.Summary)
		}
	})
}

// FuzzLiterals puts any string into a statement as a literal, quoted as the
// dialect wants it. Its shape must be that of another literal, and show nothing
// of it.
func FuzzLiterals(f *testing.F) {
	for _, seed := range []string{"x", "it's", `C:\`, "-- /* $$ */", "\x00\"`]", "ü"} {
		f.Add(seed, int64(-7))
	}
	f.Fuzz(func(t *testing.T, s string, n int64) {
		for d := Standard; d <= SQLServer; d++ {
			quoted := strings.ReplaceAll(s, "'", "''")
			if d == MySQL {
				quoted = strings.ReplaceAll(quoted, `\`, `\\`)
			}
			const form = "SELECT a FROM t WHERE b = '%s' AND c > %d AND d IN (%d, 2)"
			got, want := read(d, fmt.Sprintf(form, quoted, n, n)), read(d, fmt.Sprintf(form, "x", 1, 1))
			if got.Shape != want.Shape || !slices.Equal(got.Tables, want.Tables) || got.Kind != want.Kind {
				t.Fatalf("dialect %d, literal %q: %q", d, s, got.Shape)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for name, text := range map[string]string{
		"200 bytes": "SELECT id, author_id, title, isbn, published_at FROM books WHERE author_id = $1 AND published_at > $2 AND status IN ($3, $4, $5) ORDER BY published_at DESC, title ASC LIMIT 50 OFFSET 100 /* page 3 of the list */",
		"500 KB":    bulkInsert(18000),
	} {
		b.Run(name, func(b *testing.B) {
			r := NewReader(PostgreSQL, 2048, testSeed)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.Read(text)
			}
		})
	}
}

func BenchmarkCache(b *testing.B) {
	c := NewCache(NewReader(PostgreSQL, 2048, testSeed))
	b.ReportAllocs()
	for b.Loop() {
		c.Read("SELECT id, author_id, title FROM books WHERE author_id = $1")
	}
}
