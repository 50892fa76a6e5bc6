package corpus

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/explain"
)

// refined are statements with the columns of the index that is proposed, on SQLite, PostgreSQL
// and MariaDB, or on all of them. With values, literals may be shown.
var refined = []struct {
	query, want string
	values      bool
	args        []any
}{
	// The order of the first few rows.
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY title LIMIT 10`, want: "(author_id, title)"},
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY title DESC LIMIT 10`, want: "(author_id, title)"},
	{query: `SELECT * FROM books AS b WHERE b.author_id = ? ORDER BY b.title, b.price LIMIT ?`, want: "(author_id, title, price)"},
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY title DESC, price LIMIT 10`, want: "(author_id, title DESC, price)"},
	{query: `SELECT * FROM books WHERE author_id = ? AND title = ? ORDER BY price LIMIT 10`, want: "(author_id, title, price)"},
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY author_id, title LIMIT 10`, want: "(author_id, title)"},
	// SQLite and MariaDB have the key of the row in each index.
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY id LIMIT 10`, want: "(author_id);(author_id, id);(author_id)"},
	// All rows are wanted, the order is no column's, or the rows that are found have more than one value.
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY title`, want: "(author_id)"},
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY upper(title) LIMIT 10`, want: "(author_id)"},
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY 2 LIMIT 10`, want: "(author_id)"},
	{query: `SELECT * FROM books WHERE author_id > ? ORDER BY title LIMIT 10`, want: "(author_id)"},
	{query: `SELECT * FROM books WHERE author_id IN (?, ?) ORDER BY title LIMIT 10`, want: "(author_id)"},
	{query: `SELECT b.* FROM books b JOIN authors a ON a.id = b.editor_id WHERE b.author_id = ? ORDER BY a.name LIMIT 10`, want: "(author_id)"},
	{query: `SELECT id FROM books WHERE author_id = ? UNION ALL SELECT id FROM authors ORDER BY id LIMIT 10`, want: "(author_id)"},
	{query: `SELECT * FROM books WHERE author_id = ? ORDER BY title, price, status, isbn LIMIT 10`, want: "(author_id)"},
	// A part of the table. MariaDB has no partial indexes.
	{query: `SELECT * FROM books WHERE title IS NULL AND author_id = ?`,
		want: "(author_id) WHERE title IS NULL;(author_id) WHERE title IS NULL;(author_id, title)"},
	{query: `SELECT * FROM books WHERE title IS NULL AND author_id = ? ORDER BY price DESC LIMIT 10`,
		want: "(author_id, price) WHERE title IS NULL;(author_id, price) WHERE title IS NULL;(author_id, title, price)"},
	{query: `SELECT * FROM authors WHERE country IS NULL ORDER BY name LIMIT 10`,
		want: "(country, name);(name) WHERE country IS NULL;(country, name)"},
	{query: `SELECT * FROM books WHERE title IS NULL`, want: "(title)"},
	{query: `SELECT * FROM books WHERE title IS NOT NULL AND author_id = ?`, want: "(author_id)"},
	{query: `SELECT * FROM sales WHERE shop IS NULL AND day IS NULL AND amount = ?`,
		want: "(amount) WHERE shop IS NULL AND day IS NULL;(amount) WHERE shop IS NULL AND day IS NULL;(shop, day, amount)"},
	// A literal is shown to those who opted in, and that of an argument to nobody.
	{query: `SELECT * FROM books WHERE status = 'open' AND author_id = ?`, want: "(status, author_id);(author_id, status);(author_id, status)"},
	{query: `SELECT * FROM books WHERE status = 'open' AND author_id = ?`, values: true,
		want: "(author_id) WHERE status = 'open';(author_id) WHERE status = 'open';(author_id, status)"},
	{query: `SELECT * FROM books WHERE status = ? AND author_id = ?`, values: true, want: "(status, author_id);(author_id, status);(author_id, status)"},
	{query: `SELECT * FROM books WHERE status = ? AND author_id > ?`, values: true, args: []any{"open", 1}, want: "(status, author_id)"},
	// Expressions. MariaDB has no indexes of them.
	{query: `SELECT * FROM authors WHERE lower(name) = ?`, want: "(lower(name));((lower((name)::text)));"},
	{query: `SELECT * FROM authors WHERE lower(name) = ? ORDER BY country LIMIT 10`, want: "(lower(name), country);((lower((name)::text)), country);"},
}

// What is proposed is the simplest index than which the planner finds none better.
func TestRefinedProposals(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		for _, c := range refined {
			wants := strings.Split(c.want, ";")
			want := wants[0]
			if len(wants) > 1 {
				want = wants[map[string]int{"sqlite": 0, "postgres": 1, "mysql": 2}[system]]
			}
			r, err := explain.Options{TryIndexes: true, Values: c.values}.Plan(t.Context(), explain.SQL(db), rebind(system, c.query), c.args...)
			if err != nil {
				t.Errorf("%s: %v", c.query, err)
				continue
			}
			got := ""
			for _, a := range r.Faults() {
				if a.Proposal != nil {
					_, table, _ := strings.Cut(a.Proposal.SQL, " ON ")
					_, columns, _ := strings.Cut(table, " ")
					got += columns
				}
			}
			if got != want {
				t.Errorf("%s: %q, not %q", c.query, got, want)
			}
		}
	})
}

// Where PostgreSQL knows that few rows meet a condition, a partial index is cheaper, also if it
// has as many columns; else it is not.
func TestPartialProposalsByStatistics(t *testing.T) {
	db := openPlans(t, "postgres")
	execute(t, db, "CREATE INDEX ON authors (name)",
		"INSERT INTO books (id, author_id, title, deleted) SELECT n, n % 100, 'x', CASE WHEN n % 1000 = 0 THEN now() END FROM generate_series(10, 20000) AS n",
		"ANALYZE books")
	for query, want := range map[string]string{
		"SELECT * FROM books WHERE deleted IS NOT NULL AND author_id = $1": "CREATE INDEX ON books (author_id) WHERE deleted IS NOT NULL",
		"SELECT * FROM books WHERE title IS NOT NULL AND author_id = $1":   "CREATE INDEX ON books (author_id)",
	} {
		r, err := explain.Options{TryIndexes: true}.Plan(t.Context(), explain.SQL(db), query)
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Tables[0].Proposal; p == nil || p.SQL != want {
			t.Errorf("%s: %v, not %s", query, p, want)
		}
	}
}

// An index that is there for a part of the table, or of an expression, is seen: it serves what
// asks for the same, and of other values the verdict is open.
func TestIndexesOfAPart(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		if system == "mysql" {
			return // it has none
		}
		execute(t, db, "CREATE INDEX books_titles ON books (title) WHERE status = 'open'", "CREATE INDEX authors_upper ON authors (upper(name))")
		for query, want := range map[string]explain.Verdict{
			`SELECT * FROM books WHERE title = ? AND status = 'open'`: explain.Indexed,
			`SELECT * FROM books WHERE title = ? AND status = ?`:      explain.Unknown,
			`SELECT * FROM books WHERE title = ? AND status = 'sold'`: explain.NotIndexed,
			`SELECT * FROM books WHERE title = ?`:                     explain.NotIndexed,
			`SELECT * FROM authors WHERE upper(name) = ?`:             explain.Indexed,
			`SELECT * FROM authors WHERE name = ?`:                    explain.NotIndexed,
		} {
			if r := verdictOf(t, explain.SQL(db), rebind(system, query)); r.Verdict != want {
				t.Errorf("%s: %s, not %s", query, describe(r), want)
			}
		}
	})
}
