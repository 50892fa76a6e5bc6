package corpus

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/explain"
)

// planSchema is a bookshop with some indexes, for each system.
var planSchema = map[string][]string{
	"postgres": {
		`CREATE TABLE authors (id bigint PRIMARY KEY, name varchar(100) NOT NULL, email text UNIQUE, country text)`,
		`CREATE TABLE books (id bigint PRIMARY KEY, author_id bigint, editor_id bigint, title text, isbn varchar(20), status varchar(20), price int,
			created timestamptz, deleted timestamptz, tenant int, data jsonb)`,
		`CREATE TABLE sales (book_id bigint, day date, amount int, shop int, PRIMARY KEY (book_id, day))`,
		`CREATE INDEX books_editor ON books (editor_id)`, `CREATE INDEX books_tenant_status ON books (tenant, status)`,
		`CREATE INDEX books_isbn ON books (isbn)`, `CREATE INDEX books_created ON books (created)`,
		`CREATE INDEX books_open ON books (price) WHERE deleted IS NULL`, `CREATE INDEX authors_lower ON authors (lower(country))`,
		`CREATE VIEW cheap AS SELECT * FROM books WHERE price < 10`,
	},
	"mysql": {
		`CREATE TABLE authors (id bigint PRIMARY KEY, name varchar(100) NOT NULL, email varchar(100) UNIQUE, country varchar(50))`,
		`CREATE TABLE books (id bigint PRIMARY KEY, author_id bigint, editor_id bigint, title varchar(200), isbn varchar(20), status varchar(20), price int,
			created datetime, deleted datetime, tenant int, data json)`,
		`CREATE TABLE sales (book_id bigint, day date, amount int, shop int, PRIMARY KEY (book_id, day))`,
		`CREATE INDEX books_editor ON books (editor_id)`, `CREATE INDEX books_tenant_status ON books (tenant, status)`,
		`CREATE INDEX books_isbn ON books (isbn)`, `CREATE INDEX books_created ON books (created)`,
		`CREATE VIEW cheap AS SELECT * FROM books WHERE price < 10`,
	},
	"sqlite": {
		`CREATE TABLE authors (id INTEGER PRIMARY KEY, name text NOT NULL, email text UNIQUE, country text)`,
		`CREATE TABLE books (id INTEGER PRIMARY KEY, author_id int, editor_id int, title text, isbn text, status text, price int,
			created text, deleted text, tenant int, data text)`,
		`CREATE TABLE sales (book_id int, day text, amount int, shop int, PRIMARY KEY (book_id, day))`,
		`CREATE INDEX books_editor ON books (editor_id)`, `CREATE INDEX books_tenant_status ON books (tenant, status)`,
		`CREATE INDEX books_isbn ON books (isbn)`, `CREATE INDEX books_created ON books (created)`,
		`CREATE INDEX books_open ON books (price) WHERE deleted IS NULL`, `CREATE INDEX authors_lower ON authors (lower(country))`,
		`CREATE VIEW cheap AS SELECT * FROM books WHERE price < 10`,
	},
}

// planRows are three rows for each table: what a test has.
var planRows = []string{
	`INSERT INTO authors (id, name, email, country) VALUES (1, 'a', 'a@example.com', 'de'), (2, 'b', 'b@example.com', 'fr'), (3, 'c', 'c@example.com', 'de')`,
	`INSERT INTO books (id, author_id, editor_id, title, isbn, status, price, tenant, data) VALUES (1, 1, 2, 't', '1', 'open', 5, 1, '{}'), (2, 1, 2, 'u', '2', 'open', 15, 1, '{}'), (3, 2, 3, 'v', '3', 'sold', 25, 1, '{}')`,
	`INSERT INTO sales (book_id, day, amount, shop) VALUES (1, '2026-01-01', 1, 1), (2, '2026-01-01', 2, 1), (3, '2026-01-01', 3, 2)`,
}

// planCase is a statement and the verdict on it, where it differs on each system.
type planCase struct {
	query string
	want  string // in the order of Systems, or one for all
}

// none, yes, no, form and open stand for the verdicts.
var planVerdicts = map[string]explain.Verdict{
	"none": explain.NoCondition, "yes": explain.Indexed, "no": explain.NotIndexed, "form": explain.Unusable, "open": explain.Unknown,
}

