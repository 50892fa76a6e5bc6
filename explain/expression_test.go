package explain

import (
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// shop is a table of books as the catalogue has it.
func shop() *table {
	return &table{
		name:    "books",
		columns: map[string]string{"id": "bigint", "author_id": "bigint", "title": "text", "isbn": "character varying", "price": "int", "status": "text"},
		indexes: []index{
			{name: "books_pkey", method: "btree", columns: []string{"id"}},
			{name: "books_isbn", method: "btree", columns: []string{"isbn"}},
			{name: "books_sold", method: "btree", columns: []string{"price"}, where: "status = 'sold'"},
		},
	}
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		condition string
		verdict   Verdict
		columns   string
	}{
		{"", NoCondition, ""},
		{"b.author_id = $1", NotIndexed, "author_id"},
		{"((b.price > $1) AND (b.author_id = $2))", NotIndexed, "author_id price"},
		{"$1 = b.author_id", NotIndexed, "author_id"},
		{"a.id = b.author_id", NotIndexed, "author_id"},
		{"b.author_id IN (1, 2)", NotIndexed, "author_id"},
		{"b.author_id = ANY ('{1,2}'::bigint[])", NotIndexed, "author_id"},
		{"b.author_id BETWEEN 1 AND 2 AND b.title = 'x'", NotIndexed, "title author_id"},
		{"b.author_id IS NULL", NotIndexed, "author_id"},
		{"ROW(b.author_id, b.title) > ROW($1, $2)", NotIndexed, "author_id title"},
		{"b.author_id <> ALL ('{1}'::bigint[])", NoCondition, ""},
		{"NOT (b.author_id = 1)", NoCondition, ""},
		{"NOT (b.author_id < 1)", NotIndexed, "author_id"},
		{"b.author_id IS NOT NULL", NoCondition, ""},
		{"b.author_id = b.id", NoCondition, ""},
		{"b.author_id = random() * 10", NoCondition, ""},
		{"b.id % 2 = 1", Unusable, "b.id % ?"},
		{"(b.isbn)::text = $1", Unusable, "isbn"},
		{"(b.isbn)::bigint = $1", Unusable, "(b.isbn)::bigint"},
		{"lower(b.title) = 'x'", NotIndexed, "lower(b.title)"},
		{"b.title ~~ '%x'::text", Unusable, "title"},
		{"b.title ~~ 'x%'::text", NotIndexed, "title"},
		{"b.title ~~ $1", Unknown, ""},
		{"b.title ~~ $1 AND b.author_id = $2", NotIndexed, "author_id"},
		{"($1 IS NULL) OR (b.author_id = $1)", Unknown, ""},
		{"b.author_id = COALESCE($1, b.author_id)", Unknown, ""},
		{"CASE WHEN $1 THEN b.author_id = $2 ELSE true END", Unknown, ""},
		{"b.author_id = $1 OR b.title = $2", NotIndexed, "author_id title"},
		{"b.author_id = $1 OR b.title <> $2", NoCondition, ""},
		{"b.author_id = $1 OR b.title ~~ '%x'", Unusable, "title"},
		{"b.id = $1 OR lower(b.isbn) = $2", Unusable, "lower(b.isbn)"},
		{"b.price = $1", NotIndexed, "price"},
		{"b.price = $1 AND b.status = $2", Unknown, "price"},
	} {
		r := &read{target: target{alias: "b", table: shop(), truth: true}, filter: predicates(tokensOf(statement.PostgreSQL, test.condition))}
		a := judgeAll([]*read{r})[0]
		if a.Verdict != test.verdict || test.columns != "" && strings.Join(a.Columns, " ") != test.columns {
			t.Errorf("%s: %s of %q, want %s of %q", test.condition, a.Verdict, a.Columns, test.verdict, test.columns)
		}
		if a.Verdict != NoCondition && a.Reason == "" {
			t.Errorf("%s: no reason", test.condition)
		}
	}
}

func TestScopes(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string // tables with their aliases, and the number of conditions, for each scope
	}{
		{"SELECT * FROM books WHERE id = ?", []string{"books=books 1"}},
		{"SELECT * FROM main.books AS b, authors a WHERE a.id = b.author_id AND b.id = 1", []string{"books=b authors=a 2"}},
		{"SELECT * FROM books b LEFT JOIN authors a ON a.id = b.author_id WHERE b.id IN (SELECT id FROM sales WHERE day > ?) ORDER BY 1", []string{"books=b authors=a 2", "sales=sales 1"}},
		{"SELECT * FROM books b JOIN authors a USING (author_id)", []string{"books=b authors=a 1"}},
		{"UPDATE books SET price = 1 WHERE id = 2", []string{"books=books 1"}},
		{"DELETE FROM books WHERE id = 2 RETURNING id", []string{"books=books 1"}},
		{"INSERT INTO books (id) SELECT id FROM drafts WHERE id = 1 ON CONFLICT DO UPDATE SET id = 2", []string{"drafts=drafts 1"}},
		{"WITH c AS (SELECT * FROM books WHERE id = 1) SELECT * FROM c WHERE id IS DISTINCT FROM 2", []string{"c=c 1", "books=books 1"}},
		{"SELECT 1 FROM books WHERE id = 1 UNION ALL SELECT 2 FROM authors", []string{"books=books 1", "authors=authors 0"}},
		{"SELECT * FROM (SELECT * FROM books) AS x WHERE x.id = 1", []string{"=x 1", "books=books 0"}},
	} {
		var got []string
		for _, s := range scopes(tokensOf(statement.SQLite, test.text)) {
			var parts []string
			for _, f := range s.tables {
				parts = append(parts, f.name+"="+f.alias)
			}
			got = append(got, strings.Join(append(parts, string(rune('0'+len(s.conditions)))), " "))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%q, want\n%q", test.text, got, test.want)
		}
	}
}

// Nothing that is read may panic or hang, and no literal of the text shows.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		"b.a = 'secret' AND (b.c IN (1) OR NOT b.d)", "((", "))", "a BETWEEN AND", "NOT", "NOT NOT a = 1", "a LIKE", "CASE WHEN a THEN b END = 'secret'",
		"SELECT * FROM b WHERE a = (SELECT 'secret' FROM b WHERE", "WITH a AS (SELECT 1 FROM a) SELECT * FROM a, a WHERE a.a = 1", "a::b[1] = 'secret'", "ROW(a, b) < (1, 2)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range []statement.Dialect{statement.PostgreSQL, statement.MySQL, statement.SQLite} {
			tokens := tokensOf(d, text)
			r := &read{target: target{alias: "b", table: shop()}, filter: predicates(tokens)}
			a := judgeAll([]*read{r})[0]
			for _, token := range tokens {
				if token.literal && len(token.text) > 8 && (strings.Contains(a.Reason, token.text) || strings.Contains(a.Condition, token.text)) {
					t.Errorf("%s shows in %q of %q", token.text, a.Reason, text)
				}
			}
			all := scopes(numbered(d, text))
			for _, s := range all {
				for _, f := range s.tables {
					conditionsOf(all, s, f.alias, map[*scope]bool{})
				}
			}
		}
	})
}
