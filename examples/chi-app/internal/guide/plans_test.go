package guide

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/jmoiron/sqlx"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

const createIndex = "CREATE INDEX books_author_id ON books (author_id)"

// TitlesOf is the page's example: right, and slow once there are many books.
func (s *Store) TitlesOf(ctx context.Context, author string) (titles []string, err error) {
	err = s.db.SelectContext(ctx, &titles, "SELECT title FROM books WHERE author_id = ? ORDER BY id", author)
	return titles, err
}

func books(db *sql.DB) http.Handler {
	store := &Store{sqlx.NewDb(db, "sqlite")}
	r := chi.NewRouter()
	r.Use(middleware.Track())
	r.With(middleware.Limit(budget.Budget{Queries: 1})).Get("/authors/{id}/books", func(w http.ResponseWriter, r *http.Request) {
		titles, err := store.TitlesOf(r.Context(), chi.URLParam(r, "id"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(titles)
	})
	return r
}

// The page's first half: the test fails, with the text that the page shows.
func TestPlansPageFails(t *testing.T) {
	db := testDB(t)
	r := failure(t, func(t budgettest.TB) {
		budgettest.Want{Indexed: explain.SQL(db)}.Check(t, books(db), httptest.NewRequest("GET", "/authors/1/books", nil))
	})
	page, err := os.ReadFile("../../../../docs/plans.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("internal/guide/plans_test.go", "store.go", "guide.(", "store.(").Replace(r)
	if text == "" || !strings.Contains(anyLine.ReplaceAllString(string(page), "store.go"), anyLine.ReplaceAllString(text, "store.go")) {
		t.Errorf("docs/plans.md does not have\n%s", text)
	}
}

func TestListAuthorsIsIndexed(t *testing.T) {
	db := indexedDB(t)
	budgettest.Want{Indexed: explain.SQL(db)}.Check(t, books(db), httptest.NewRequest("GET", "/authors/1/books", nil))
}

func indexedDB(t *testing.T) *sql.DB {
	db := testDB(t)
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), createIndex); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestPlanOfTheDocumentation(t *testing.T) {
	db, ctx := testDB(t), t.Context()
	result, err := explain.Plan(ctx, explain.SQL(db), "SELECT title FROM books WHERE author_id = ?")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range result.Faults() {
		t.Log(&table) // reads all of books: no index begins with author_id
	}
	if result.Verdict != explain.NotIndexed {
		t.Errorf("%s", result.Verdict)
	}
}

// The loop of docs/tests.md, with a handle that keeps arguments: its repair is tried.
func TestRepairOfTheDocumentation(t *testing.T) {
	db := budgettest.SQLite(t, sqlwrap.Config{Arguments: true}.Open, "sqlite", createAuthors, createBooks)
	if err := insertAuthors(t.Context(), db, 5); err != nil {
		t.Fatal(err)
	}
	store := &Store{sqlx.NewDb(db, "sqlite")}
	text := failure(t, func(t budgettest.TB) {
		budgettest.Run(t, budgettest.Want{Repairs: explain.SQL(db)}, func(ctx context.Context) {
			_, _ = store.Authors(ctx)
		})
	})
	if !strings.Contains(text, "; tried: one query gives the same 5 rows: ") {
		t.Error(text)
	}
}

func TestProofOfTheDocumentation(t *testing.T) {
	db := budgettest.SQLite(t, sqlwrap.Config{Arguments: true}.Open, "sqlite", createAuthors, createBooks)
	if err := insertAuthors(t.Context(), db, 5); err != nil {
		t.Fatal(err)
	}
	store := &Store{sqlx.NewDb(db, "sqlite")}
	ctx, unit := budget.NewContext(t.Context())
	if _, err := store.Authors(ctx); err != nil {
		t.Fatal(err)
	}
	report := unit.Report()
	for i := range report.Findings {
		proof, err := explain.Repair(ctx, explain.SQL(db), report, &report.Findings[i])
		if err != nil || !proof.Same {
			t.Errorf("%v, %v", proof, err)
		}
	}
	keys, err := explain.ForeignKeys(ctx, explain.SQL(db))
	if err != nil || len(keys) != 0 {
		t.Errorf("%v, %v", keys, err)
	}
}