var planCases = []planCase{
	// Equality, lists and ranges.
	{`SELECT * FROM books`, "none"},
	{`SELECT count(*) FROM books`, "none"},
	{`SELECT * FROM books WHERE id = ?`, "yes"},
	{`SELECT * FROM books WHERE author_id = ?`, "no"},
	{`SELECT * FROM books WHERE editor_id = ?`, "yes"},
	{`SELECT * FROM books WHERE editor_id = 2`, "yes"},
	{`SELECT * FROM books WHERE author_id = 1`, "no"},
	{`SELECT * FROM books WHERE author_id = ? AND editor_id = ?`, "yes"},
	{`SELECT * FROM books WHERE author_id = ? AND title = ?`, "no"},
	{`SELECT * FROM books WHERE id IN (1, 2, 3)`, "yes"},
	{`SELECT * FROM books WHERE author_id IN (?, ?)`, "no"},
	{`SELECT * FROM books WHERE editor_id IN (?, ?)`, "yes"},
	{`SELECT * FROM books WHERE author_id NOT IN (?, ?)`, "none"},
	{`SELECT * FROM books WHERE author_id <> ?`, "none"},
	{`SELECT * FROM books WHERE price > ?`, "no"},
	{`SELECT * FROM books WHERE created > ?`, "yes"},
	{`SELECT * FROM books WHERE created BETWEEN ? AND ?`, "yes"},
	{`SELECT * FROM books WHERE author_id BETWEEN 1 AND 2`, "no"},
	{`SELECT * FROM books WHERE author_id >= ? AND author_id < ?`, "no"},
	{`SELECT * FROM authors WHERE email = ?`, "yes"},
	{`SELECT * FROM authors WHERE name = ?`, "no"},
	// Composite indexes.
	{`SELECT * FROM books WHERE tenant = ? AND status = ?`, "yes"},
	{`SELECT * FROM books WHERE tenant = ?`, "yes"},
	{`SELECT * FROM books WHERE status = ?`, "no"},
	{`SELECT * FROM sales WHERE day = ?`, "no"},
	{`SELECT * FROM sales WHERE book_id = ?`, "yes"},
	{`SELECT amount FROM sales WHERE book_id = ? AND day > ?`, "yes"},
	{`SELECT book_id, day FROM sales WHERE day > ?`, "no"},
	// Order beside a filter.
	{`SELECT * FROM books WHERE author_id = ? ORDER BY id`, "no"},
	{`SELECT * FROM books WHERE author_id = ? ORDER BY id LIMIT 10`, "no"},
	{`SELECT * FROM books WHERE editor_id = ? ORDER BY id LIMIT 1`, "yes"},
	{`SELECT * FROM books ORDER BY id LIMIT 10`, "none"},
	{`SELECT * FROM books ORDER BY title LIMIT 10`, "none"},
	{`SELECT * FROM books WHERE id > ? ORDER BY id LIMIT 10`, "yes"},
	// Patterns.
	{`SELECT * FROM books WHERE title LIKE '%x%'`, "form"},
	{`SELECT * FROM books WHERE title LIKE ?`, "open"},
	{`SELECT * FROM books WHERE isbn LIKE '978%'`, "form,form,yes"},
	{`SELECT * FROM books WHERE title LIKE 'a%'`, "no"},
	{`SELECT * FROM books WHERE author_id = ? AND title LIKE ?`, "no"},
	// Functions and casts.
	{`SELECT * FROM authors WHERE lower(name) = ?`, "no"},
	{`SELECT * FROM authors WHERE lower(country) = ?`, "yes,yes,no"},
	{`SELECT * FROM authors WHERE upper(email) = ?`, "form"},
	{`SELECT * FROM books WHERE CAST(created AS date) = '2026-01-01'`, "form"},
	{`SELECT * FROM books WHERE coalesce(editor_id, 0) = 5`, "form"},
	{`SELECT * FROM books WHERE editor_id + 1 = 5`, "form"},
	{`SELECT * FROM books WHERE price * 2 > 10`, "no"},
	// OR.
	{`SELECT * FROM books WHERE id = ? OR editor_id = ?`, "yes"},
	{`SELECT * FROM books WHERE author_id = ? OR editor_id = ?`, "no"},
	{`SELECT * FROM books WHERE author_id = ? OR title = ?`, "no"},
	{`SELECT * FROM books WHERE (author_id = ? OR title = ?) AND editor_id = ?`, "yes"},
	{`SELECT * FROM books WHERE editor_id = ? OR title LIKE '%x%'`, "form"},
	// Partial indexes and NULL.
	{`SELECT * FROM books WHERE price = ? AND deleted IS NULL`, "yes,yes,no"},
	{`SELECT * FROM books WHERE author_id IS NULL`, "no"},
	{`SELECT * FROM books WHERE editor_id IS NULL`, "yes"},
	{`SELECT * FROM books WHERE author_id IS NOT NULL`, "none"},
	// Joins on both sides.
	{`SELECT b.title FROM books b JOIN authors a ON a.id = b.author_id WHERE b.id = ?`, "yes"},
	{`SELECT b.title FROM books b JOIN authors a ON a.id = b.author_id WHERE a.id = ?`, "no"},
	{`SELECT b.title FROM books b JOIN authors a ON a.id = b.editor_id WHERE a.id = ?`, "yes"},
	{`SELECT b.title FROM books b JOIN authors a ON a.id = b.editor_id WHERE a.name = ?`, "no"},
	{`SELECT b.title FROM books b JOIN authors a ON a.id = b.author_id WHERE a.email = ?`, "no"},
	{`SELECT b.title, a.name FROM books b JOIN authors a ON a.id = b.author_id`, "yes"},
	{`SELECT a.name, b.title FROM authors a LEFT JOIN books b ON b.author_id = a.id WHERE a.id = ?`, "no"},
	{`SELECT a.name, b.title FROM authors a LEFT JOIN books b ON b.editor_id = a.id WHERE a.id = ?`, "yes"},
	{`SELECT a.name, s.amount FROM authors a JOIN books b ON b.editor_id = a.id JOIN sales s ON s.book_id = b.id WHERE a.id = ?`, "yes"},
	{`SELECT b.title, s.shop FROM books b JOIN sales s ON s.shop = b.tenant WHERE b.id = ?`, "no"},
	// Subqueries, common table expressions and views.
	{`SELECT * FROM books WHERE author_id = (SELECT id FROM authors WHERE email = ?)`, "no"},
	{`SELECT * FROM books WHERE editor_id IN (SELECT id FROM authors WHERE email = ?)`, "yes"},
	{`SELECT * FROM books WHERE author_id IN (SELECT id FROM authors WHERE name = ?)`, "no"},
	{`SELECT a.id, (SELECT count(*) FROM books b WHERE b.author_id = a.id) FROM authors a`, "no"},
	{`SELECT a.id, (SELECT count(*) FROM books b WHERE b.editor_id = a.id) FROM authors a`, "yes"},
	{`SELECT a.id FROM authors a WHERE EXISTS (SELECT 1 FROM books b WHERE b.author_id = a.id)`, "no,yes,no"}, // PostgreSQL begins with books
	{`SELECT a.id FROM authors a WHERE a.id = ? AND EXISTS (SELECT 1 FROM books b WHERE b.author_id = a.id)`, "no"},
	{`SELECT a.id FROM authors a WHERE EXISTS (SELECT 1 FROM books b WHERE b.editor_id = a.id)`, "yes"},
	{`WITH mine AS (SELECT * FROM books WHERE author_id = ?) SELECT * FROM mine`, "no"},
	{`WITH mine AS (SELECT * FROM books WHERE editor_id = ?) SELECT count(*) FROM mine`, "yes"},
	{`SELECT * FROM cheap WHERE author_id = ?`, "no"},
	{`SELECT * FROM cheap WHERE editor_id = ?`, "yes"},
	{`SELECT id FROM books WHERE author_id = ? UNION ALL SELECT id FROM authors WHERE id = ?`, "no"},
	// Writes.
	{`UPDATE books SET price = price + 1 WHERE id = ?`, "yes"},
	{`UPDATE books SET price = price + 1 WHERE author_id = ?`, "no"},
	{`DELETE FROM books WHERE editor_id = ?`, "yes"},
	{`DELETE FROM books WHERE author_id = ?`, "no"},
	{`DELETE FROM sales WHERE day < ?`, "no"},
	{`INSERT INTO authors (id, name) VALUES (?, ?)`, "none"},
}

