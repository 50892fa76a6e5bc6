package budget

import (
	"strings"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

func TestBatch(t *testing.T) {
	for _, test := range []struct{ system, shape, want string }{
		{"postgresql", "SELECT title FROM books WHERE author_id = ?", "SELECT title, author_id FROM books WHERE author_id = ANY($1)"},
		{"postgresql", "SELECT title, author_id FROM books WHERE author_id = ? ORDER BY title", "SELECT title, author_id FROM books WHERE author_id = ANY($1) ORDER BY title"},
		{"mysql", "SELECT title FROM books b WHERE b.author_id = ?", "SELECT title, b.author_id FROM books b WHERE b.author_id IN (?)"},
		{"sqlite", "SELECT * FROM books WHERE author_id = ?", "SELECT * FROM books WHERE author_id IN (?)"},
		{"mysql", "SELECT ? FROM books WHERE author_id = ? LIMIT ?", "SELECT DISTINCT author_id FROM books WHERE author_id IN (?)"},
		{"postgresql", "SELECT ? FROM books WHERE isbn = ? AND state = 'new' ORDER BY id LIMIT ?", "SELECT DISTINCT isbn FROM books WHERE isbn = ANY($1) AND state = 'new'"},
		{"mysql", "SELECT ? FROM books b JOIN authors a ON a.id = b.author_id WHERE b.isbn = ? LIMIT ?", ""},
		{"mysql", "SELECT ? FROM books WHERE author_id = ?", ""},
		{"mysql", "SELECT ?, title FROM books WHERE author_id = ? LIMIT ?", ""},
		{"mysql", "SELECT name, mail FROM users WHERE id = ? LIMIT ?", "SELECT name, mail, id FROM users WHERE id IN (?)"},
		{"mysql", "SELECT body FROM versions WHERE id = ? ORDER BY version DESC LIMIT ?", "SELECT * FROM (SELECT body, id, row_number() OVER (PARTITION BY id ORDER BY version DESC) AS place FROM versions WHERE id IN (?)) AS numbered WHERE place <= ?"},
		{"mysql", "SELECT * FROM users WHERE id = ? ORDER BY id LIMIT ?", "SELECT * FROM users WHERE id IN (?) ORDER BY id"},
		{"", `SELECT "title" FROM "books" WHERE "author_id" = ?`, `SELECT "title", "author_id" FROM "books" WHERE "author_id" IN (?)`},
		// No form that is right for sure: the advice stays general.
		{"mysql", "SELECT title FROM books WHERE author_id = ? OR price > ?", ""},
		{"mysql", "SELECT title FROM books WHERE NOT author_id = ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? AND state = ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? + ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? UNION SELECT title FROM magazines WHERE author_id = ?", ""},
		{"postgresql", "SELECT title FROM books WHERE author_id = ? FETCH FIRST ? ROWS ONLY", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? LIMIT ?, ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? AND created > now() - INTERVAL ? DAY", ""},
		{"mysql", "SELECT title, price + ? FROM books WHERE author_id = ?", ""},
		{"mysql", "SELECT title, sum(price) FROM books WHERE author_id = ?", ""},
		{"mysql", "SELECT coalesce(sum(price), ?) FROM books WHERE author_id = ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? AND id IN (SELECT book_id FROM prizes)", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? FOR UPDATE", ""},
		{"mysql", "SELECT title, row_number() OVER (ORDER BY id) FROM books WHERE author_id = ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? ORDER BY ?", ""},
		{"postgresql", "SELECT title FROM books WHERE author_id = ?::bigint", "SELECT title, author_id FROM books WHERE author_id = ANY($1::bigint[])"},
		{"mysql", "SELECT title FROM books WHERE author_id = ? AND price > ?", "SELECT title, author_id FROM books WHERE author_id IN (?) AND price > ?"},
		{"mysql", "SELECT count(*) FROM books WHERE author_id = ?", "SELECT author_id, count(*) FROM books WHERE author_id IN (?) GROUP BY author_id"},
		{"mysql", "SELECT state, count(*) FROM books WHERE author_id = ? GROUP BY state ORDER BY state", "SELECT author_id, state, count(*) FROM books WHERE author_id IN (?) GROUP BY state, author_id ORDER BY state"},
		{
			"mysql", "SELECT title FROM books WHERE author_id = ? ORDER BY price DESC LIMIT ?",
			"SELECT * FROM (SELECT title, author_id, row_number() OVER (PARTITION BY author_id ORDER BY price DESC) AS place FROM books WHERE author_id IN (?)) AS numbered WHERE place <= ?",
		},
		{"mysql", "SELECT my_author_id FROM books WHERE author_id = ?", "SELECT my_author_id, author_id FROM books WHERE author_id IN (?)"},
		{"mysql", "SELECT max(author_id), count(*) FROM books WHERE author_id = ?", "SELECT author_id, max(author_id), count(*) FROM books WHERE author_id IN (?) GROUP BY author_id"},
		{"mysql", "SELECT DISTINCT state FROM books WHERE author_id = ?", "SELECT DISTINCT state, author_id FROM books WHERE author_id IN (?)"},
		{"mysql", "SELECT title FROM books WHERE title LIKE ?", ""},
		{"mysql", "SELECT title FROM books b JOIN authors a ON a.id = ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ?…", ""},
	} {
		var got string
		s, ok := parseSelect(test.shape)
		if ok {
			got, ok = s.batch("", test.system)
		}
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s\n got %q\nwant %q", test.shape, got, test.want)
		}
	}
}

// What is parsed is whatever an application sends: no text may stop a report.
func FuzzSelectShape(f *testing.F) {
	for _, seed := range []string{
		"SELECT a, b FROM t WHERE a = ? AND b IN (?) GROUP BY a HAVING b ORDER BY c LIMIT ?", "SELECT", "SELECT FROM", "select a from t where ) ( = ?",
		"SELECT DISTINCT ON (a) b FROM t WHERE c = ?::int", `SELECT "a FROM t WHERE b = ?`, "SELECT count(", "SELECT a FROM t GROUP", "…", "SELECT ` FROM ,",
	} {
		f.Add(seed, "a")
	}
	f.Fuzz(func(t *testing.T, shape, key string) {
		for _, system := range []string{"postgresql", "mysql"} {
			_ = (&batchedAdvice{key: key}).form(shape, system)
			_, _ = rowOfRead(&statement.Statement{Shape: shape})
			_ = slowRepair(&Group{Statement: &statement.Statement{Shape: shape}})
		}
		if list, ok := selectList(shape); ok && !strings.Contains(shape, list) {
			t.Errorf("%q is not in %q", list, shape)
		}
	})
}

// An UPDATE whose conditions no argument tells apart is about one row, if all of them are equations.
func TestSetsOneRow(t *testing.T) {
	for shape, want := range map[string]bool{
		"UPDATE jobs SET done = ? WHERE id = ?":                                           true,
		"UPDATE `jobs` SET `done` = ?, `at` = CURRENT_TIMESTAMP WHERE (`id` = ?)":         false, // brackets are not looked into
		"update jobs set done = ?, at = now() where tenant = ? and id = ? returning done": true,
		"UPDATE orders SET state = ? WHERE tenant = ? AND id = UUID_TO_BIN(?)":            false,
		"UPDATE users SET state = ? WHERE tenant = ? AND lower(email) = ?":                false,
		"UPDATE users SET state = ? WHERE tenant = ? AND id IN (?)":                       false,
		"UPDATE users SET state = ? WHERE tenant = ? AND path LIKE ?":                     false,
		"UPDATE accounts SET touched = ?, balance = balance + ? WHERE id = ?":             false,
		"UPDATE a SET x = ?": false,
	} {
		if got := setsOneRow(shape); got != want {
			t.Errorf("%s: %t", shape, got)
		}
	}
}
