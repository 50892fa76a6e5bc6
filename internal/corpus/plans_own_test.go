package corpus

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/explain"
)

// planOwnCases are those of one system.
var planOwnCases = map[string][]planCase{
	"postgres": {
		{`SELECT * FROM books WHERE data->>'k' = ?`, "no"},
		{`SELECT * FROM books WHERE data @> ?`, "no"},
		{`SELECT * FROM docs WHERE body @> ?`, "yes"},
		{`SELECT * FROM docs WHERE body->>'k' = ?`, "yes"},
		{`SELECT * FROM docs WHERE body->>'z' = ?`, "no"},
		{`SELECT * FROM docs WHERE tags && ?`, "no"},
		{`SELECT * FROM docs WHERE done`, "no"},
		{`SELECT * FROM docs WHERE NOT done`, "no"},
		{`SELECT * FROM docs WHERE kind = ?`, "yes"},
		{`SELECT * FROM docs WHERE state = ?`, "open"},
		{`SELECT * FROM docs WHERE state = 'open'`, "yes"},
		{`SELECT * FROM docs WHERE state = 'shut'`, "no"},
		{`SELECT * FROM docs WHERE title ILIKE 'a%'`, "form"},
		{`SELECT * FROM docs WHERE title ~ '^a'`, "form"},
		{`SELECT * FROM docs WHERE slug LIKE 'a%'`, "yes"},
		{`SELECT * FROM docs WHERE slug LIKE '%a'`, "form"},
		{`SELECT * FROM docs WHERE slug = ?`, "yes"},
		{`SELECT * FROM books WHERE editor_id = ANY(?)`, "yes"},
		{`SELECT * FROM books WHERE author_id = ANY(?)`, "no"},
		{`SELECT * FROM books WHERE created >= now() - interval '1 day'`, "yes"},
		{`SELECT * FROM books WHERE date_trunc('day', created) = ?`, "form"},
		{`SELECT * FROM books WHERE editor_id::text = ?`, "form"},
		{`SELECT * FROM books WHERE isbn::text = ?`, "yes"},
		{`SELECT x.* FROM authors a, LATERAL (SELECT * FROM books b WHERE b.author_id=a.id ORDER BY id LIMIT 3) x`, "no"},
		{`SELECT x.* FROM authors a, LATERAL (SELECT * FROM books b WHERE b.editor_id=a.id ORDER BY id LIMIT 3) x`, "yes"},
		{`SELECT * FROM books WHERE author_id = ? FOR UPDATE`, "no"},
		{`SELECT * FROM books WHERE editor_id = ? FOR UPDATE SKIP LOCKED`, "yes"},
		{`UPDATE books SET price = 1 FROM authors a WHERE a.id = books.author_id AND a.email = ?`, "no"},
		{`UPDATE books SET price = 1 FROM authors a WHERE a.id = books.editor_id AND a.email = ?`, "yes"},
		{`DELETE FROM books USING authors a WHERE a.id = books.editor_id AND a.name = ?`, "no"},
		{`INSERT INTO authors (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name`, "none"},
		{`WITH x AS MATERIALIZED (SELECT * FROM books WHERE author_id = ?) SELECT * FROM x WHERE price > 3`, "no"},
		{`WITH x AS MATERIALIZED (SELECT * FROM books) SELECT * FROM x WHERE editor_id = ?`, "none"},
		{`WITH d AS (DELETE FROM books WHERE author_id = ? RETURNING id) SELECT * FROM d`, "no"},
		{`SELECT * FROM events WHERE at >= ? AND at < ?`, "no"},
		{`SELECT * FROM events WHERE who = ?`, "yes"},
		{`SELECT * FROM events WHERE who = ? AND at > ?`, "yes"},
		{`TABLE books`, "none"},
		{`VALUES (1), (2)`, "none"},
		{`SELECT * FROM books WHERE ctid = '(0,1)'`, "yes"},
		{`SELECT * FROM generate_series(1, 3) AS g JOIN books b ON b.id = g`, "yes"},
		{`SELECT * FROM generate_series(1, 3) AS g JOIN books b ON b.author_id = g`, "no"},
		{`SELECT * FROM unnest(?::bigint[]) AS k JOIN books b ON b.editor_id = k`, "yes"},
		{`SELECT * FROM (VALUES (1), (2)) AS v (k) JOIN books b ON b.author_id = v.k`, "no"},
		{`SELECT * FROM books WHERE (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT 10`, "yes"},
		{`SELECT * FROM books WHERE (price, id) < (?, ?)`, "no"},
		{`SELECT DISTINCT ON (author_id) * FROM books ORDER BY author_id, created DESC`, "none"},
		{`SELECT * FROM books TABLESAMPLE BERNOULLI (10)`, "none"},
		{`SELECT count(*) FILTER (WHERE author_id = ?) FROM books`, "none"},
		{`SELECT * FROM mat WHERE author_id = ?`, "no"},
		{`SELECT * FROM books WHERE id IN (SELECT id FROM books WHERE author_id = ? LIMIT 5)`, "no"},
		{`SELECT a.id FROM authors a JOIN books b USING (id) WHERE a.id = ?`, "yes"},
		{`SELECT a.id FROM authors a NATURAL JOIN docs d WHERE a.id = ?`, "yes"},
		{`SELECT a.id FROM authors a FULL JOIN books b ON b.id = a.id WHERE a.name = ?`, "no"},
	},
	"mysql": {
		{`SELECT * FROM books WHERE isbn = 5`, "form"},
		{`SELECT * FROM books WHERE isbn = '5'`, "yes"},
		{`SELECT * FROM books WHERE editor_id = '5'`, "yes"},
		{`SELECT * FROM books WHERE JSON_EXTRACT(data, '$.k') = ?`, "no"},
		{`SELECT * FROM books WHERE isbn REGEXP '^9'`, "form"},
		{`SELECT * FROM books WHERE DATE(created) = ?`, "form"},
		{`SELECT * FROM books WHERE YEAR(created) = 2026`, "form"},
		{`SELECT * FROM books WHERE editor_id <=> ?`, "yes"},
		{`SELECT * FROM books WHERE author_id <=> ?`, "no"},
		{`UPDATE books b JOIN authors a ON a.id = b.author_id SET b.price = 1 WHERE a.email = ?`, "no"},
		{`UPDATE books b JOIN authors a ON a.id = b.editor_id SET b.price = 1 WHERE a.email = ?`, "yes"},
		{`DELETE b FROM books b JOIN authors a ON a.id = b.author_id WHERE a.email = ?`, "no"},
		{`INSERT INTO authors (id, name) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name)`, "none"},
		{`SELECT * FROM books WHERE author_id = ? FOR UPDATE`, "no"},
		{`SELECT * FROM books WHERE author_id = ? LOCK IN SHARE MODE`, "no"},
		{`SELECT * FROM books FORCE INDEX (books_editor) WHERE author_id = ?`, "no"},
		{`SELECT STRAIGHT_JOIN a.name FROM authors a JOIN books b ON b.editor_id = a.id WHERE a.id = ?`, "yes"},
		{`SELECT * FROM docs WHERE MATCH (title) AGAINST ('x')`, "yes"},
		{`SELECT * FROM docs WHERE slug = ?`, "yes"},
		{`SELECT * FROM docs WHERE slug LIKE 'abc%'`, "yes"},
		{`SELECT * FROM docs WHERE slug LIKE ?`, "open"},
		{`SELECT * FROM docs WHERE done = 1`, "no"},
		{`SELECT * FROM docs WHERE done`, "none"},
		{`SELECT SQL_CALC_FOUND_ROWS * FROM books WHERE author_id = ? LIMIT 3`, "no"},
		{`SELECT * FROM books WHERE tenant = ? AND status LIKE ?`, "yes"},
		{`SELECT * FROM books WHERE isbn IN ('1', '2')`, "yes"},
		{`SELECT * FROM books WHERE isbn = editor_id`, "none"},
		{`SELECT b.id FROM books b JOIN docs d ON d.slug = b.editor_id WHERE b.id = ?`, "form"},
	},
	"sqlite": {
		{`SELECT * FROM books WHERE rowid = ?`, "yes"},
		{`SELECT * FROM main.books WHERE author_id = ?`, "no"},
		{`SELECT * FROM "books" WHERE "author_id" = ?`, "no"},
		{`SELECT * FROM [books] AS [b c] WHERE [b c].editor_id = ?`, "yes"},
		{`SELECT * FROM books INDEXED BY books_editor WHERE editor_id = ?`, "yes"},
		{`SELECT * FROM books NOT INDEXED WHERE editor_id = ?`, "form"},
		{`SELECT * FROM books WHERE isbn GLOB '97*'`, "yes"},
		{`SELECT * FROM books WHERE json_extract(data, '$.k') = ?`, "no"},
		{`SELECT * FROM books WHERE data ->> 'k' = ?`, "no"},
		{`SELECT b.* FROM json_each(?) AS j JOIN books b ON b.id = j.value`, "yes"},
		{`SELECT b.* FROM json_each(?) AS j JOIN books b ON b.author_id = j.value`, "no"},
		{`SELECT * FROM books WHERE id IN (SELECT value FROM json_each(?))`, "yes"},
		{`SELECT * FROM books WHERE isbn = ? COLLATE NOCASE`, "form"},
		{`SELECT * FROM docs WHERE slug LIKE 'a%'`, "yes"},
		{`SELECT * FROM docs WHERE slug = 'A'`, "yes"},
		{`SELECT * FROM docs WHERE slug LIKE ?`, "open"},
		{`SELECT * FROM books WHERE isbn GLOB ?`, "open"},
		{`SELECT * FROM docs WHERE k = ?`, "yes"},
		{`SELECT * FROM docs WHERE state = ?`, "open"},
		{`SELECT * FROM docs WHERE state = 'open'`, "yes"},
		{`SELECT * FROM docs WHERE state = 'shut'`, "no"},
		{`SELECT * FROM pairs WHERE a = ?`, "yes"},
		{`SELECT * FROM pairs WHERE b = ?`, "no"},
		{`SELECT * FROM books WHERE datetime(created) > ?`, "form"},
		{`UPDATE books SET price = 1 WHERE author_id = ? RETURNING id`, "no"},
		{`UPDATE books SET price = a.id FROM authors a WHERE a.id = books.author_id AND books.id = ?`, "yes"},
		{`SELECT * FROM books WHERE +editor_id = ?`, "form"},
		{`SELECT * FROM books WHERE editor_id = :id`, "yes"},
		{`SELECT * FROM books WHERE author_id = @id`, "no"},
		{`SELECT * FROM books WHERE author_id = ?1 AND title = ?1`, "no"},
		{`SELECT * FROM books WHERE isbn = 5`, "yes"},
		{`SELECT * FROM books WHERE likely(editor_id = ?)`, "open"},
		{`SELECT * FROM books b1 WHERE price = (SELECT max(price) FROM books b2 WHERE b2.author_id = b1.author_id)`, "no"},
		{`SELECT * FROM books WHERE author_id IN (1,2) AND editor_id > 5`, "yes"},
		{`SELECT title FROM books WHERE editor_id=? UNION SELECT title FROM books WHERE author_id=?`, "no"},
		{`SELECT title FROM books WHERE editor_id=? UNION SELECT title FROM books WHERE id=?`, "yes"},
	},
}

