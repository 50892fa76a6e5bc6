package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
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
	// What stands beside one another.
	{`SELECT * FROM books b, authors a WHERE a.id=b.author_id AND a.name=?`, "no"},
	{`SELECT b2.id FROM books b1 JOIN books b2 ON b2.author_id=b1.author_id WHERE b1.id=?`, "no"},
	{`SELECT b2.id FROM books b1 JOIN books b2 ON b2.editor_id=b1.editor_id WHERE b1.id=?`, "yes"},
	{`SELECT status, count(*) FROM books WHERE author_id = ? GROUP BY status`, "no"},
	{`SELECT * FROM books WHERE id IN (SELECT book_id FROM sales WHERE shop=?)`, "no"},
	{`SELECT * FROM books WHERE id IN (SELECT book_id FROM sales WHERE book_id=?)`, "yes"},
	{`SELECT * FROM books b WHERE NOT EXISTS (SELECT 1 FROM sales s WHERE s.book_id=b.id)`, "yes"},
	{`SELECT * FROM books b WHERE NOT EXISTS (SELECT 1 FROM sales s WHERE s.shop=b.id)`, "no"},
	{`SELECT b.id FROM books b LEFT JOIN sales s ON s.book_id=b.id WHERE s.book_id IS NULL`, "yes"},
	{`SELECT b.id FROM books b LEFT JOIN authors a ON a.id=b.author_id AND a.name=?`, "none"},
	{`SELECT max(id) FROM books`, "none,yes,none"},
	{`SELECT max(price) FROM books WHERE author_id=?`, "no"},
	{`SELECT DISTINCT author_id FROM books`, "none"},
	{`SELECT * FROM books WHERE editor_id = ? AND lower(title)=?`, "yes"},
	{`SELECT * FROM books WHERE (tenant, status) = (?, ?)`, "yes"},
	{`SELECT * FROM books WHERE tenant = 1 AND status IN ('a','b')`, "yes"},
	{`SELECT * FROM books WHERE price + 0 = ?`, "no"},
	{`SELECT * FROM books WHERE abs(editor_id) = ?`, "form"},
	{`UPDATE books SET price=? WHERE author_id IN (SELECT id FROM authors WHERE email=?)`, "no"},
	{`DELETE FROM books WHERE author_id = ? AND status = 'x'`, "no"},
	{`INSERT INTO sales (book_id, day) SELECT id, '2026-01-01' FROM books WHERE author_id=?`, "no"},
	{`INSERT INTO sales (book_id, day) SELECT id, '2026-01-01' FROM books WHERE editor_id=?`, "yes"},
	{`WITH RECURSIVE t AS (SELECT id FROM books WHERE id=? UNION ALL SELECT b.id FROM books b JOIN t ON b.editor_id = t.id) SELECT * FROM t`, "yes"},
	{`WITH RECURSIVE t AS (SELECT id FROM books WHERE id=? UNION ALL SELECT b.id FROM books b JOIN t ON b.author_id = t.id) SELECT * FROM t`, "no"},
	{`SELECT * FROM books WHERE (? IS NULL OR author_id = ?)`, "open"},
	{`SELECT * FROM books WHERE (? = 0 OR author_id = ?)`, "open"},
	{`SELECT * FROM books WHERE author_id = COALESCE(?, author_id)`, "open"},
	{`SELECT * FROM books WHERE editor_id = ? AND (? = 0 OR author_id = ?)`, "yes"},
	{`SELECT id, row_number() OVER (PARTITION BY author_id) FROM books`, "none"},
	{`SELECT * FROM (SELECT author_id, count(*) n FROM books GROUP BY author_id) x WHERE x.author_id = ?`, "no"},
	{`SELECT * FROM (SELECT editor_id, count(*) n FROM books GROUP BY editor_id) x WHERE x.editor_id = ?`, "yes"},
	{`SELECT author_id FROM books GROUP BY author_id HAVING count(*) > 1`, "none"},
	{`SELECT * FROM books WHERE status = 'open' AND tenant IN (1,2)`, "yes"},
	{`SELECT * FROM books WHERE tenant > ? AND status = ?`, "yes"},
	{`SELECT * FROM books WHERE author_id = ? LIMIT 5 OFFSET 10`, "no"},
	{`SELECT * FROM books WHERE author_id = ? LIMIT ?`, "no"},
	{`SELECT EXISTS(SELECT 1 FROM books WHERE author_id=?)`, "no"},
	{`SELECT EXISTS(SELECT 1 FROM books WHERE editor_id=?)`, "yes"},
	{`SELECT * FROM books WHERE id = ? AND author_id = ?`, "yes"},
	{`SELECT * FROM books WHERE isbn LIKE '978%' AND editor_id=?`, "yes"},
	{`SELECT * FROM books WHERE deleted IS NULL AND price > ?`, "yes,yes,no"},
	{`SELECT books.id FROM books, authors`, "none"},
	{`SELECT a.id FROM authors a RIGHT JOIN books b ON b.author_id=a.id WHERE b.id=?`, "open,yes,yes"},
	{`SELECT b.id FROM books b JOIN authors a ON a.id = b.author_id WHERE a.name LIKE ?`, "open"},
	{`SELECT * FROM books WHERE NOT (author_id = ?)`, "none"},
	{`SELECT * FROM books WHERE editor_id = ? + 1`, "yes"},
	{`SELECT * FROM books WHERE id = (SELECT max(id) FROM books)`, "yes"},
	{`SELECT * FROM books WHERE author_id = (SELECT max(author_id) FROM books)`, "no"},
	{`SELECT a.id FROM authors a WHERE a.id IN (SELECT b.author_id FROM books b WHERE b.id = ?)`, "yes"},
	{`SELECT a.name, count(b.id) FROM authors a LEFT JOIN books b ON b.author_id = a.id GROUP BY a.id, a.name`, "no"},
	{`SELECT a.name, count(b.id) FROM authors a LEFT JOIN books b ON b.editor_id = a.id GROUP BY a.id, a.name`, "yes"},
	{`SELECT a.name, b.title FROM authors a JOIN books b ON b.editor_id = a.id WHERE b.price > ?`, "no"},
	{`SELECT a.name, b.title FROM authors a JOIN books b ON b.editor_id = a.id AND b.status = ? WHERE a.id = ?`, "yes"},
	{`SELECT a.name FROM authors a JOIN books b ON b.editor_id = a.id JOIN sales s ON s.book_id = b.id WHERE s.shop = ?`, "no"},
	{`SELECT a.name FROM authors a JOIN books b ON b.author_id = a.id JOIN sales s ON s.book_id = b.id WHERE s.book_id = ?`, "yes"},
	{`SELECT * FROM books WHERE editor_id = ? OR editor_id = ?`, "yes"},
	{`SELECT * FROM books WHERE author_id = ? OR author_id = ?`, "no"},
	{`SELECT * FROM books WHERE editor_id = ? AND author_id <> ?`, "yes"},
	{`SELECT * FROM books WHERE created > ? AND author_id = ? ORDER BY created`, "yes"},
	{`SELECT * FROM books WHERE author_id = ? ORDER BY created DESC LIMIT 1`, "no"},
	{`SELECT * FROM books ORDER BY created DESC LIMIT 10`, "none"},
	{`SELECT count(*) FROM books WHERE status = ?`, "no"},
	{`SELECT title FROM books WHERE author_id IN (SELECT id FROM authors WHERE country IN (?, ?))`, "no"},
	{`SELECT 1`, "none"},
	{`SELECT * FROM books WHERE 1 = 1 AND author_id = ?`, "no"},
	{`SELECT * FROM books WHERE 1 = 1`, "none"},
	{`SELECT * FROM books WHERE author_id = ? AND 1 = 0`, "no,none,open"},
	{`SELECT c.id FROM cheap c JOIN authors a ON a.id = c.author_id WHERE c.id = ?`, "yes"},
	{`SELECT c.id FROM cheap c WHERE c.title = ?`, "no"},
	{`SELECT coalesce((SELECT sum(amount) FROM sales s WHERE s.book_id = b.id), 0) FROM books b WHERE b.editor_id = ?`, "yes"},
	{`SELECT coalesce((SELECT sum(amount) FROM sales s WHERE s.shop = b.tenant), 0) FROM books b WHERE b.editor_id = ?`, "no"},
	{`SELECT * FROM books WHERE editor_id IS NULL AND author_id = ?`, "yes"},
	{`SELECT * FROM books WHERE editor_id IN (SELECT id FROM authors WHERE email = ?) OR author_id = ?`, "no,open,form"},
	{`SELECT * FROM books AS b WHERE b.author_id = ? AND EXISTS (SELECT 1 FROM sales s WHERE s.book_id = b.id)`, "no"},
	{`SELECT * FROM books WHERE id BETWEEN ? AND ? AND author_id = ?`, "yes"},
	{`SELECT * FROM books WHERE ? BETWEEN created AND deleted`, "yes"},
	{`SELECT * FROM authors WHERE email LIKE ? AND id = ?`, "yes"},
	{`SELECT * FROM books WHERE id < ? AND author_id = ? ORDER BY id DESC LIMIT 20`, "yes"},
	{`SELECT * FROM books WHERE isbn >= '97' AND isbn < '98'`, "yes"},
	{`SELECT * FROM sales WHERE day BETWEEN ? AND ? AND book_id IN (?, ?)`, "yes"},
	{`SELECT author_id, sum(price) FROM books WHERE status = ? AND tenant = ? GROUP BY author_id ORDER BY 2 DESC LIMIT 3`, "yes"},
	{`SELECT * FROM (SELECT * FROM books ORDER BY id LIMIT 10) x WHERE x.author_id = ?`, "none"},
}

