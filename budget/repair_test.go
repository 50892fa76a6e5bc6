package budget

import "testing"

func TestBatch(t *testing.T) {
	for _, test := range []struct{ system, shape, want string }{
		{"postgresql", "SELECT title FROM books WHERE author_id = ?", "SELECT title, author_id FROM books WHERE author_id = ANY($1)"},
		{"postgresql", "SELECT title, author_id FROM books WHERE author_id = ? ORDER BY title", "SELECT title, author_id FROM books WHERE author_id = ANY($1) ORDER BY title"},
		{"mysql", "SELECT title FROM books b WHERE b.author_id = ?", "SELECT title, b.author_id FROM books b WHERE b.author_id IN (?) with sqlx.In"},
		{"sqlite", "SELECT * FROM books WHERE author_id = ?", "SELECT * FROM books WHERE author_id IN (?) with sqlx.In"},
		{"", `SELECT "title" FROM "books" WHERE "author_id" = ?`, `SELECT "title", "author_id" FROM "books" WHERE "author_id" IN (?) with sqlx.In`},
		// No simple form: the advice stays general.
		{"mysql", "SELECT title FROM books WHERE author_id = ? LIMIT ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ? AND price > ?", ""},
		{"mysql", "SELECT count(*) FROM books WHERE author_id = ?", ""},
		{"mysql", "SELECT title FROM books WHERE title LIKE ?", ""},
		{"mysql", "SELECT title FROM books b JOIN authors a ON a.id = ?", ""},
		{"mysql", "SELECT title FROM books WHERE author_id = ?…", ""},
	} {
		got, ok := batch(test.shape, test.system)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s\n got %q\nwant %q", test.shape, got, test.want)
		}
	}
}