func TestPlanVerdicts(t *testing.T) {
	for i, system := range Systems {
		t.Run(system, func(t *testing.T) {
			db := openPlans(t, system)
			decided := 0
			for _, c := range planCases {
				wants := strings.Split(c.want, ",")
				want := planVerdicts[wants[min(i, len(wants)-1)]]
				got, err := explain.Plan(t.Context(), explain.SQL(db), rebind(system, c.query))
				if err != nil {
					t.Errorf("%s: %v", c.query, err)
					continue
				}
				if got.Verdict != explain.Unknown {
					decided++
				}
				if got.Verdict != want {
					t.Errorf("%s: %s, want %s\n%s%s", c.query, got.Verdict, want, describe(got), brief(got.Text))
				}
			}
			t.Logf("%d of %d decided", decided, len(planCases))
		})
	}
}

func brief(text string) string { return text[:min(len(text), 300)] }

func describe(r *explain.Result) string {
	var b strings.Builder
	if r.Reason != "" {
		b.WriteString(r.Reason + "\n")
	}
	for i := range r.Tables {
		fmt.Fprintf(&b, "  %s [%s]\n", &r.Tables[i], r.Tables[i].Verdict)
	}
	return b.String()
}

// openPlans opens a database with the schema and three rows in each table.
func openPlans(t *testing.T, system string) *sql.DB {
	t.Helper()
	s, err := newServer(system)
	if err != nil {
		t.Skip(err)
	}
	db, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = db.Close()
		_ = s.close(t.Context())
	})
	for _, statement := range append(planSchema[system], planRows...) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return db
}
