package guide

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

const (
	createAuthors = "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT)"
	createBooks   = "CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT)"
)

// Author is an author with the titles of the books.
type Author struct {
	ID     int64    `db:"id"`
	Name   string   `db:"name"`
	Titles []string `db:"-"`
}

// Store is the code under test.
type Store struct{ db *sqlx.DB }

// Authors is the page's example, with the mistake that its tests find.
func (s *Store) Authors(ctx context.Context) ([]Author, error) {
	var authors []Author
	if err := s.db.SelectContext(ctx, &authors, "SELECT id, name FROM authors"); err != nil {
		return nil, err
	}
	for i := range authors {
		a := &authors[i]
		if err := s.db.SelectContext(ctx, &a.Titles, "SELECT title FROM books WHERE author_id = ?", a.ID); err != nil {
			return nil, err
		}
	}
	return authors, nil
}

// AuthorsAtOnce is the repair.
func (s *Store) AuthorsAtOnce(ctx context.Context) ([]Author, error) {
	var rows []struct {
		Author
		Title string `db:"title"`
	}
	err := s.db.SelectContext(ctx, &rows, "SELECT a.id, a.name, b.title FROM authors a JOIN books b ON b.author_id = a.id ORDER BY a.id")
	var authors []Author
	for _, r := range rows {
		if n := len(authors); n == 0 || authors[n-1].ID != r.ID {
			authors = append(authors, r.Author)
		}
		last := &authors[len(authors)-1]
		last.Titles = append(last.Titles, r.Title)
	}
	return authors, err
}

// list is what the route calls: Authors on the page's first half, then the repair.
var list = (*Store).AuthorsAtOnce

func listAuthors(s *Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		authors, err := list(s, r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(authors)
	}
}

func routes(db *sql.DB) http.Handler {
	store := &Store{sqlx.NewDb(db, "sqlite")}
	r := chi.NewRouter()
	r.Use(middleware.Track())
	r.With(middleware.Limit(budget.Budget{Queries: 3})).Get("/authors", listAuthors(store))
	return r
}

func testDB(t budgettest.TB) *sql.DB {
	db := budgettest.SQLite(t, sqlwrap.Open, "sqlite", createAuthors, createBooks)
	if err := insertAuthors(t.Context(), db, 5); err != nil {
		t.Fatalf("%v", err)
	}
	return db
}

func insertAuthors(ctx context.Context, db *sql.DB, n int) error {
	for i := range n {
		if _, err := db.ExecContext(budget.Without(ctx), "INSERT INTO authors (id, name) VALUES (?, 'A'); INSERT INTO books (author_id, title) VALUES (?, 'B')", i+1, i+1); err != nil {
			return err
		}
	}
	return nil
}

func TestListAuthors(t *testing.T) { // the limit is written once, at the route
	budgettest.Check(t, routes(testDB(t)), httptest.NewRequest("GET", "/authors", nil))
}

func TestRenameWritesOnce(t *testing.T) {
	db := testDB(t)
	budgettest.Run(t, budgettest.Want{
		Writes:         budgettest.Exactly(1),
		Rows:           budgettest.AtMost(10),
		Runs:           []string{"UPDATE authors"},
		Never:          []string{"SELECT books"},
		Tables:         []string{"authors"},
		OneTransaction: true,
	}, func(ctx context.Context) {
		if err := rename(ctx, db, 1, "B"); err != nil {
			t.Error(err)
		}
	})
}

func rename(ctx context.Context, db *sql.DB, id int, name string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, "UPDATE authors SET name = ? WHERE id = ?", name, id); err != nil {
		return err
	}
	return tx.Commit()
}

func TestLegacyCode(t *testing.T) {
	db := testDB(t)
	budgettest.Run(t, budgettest.Want{DB: db, Queries: budgettest.AtMost(2)}, func(context.Context) {
		legacyCount(db) // it takes no context
	})
	budgettest.NoQueries(t, db, func(ctx context.Context) { renderPage() })
}

func legacyCount(db *sql.DB) (n int) {
	_ = db.QueryRow("SELECT count(*) FROM authors").Scan(&n)
	return n
}

func renderPage() {}

