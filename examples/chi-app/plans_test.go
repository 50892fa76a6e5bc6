package main

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/sqlwrap"
)

// The bookshop has one missing index, which two pages need: that of a book's publisher.
// MariaDB makes it by itself, for the foreign key.
func TestIndexedPages(t *testing.T) {
	mainDatabases(t, func(t *testing.T, dsn string) {
		db, err := shop.Open(t.Context(), dsn, 20, sqlwrap.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		s := store.New(db.DB)
		handler := shop.Routes(s, slog.New(slog.DiscardHandler))
		check := func() (found []string) {
			for _, p := range shop.Pages(s) {
				if p.Pattern == "/bad/search" {
					continue // it takes its time, and reads no table
				}
				text := failure(t, func(tb budgettest.TB) {
					budgettest.Want{Indexed: explain.SQL(db.DB.DB)}.Check(tb, handler, httptest.NewRequest(p.Method, p.Path, nil))
				})
				if strings.Contains(text, "no plan") {
					t.Errorf("%s: %s", p.Pattern, text)
				}
				if strings.Contains(text, "missing-index") {
					found = append(found, p.Pattern)
					if !strings.Contains(text, "reads all of books: no index begins with publisher_id") || !strings.Contains(text, "ON books (publisher_id) serves it (checked: ") {
						t.Errorf("%s: %s", p.Pattern, text)
					}
				}
			}
			return found
		}
		var want []string
		if !strings.HasSuffix(t.Name(), "/mysql") {
			want = []string{"/bad/publishers", "/publishers"}
		}
		if got := check(); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if _, err := db.ExecContext(t.Context(), "CREATE INDEX books_of_publisher ON books (publisher_id)"); err != nil {
			t.Fatal(err)
		}
		if got := check(); len(got) > 0 {
			t.Errorf("with the index: %q", got)
		}
	})
}

// Plans are the same with each driver, also with one that would send two statements.
func TestPlansOfDrivers(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		for _, statement := range []string{"CREATE TABLE books (id int PRIMARY KEY, author_id int, title varchar(20))", "INSERT INTO books (id, author_id) VALUES (1, 1)"} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		for query, want := range map[string]explain.Verdict{
			"SELECT title FROM books WHERE author_id = ?": explain.NotIndexed, "SELECT title FROM books WHERE id = ?": explain.Indexed,
			"SELECT title FROM books WHERE author_id = 7": explain.NotIndexed, "UPDATE books SET title = ? WHERE author_id = ?": explain.NotIndexed,
		} {
			for _, args := range [][]any{nil, {1}, {"x", 1}} {
				if args != nil && len(args) != strings.Count(query, "?") {
					continue
				}
				r, err := explain.Options{TryIndexes: true}.Plan(t.Context(), explain.SQL(db), d.rebind(query), args...)
				if err != nil {
					t.Errorf("%s of %v: %v", query, args, err)
					continue
				}
				if r.Verdict != want || want == explain.NotIndexed && r.Tables[0].Proposal == nil {
					t.Errorf("%s of %v: %s, %+v", query, args, r.Verdict, r.Tables)
				}
			}
		}
		_, err := explain.Plan(t.Context(), explain.SQL(db), "SELECT 1; DELETE FROM books")
		if !errors.Is(err, explain.ErrRefused) {
			t.Errorf("two statements: %v", err)
		}
		var left int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM books").Scan(&left); err != nil || left != 1 {
			t.Errorf("%d rows are left, %v", left, err)
		}
	})
}