// planSizes are how many rows the tables have: the verdict is the same on each.
var planSizes = []struct {
	name string
	rows []string
}{
	{"no rows", nil}, {"three rows", planRows}, {"many rows", append(planRows[:len(planRows):len(planRows)], planManyRows...)},
}

// planManyRows are 2,000 books and more, with statistics.
var planManyRows = []string{
	`INSERT INTO authors (id, name, email, country) WITH RECURSIVE n (i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, concat('n', i), concat('e', i), 'de' FROM n`,
	`INSERT INTO books (id, author_id, editor_id, title, isbn, status, price, tenant, data) WITH RECURSIVE n (i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
		SELECT i, i % 500, i % 400, concat('t', i), concat('b', i), 'open', i % 50, i % 7, '{}' FROM n`,
	`INSERT INTO sales (book_id, day, amount, shop) WITH RECURSIVE n (i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, '2026-01-01', 1, i % 20 FROM n`,
}

var planAnalyze = map[string][]string{
	"postgres": {"ANALYZE authors", "ANALYZE books", "ANALYZE sales"},
	"mysql":    {"ANALYZE TABLE authors, books, sales"},
	"sqlite":   {"ANALYZE"},
}

func TestPlanVerdicts(t *testing.T) {
	for i, system := range Systems {
		for _, size := range planSizes {
			t.Run(system+"/"+size.name, func(t *testing.T) {
				db := openPlansOf(t, system, size.rows)
				db.SetMaxOpenConns(1) // it is given back each time
				if len(size.rows) > len(planRows) {
					execute(t, db, planAnalyze[system]...)
				}
				decided := 0
				mayBeOpen := system == "mysql" && size.rows == nil || system == "sqlite" && len(size.rows) > len(planRows)
				for _, c := range planCases {
					if c.isDecidedAsWanted(t, db, system, i, mayBeOpen) {
						decided++
					}
				}
				t.Logf("%d of %d decided", decided, len(planCases))
				if decided*10 < len(planCases)*9 && (system != "mysql" || size.rows != nil) {
					t.Error("fewer than 90 % are decided")
				}
			})
		}
	}
}