// planOwnSchema is what they need beside the bookshop.
var planOwnSchema = map[string][]string{
	"postgres": {`CREATE TABLE docs (id bigint PRIMARY KEY, title text, slug text, kind text, state text, done boolean, tags text[], body jsonb)`, `CREATE INDEX ON docs USING gin (body)`, `CREATE INDEX ON docs ((body->>'k'))`, `CREATE INDEX ON docs USING hash (kind)`, `CREATE INDEX ON docs (state) WHERE state = 'open'`, `CREATE INDEX ON docs (slug text_pattern_ops)`,
		`CREATE TABLE events (who int, at timestamptz) PARTITION BY RANGE (at)`, `CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`, `CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`, `CREATE INDEX ON events (who)`, `CREATE MATERIALIZED VIEW mat AS SELECT * FROM books`},
	"mysql":  {`CREATE TABLE docs (id bigint PRIMARY KEY, title varchar(100), slug varchar(100), done boolean, FULLTEXT (title), KEY (slug(10)))`},
	"sqlite": {`CREATE TABLE docs (id INTEGER PRIMARY KEY, slug TEXT COLLATE NOCASE, state text, k text GENERATED ALWAYS AS (slug || 'x'))`, `CREATE INDEX d1 ON docs (slug)`, `CREATE INDEX d2 ON docs (state) WHERE state = 'open'`, `CREATE INDEX d3 ON docs (k)`, `CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b)) WITHOUT ROWID`},
}

// What one system has by itself: other kinds of indexes, operators and forms.
func TestPlanVerdictsOfOneSystem(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		execute(t, db, planOwnSchema[system]...)
		db.SetMaxOpenConns(1) // it is given back each time
		decided := 0
		for _, c := range planOwnCases[system] {
			got := verdictOf(t, explain.SQL(db), rebind(system, c.query))
			if got.Verdict != explain.Unknown {
				decided++
			}
			if want := planVerdicts[c.want]; got.Verdict != want {
				t.Errorf("%s: %s, want %s\n%s%s", c.query, got.Verdict, want, describe(got), brief(strings.Join(strings.Fields(got.Text), " ")))
			}
		}
		t.Logf("%d of %d decided", decided, len(planOwnCases[system]))
	})
}