func TestAuthorsScale(t *testing.T) {
	seed := func(t budgettest.TB, n int) (*Store, error) {
		db := budgettest.SQLite(t, sqlwrap.Open, "sqlite", createAuthors, createBooks)
		return &Store{sqlx.NewDb(db, "sqlite")}, insertAuthors(t.Context(), db, n)
	}
	budgettest.Scale(t, []int{1, 5, 25}, seed, func(ctx context.Context, s *Store) error {
		_, err := s.AuthorsAtOnce(ctx)
		return err
	})
}

func TestAuthorsGrow(t *testing.T) {
	seed := func(t budgettest.TB, n int) (*Store, error) {
		db := budgettest.SQLite(t, sqlwrap.Open, "sqlite", createAuthors, createBooks)
		return &Store{sqlx.NewDb(db, "sqlite")}, insertAuthors(t.Context(), db, n)
	}
	run := func(ctx context.Context, s *Store) error { _, err := s.Authors(ctx); return err }
	budgettest.Scale(t, nil, seed, run,
		budgettest.Grows{Shape: "SELECT books", Queries: budgettest.Linear, Reason: "one shard for each author"},
	)
}

func TestAuthorsQueries(t *testing.T) {
	report, _ := budgettest.Check(t, routes(testDB(t)), httptest.NewRequest("GET", "/authors", nil))
	budgettest.Golden(t, report)
}

func TestAllowed(t *testing.T) {
	list = (*Store).Authors
	defer func() { list = (*Store).AuthorsAtOnce }()
	handler := routes(testDB(t))
	request := httptest.NewRequest("GET", "/authors", nil)
	if !fails(t, func(tb budgettest.TB) {
		budgettest.Want{
			Allow: []budget.Allowance{{Kind: budget.NPlusOne, Max: 20, Reason: "one per tenant, at most 20"}},
		}.Check(tb, handler, request)
	}, "queries  3 allowed, 6 seen") {
		t.Error("the allowance accepts the n+1, not the number")
	}
}

// On the page the code stands in a package of its own.
var (
	forThePage = strings.NewReplacer("internal/guide/guide_test.go", "store.go", "guide.(", "store.(", "TestFailuresOfTheGuide", "TestAuthorsScale")
	anyLine    = regexp.MustCompile(`store\.go:\d+`)
)

// The failures that docs/tests.md quotes are what is printed.
func TestFailuresOfTheGuide(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/tests.md")
	if err != nil {
		t.Fatal(err)
	}
	list = (*Store).Authors
	defer func() { list = (*Store).AuthorsAtOnce }()
	seed := func(t budgettest.TB, n int) (*Store, error) {
		db := budgettest.SQLite(t, sqlwrap.Open, "sqlite", createAuthors, createBooks)
		return &Store{sqlx.NewDb(db, "sqlite")}, insertAuthors(t.Context(), db, n)
	}
	for _, text := range []string{
		failure(t, func(tb budgettest.TB) {
			budgettest.Check(tb, routes(testDB(tb)), httptest.NewRequest("GET", "/authors", nil))
		}),
		failure(t, func(tb budgettest.TB) {
			budgettest.Scale(tb, nil, seed, func(ctx context.Context, s *Store) error { _, err := s.Authors(ctx); return err })
		}),
		failure(t, func(tb budgettest.TB) {
			report, _ := budgettest.Check(&quiet{T: t}, routes(testDB(t)), httptest.NewRequest("GET", "/authors", nil))
			budgettest.GoldenFile(tb, "testdata/querybudget/TestAuthorsQueries.txt", report)
		}),
	} {
		text = forThePage.Replace(text)
		if !strings.Contains(anyLine.ReplaceAllString(string(page), "store.go"), anyLine.ReplaceAllString(text, "store.go")) {
			t.Errorf("docs/tests.md does not have\n%s", text)
		}
	}
}

// quiet keeps what a test would fail with.
type quiet struct {
	*testing.T
	text strings.Builder
}

func (q *quiet) Errorf(format string, args ...any) { fmt.Fprintf(&q.text, format+"\n", args...) }

func (q *quiet) Fatalf(format string, args ...any) {
	q.Errorf(format, args...)
	runtime.Goexit()
}

func failure(t *testing.T, check func(budgettest.TB)) string {
	q := &quiet{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(q)
	}()
	<-done
	return q.text.String()
}

func fails(t *testing.T, check func(budgettest.TB), with string) bool {
	return strings.Contains(failure(t, check), with)
}