// isDecidedAsWanted judges a statement, which may be left open: without rows, MariaDB plans
// nothing of a join that begins with a key; with statistics, SQLite may prefer a full scan.
func (c *planCase) isDecidedAsWanted(t *testing.T, db *sql.DB, system string, i int, mayBeOpen bool) bool {
	t.Helper()
	wants := strings.Split(c.want, ",")
	want := planVerdicts[wants[min(i, len(wants)-1)]]
	got, err := explain.Plan(t.Context(), explain.SQL(db), rebind(system, c.query))
	if err != nil {
		t.Errorf("%s: %v", c.query, err)
		return false
	}
	if got.Verdict != want && (!mayBeOpen || got.Verdict != explain.Unknown) {
		t.Errorf("%s: %s, want %s\n%s%s", c.query, got.Verdict, want, describe(got), brief(got.Text))
	}
	return got.Verdict != explain.Unknown
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
	return openPlansOf(t, system, planRows)
}

func openPlansOf(t *testing.T, system string, rows []string) *sql.DB {
	t.Helper()
	s := needServer(t, system)
	return s.openPlans(t, rows)
}

// needServer skips a test, or in CI fails it, if a system's server is not there.
func needServer(t *testing.T, system string) *server {
	t.Helper()
	s, err := newServer(system)
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("%v: in CI no database may be left out", err)
	case err != nil:
		t.Skip(err)
	}
	return s
}

func (s *server) openPlans(t *testing.T, rows []string) *sql.DB {
	t.Helper()
	db, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = db.Close()
		if err := s.close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	for _, statement := range slices.Concat(planSchema[s.system], rows) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return db
}
