package statement

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"
)

var (
	testHasher = NewHasher()
	dialects   = []Dialect{Standard, PostgreSQL, MySQL, SQLite, SQLServer}
)

func read(d Dialect, text string) *Statement {
	return NewReader(d, testHasher, 1<<20).read(text)
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
		{SQLite, "SELECT 1 /* a /* b */ FROM t", "SELECT ? FROM t"},
		{SQLServer, "SELECT 1 /* a /* b */ secret */ FROM t", "SELECT ? FROM t"},
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
		kind    Kind
		summary string
		tables  string
	}{
		{"SELECT * FROM users", Read, "SELECT users", "users"},
		{"SELECT * FROM a, b x JOIN c ON a.id = c.id LEFT JOIN public.d USING (id)", Read, "SELECT a b c public.d", "a b c public.d"},
		{`SELECT * FROM "public"."Users" AS u WHERE u.id IN (SELECT user_id FROM orders)`, Read, "SELECT public.Users SELECT orders", "public.Users orders"},
		{"INSERT INTO a (x) SELECT x FROM b", Write, "INSERT a SELECT b", "a b"},
		{"INSERT INTO a(x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2", Write, "INSERT a", "a"},
		{"INSERT INTO a(x) VALUES (1) ON DUPLICATE KEY UPDATE x = 2", Write, "INSERT a", "a"},
		{"UPDATE a SET x = 1 FROM b WHERE a.id = b.id", Write, "UPDATE a b", "a b"},
		{"DELETE FROM a USING b WHERE a.id = b.id", Write, "DELETE a b", "a b"},
		{"REPLACE INTO a VALUES (1)", Write, "REPLACE a", "a"},
		{"MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN UPDATE SET x = 1", Write, "MERGE a b", "a b"},
		{"TRUNCATE TABLE a", Write, "TRUNCATE a", "a"},
		{"COPY a FROM STDIN", Write, "COPY a", "a"},
		{"WITH x AS (SELECT * FROM a), y AS (SELECT 1) SELECT * FROM x JOIN y ON true JOIN b ON true", Read, "SELECT a SELECT SELECT b", "a b"},
		{"WITH x AS (DELETE FROM a RETURNING id) SELECT * FROM x", Write, "DELETE a SELECT", "a"},
		{"WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x", Read, "SELECT SELECT SELECT", ""},
		{"SELECT EXTRACT(YEAR FROM created) FROM a WHERE b IS DISTINCT FROM c", Read, "SELECT a", "a"},
		{"SELECT * FROM generate_series(1, 5) g, a", Read, "SELECT a", "a"},
		{"SELECT * FROM a FOR UPDATE", Read, "SELECT a", "a"},
		{"(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", Read, "SELECT a SELECT b", "a b"},
		{"BEGIN", Begin, "BEGIN", ""},
		{"start transaction read only", Begin, "START", ""},
		{"COMMIT", Control, "COMMIT", ""},
		{"ROLLBACK TO SAVEPOINT s1", Control, "ROLLBACK", ""},
		{"SAVEPOINT s1", Control, "SAVEPOINT", ""},
		{"RELEASE SAVEPOINT s1", Control, "RELEASE", ""},
		{"BEGIN; UPDATE a SET x = 1; COMMIT", Write, "BEGIN UPDATE a COMMIT", "a"},
		{"CREATE TABLE a (id int REFERENCES b ON DELETE CASCADE)", Write, "CREATE a", "a"},
		{"CREATE TRIGGER tr AFTER INSERT ON a BEGIN UPDATE b SET x = 1; END", Write, "CREATE", ""},
		{"CREATE FUNCTION f() RETURNS void AS BEGIN DELETE FROM b; UPDATE c SET x = 1; END", Write, "CREATE", ""},
		{"CREATE PROCEDURE p() BEGIN INSERT INTO b VALUES (1); DELETE FROM c; END", Write, "CREATE", ""},
		{"CREATE EVENT e DO BEGIN DELETE FROM b; DELETE FROM c; END", Write, "CREATE", ""},
		{"ALTER TABLE a ADD function int; DELETE FROM c", Write, "ALTER a DELETE c", "a c"},
		{"SELECT a INTO b FROM c", Write, "SELECT b c", "b c"},
		{"SELECT a FROM c WHERE a IN (SELECT b INTO d FROM e)", Read, "SELECT c SELECT d e", "c d e"},
		{"SET search_path = x", Other, "SET", ""},
		{"PRAGMA table_info(a)", Other, "PRAGMA", ""},
		{"EXPLAIN SELECT 1", Other, "EXPLAIN SELECT", ""},
		{"'SELECT'", Write, "", ""},
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
		"UPDATE t SET a = 1 WHERE id IN ($1, $2)":                 {true, false},
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
	st := NewReader(PostgreSQL, testHasher, 12).Read("SELECT ä, ö, ü FROM t")
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

func TestReader(t *testing.T) {
	c := NewReader(PostgreSQL, testHasher, 2048)
	first := c.Read("SELECT 1 FROM t")
	if c.Read("SELECT 1 FROM t") != first {
		t.Error("the second read made a new statement")
	}
	for i := range 3 * maxSets * waysOfSet {
		c.Read(fmt.Sprint("SELECT ", i))
	}
	if st := c.Read("SELECT 1 FROM t"); st.Fingerprint != first.Fingerprint {
		t.Error("a statement that was pushed out reads differently")
	}
}

// Some libraries build texts in memory that they use again.
func TestReaderKeepsNoMemoryOfTexts(t *testing.T) {
	c := NewReader(PostgreSQL, testHasher, 2048)
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
		for i := range dialects {
			f.Add(byte(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, d byte, text string) {
		dialect := dialects[int(d)%len(dialects)]
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
		for _, d := range dialects {
			quoted := strings.ReplaceAll(s, "'", "''")
			if d == MySQL {
				quoted = strings.ReplaceAll(quoted, `\`, `\\`)
			}
			if d == MySQL && !utf8.ValidString(s) {
				continue // see TestUnreadableCharacters
			}
			if d == Standard {
				quoted = strings.NewReplacer(`\`, "", `'`, "").Replace(s) // see TestUnknownDialect
			}
			const form = "SELECT a FROM t WHERE b = '%s' AND c > %d AND d IN (%d, 2)"
			got, want := read(d, fmt.Sprintf(form, quoted, n, n)), read(d, fmt.Sprintf(form, "x", 1, 1))
			if got.Shape != want.Shape || !slices.Equal(got.Tables, want.Tables) || got.Kind != want.Kind {
				t.Fatalf("dialect %q, literal %q: %q", d, s, got.Shape)
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
			r := NewReader(PostgreSQL, testHasher, 2048)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.read(text)
			}
		})
	}
}

func BenchmarkReader(b *testing.B) {
	c := NewReader(PostgreSQL, testHasher, 2048)
	b.ReportAllocs()
	for b.Loop() {
		c.Read("SELECT id, author_id, title FROM books WHERE author_id = $1")
	}
}

// What rules ask of a statement.
func TestClauses(t *testing.T) {
	for _, test := range []struct {
		text string
		want Statement
	}{
		{"SELECT n FROM c WHERE id = $1", Statement{Verb: "SELECT", Keys: []string{"id"}}},
		{"SELECT n FROM c WHERE c.id = $1 AND tenant = 7 AND a > 3 AND b = c", Statement{Verb: "SELECT", Keys: []string{"c.id", "tenant"}}},
		{"SELECT insert, update, delete FROM grants", Statement{Verb: "SELECT"}},
		{"SELECT a FROM t WHERE merge = $1", Statement{Verb: "SELECT", Keys: []string{"merge"}}},
		{"SELECT value FROM settings WHERE key = $1", Statement{Verb: "SELECT", Keys: []string{"key"}}},
		{"UPDATE t SET a = $1, b = b + 1, c = 'x' WHERE id = $2", Statement{Verb: "UPDATE", Keys: []string{"id"}, Sets: []string{"a"}}},
		{"UPDATE t SET a = 'x', b = $1, c = $2 WHERE id = 7", Statement{Verb: "UPDATE", Keys: []string{"id"}, Sets: []string{"b", "c"}}},
		{"UPDATE t SET a = 1, b = 'x' WHERE id = 7", Statement{Verb: "UPDATE", Keys: []string{"id"}, Sets: []string{"a", "b"}}},
		{"UPDATE t SET a = a + $1, b = now()", Statement{Verb: "UPDATE"}},
		{"INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $2 WHERE t.a = 1", Statement{Verb: "INSERT"}},
		{"WITH x AS (SELECT id FROM u WHERE id = 1) UPDATE t SET a = 1 FROM x WHERE t.id = $1", Statement{Verb: "UPDATE", Keys: []string{"t.id"}}},
		{"SELECT a FROM t WHERE id = $1 UNION SELECT a FROM u WHERE id = $1", Statement{Verb: "SELECT"}},
		{"SELECT a FROM t ORDER BY a LIMIT 10 OFFSET $1", Statement{Verb: "SELECT", Paged: true}},
		{"SELECT a FROM t WHERE id > $1 ORDER BY id LIMIT 10", Statement{Verb: "SELECT", Paged: true}},
		{"SELECT a FROM t WHERE (a, id) > ($1, $2) ORDER BY a, id LIMIT $3", Statement{Verb: "SELECT", Paged: true}},
		{"SELECT a FROM t ORDER BY a OFFSET $1 ROWS FETCH NEXT 10 ROWS ONLY", Statement{Verb: "SELECT", Paged: true}},
		{"SELECT a FROM t LIMIT 20, 10", Statement{Verb: "SELECT", Paged: true}},
		{"SELECT a FROM t WHERE id = $1 LIMIT 1", Statement{Verb: "SELECT", Keys: []string{"id"}}},
		{"SELECT a FROM t FETCH FIRST 1 ROW ONLY", Statement{Verb: "SELECT"}},
		{"SELECT a FROM t WHERE id IN (SELECT id FROM u OFFSET 1)", Statement{Verb: "SELECT"}},
		{"SELECT a FROM t WHERE id = $1 FOR UPDATE", Statement{Verb: "SELECT", Keys: []string{"id"}, Locks: true}},
		{"SELECT a FROM t WHERE id = $1 AND s IN ('x', 'y')", Statement{Verb: "SELECT", Keys: []string{"id"}, Lists: 1}},
		{"SELECT price::numeric(10, 2), round(1.5, 1) FROM t WHERE id = $1", Statement{Verb: "SELECT", Keys: []string{"id"}}},
		{"SELECT a FROM t WHERE (a, b) IN (($1, $2), ($3, $4))", Statement{Verb: "SELECT", Batched: true}},
		{"SELECT a FROM t WHERE id = ANY(SELECT id FROM u)", Statement{Verb: "SELECT"}},
		{"INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a), b = VALUES(b)", Statement{Verb: "INSERT"}},
		{"INSERT INTO t (a, b) SELECT * FROM (VALUES (1, 2), (3, 4)) v", Statement{Verb: "INSERT", Batched: true}},
		{"UPDATE a, b SET a.x = 1 WHERE a.id = b.id", Statement{Verb: "UPDATE", Sets: []string{"x"}}},
		{"DELETE FROM t WHERE id = $1 RETURNING *", Statement{Verb: "DELETE", Keys: []string{"id"}}},
		{"(SELECT 1 FROM a) UNION ALL (SELECT 2 FROM b) LIMIT 3", Statement{Verb: "SELECT"}},
		{"EXPLAIN ANALYZE DELETE FROM t", Statement{Verb: "DELETE"}},
	} {
		st := read(PostgreSQL, test.text)
		got := Statement{Verb: st.Verb, Keys: st.Keys, Sets: st.Sets, Batched: st.Batched, Paged: st.Paged, Locks: st.Locks}
		if st.Lists != 0 {
			got.Lists = 1
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q\n got %+v\nwant %+v", test.text, got, test.want)
		}
	}
}

// A list of literals is a condition where it is the same each time, and that is told
// by Lists.
func TestListsThatVary(t *testing.T) {
	lists := func(text string) uint64 { return read(PostgreSQL, text).Lists }
	same := lists("SELECT a FROM t WHERE id = 7 AND s IN ('x', 'y')")
	if same == 0 || same != lists("SELECT a FROM t WHERE id = 8 AND s IN ('x', 'y')") {
		t.Error("the same list has two names")
	}
	if same == lists("SELECT a FROM t WHERE id = 7 AND s IN ('x', 'z')") {
		t.Error("two lists have one name")
	}
}

func TestFingerprintText(t *testing.T) {
	text, err := Fingerprint(0xab).MarshalText()
	if err != nil || string(text) != "00000000000000ab" || Fingerprint(0xab).String() != string(text) {
		t.Errorf("%s, %v", text, err)
	}
	var back Fingerprint
	if err := back.UnmarshalText(text); err != nil || back != 0xab {
		t.Errorf("read back: %v, %v", back, err)
	}
	for _, bad := range []string{"", "ab", "00000000000000ag", "+0000000000000ab"} {
		if err := back.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Every way to write a column that is compared with a value, for all dialects.
func FuzzClauses(f *testing.F) {
	f.Add("SELECT a FROM t WHERE ((a = ?) AND NOT (b = 1)) OR c IN (1, (2))) LIMIT ?, ?")
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range dialects {
			st := read(d, text)
			if len(st.Keys) > maxColumns || len(st.Sets) > maxColumns || len(st.keys) > len(st.Keys) {
				t.Fatalf("%q: unbounded: %+v", text, st)
			}
		}
	})
}

// Which kinds are queries, and that each survives as text.
func TestKinds(t *testing.T) {
	for kind, query := range map[Kind]bool{Other: true, Read: true, Write: true, Begin: false, Control: false} {
		text, err := kind.MarshalText()
		back := Other
		if err != nil || back.UnmarshalText(text) != nil || back != kind || kind.IsQuery() != query {
			t.Errorf("%v: a query %v, read back as %v", kind, kind.IsQuery(), back)
		}
	}
}

// Brackets without end are told apart up to a bound, and cost no memory beyond it.
func TestDeepBrackets(t *testing.T) {
	for _, n := range []int{maxLevels - 2, maxLevels, 100_000} {
		st := read(PostgreSQL, "SELECT a FROM t WHERE "+strings.Repeat("(", n)+"id = 1"+strings.Repeat(")", n)+" AND b = $1 LIMIT 1")
		if !slices.Contains(st.Keys, "b") || st.Kind != Read || len(st.Tables) != 1 {
			t.Errorf("%d brackets: %+v", n, st)
		}
	}
}

// A reader grows with its texts, forgets none while there is room, and stays within
// its bound.
func TestReaderGrows(t *testing.T) {
	r := NewReader(PostgreSQL, testHasher, 2048)
	var first []*Statement
	for i := range 200 {
		first = append(first, r.Read(fmt.Sprintf("SELECT %d FROM t", i)))
	}
	if n := len(r.places.Load().sets); n <= fewSets || n > maxSets {
		t.Errorf("%d sets for 200 texts", n)
	}
	kept := 0
	for i, want := range first {
		if r.Read(fmt.Sprintf("SELECT %d FROM t", i)) == want {
			kept++
		}
	}
	if kept < 150 {
		t.Errorf("%d of 200 texts are still known", kept)
	}
}
