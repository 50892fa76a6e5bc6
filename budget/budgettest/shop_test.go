package budgettest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/middleware"
)

// shop is code to test: it lists the books of authors.
type shop struct {
	db      *sql.DB
	authors int
}

// newShop has so many authors, each with two books.
func newShop(t budgettest.TB, authors int) *shop {
	return &shop{openFake(t, func(text string) int {
		switch {
		case strings.Contains(text, "FROM authors"):
			return authors
		case strings.Contains(text, "JOIN"):
			return 2 * authors
		default:
			return 2
		}
	}), authors}
}

func (s *shop) ints(ctx context.Context, query string, args ...any) (out []int64, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // a test
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

func (s *shop) slowly(ctx context.Context) error {
	ids, err := s.ints(ctx, "SELECT id FROM authors")
	for _, id := range ids {
		if _, err := s.ints(ctx, "SELECT id FROM books WHERE author_id = ?", id); err != nil {
			return err
		}
	}
	return err
}

// counted reads and writes for each author.
func (s *shop) counted(ctx context.Context) error {
	ids, err := s.ints(ctx, "SELECT id FROM authors")
	for _, id := range ids {
		if _, err := s.ints(ctx, "SELECT count(*) FROM books WHERE author_id = ?", id); err != nil {
			return err
		}
		if _, err := s.db.ExecContext(ctx, "UPDATE authors SET name = ? WHERE id = ?", "x", id); err != nil {
			return err
		}
	}
	return err
}

func (s *shop) joined(ctx context.Context) error {
	_, err := s.ints(ctx, "SELECT b.id FROM books b JOIN writers a ON a.id = b.author_id")
	return err
}

// quadratic asks for each pair of authors.
func (s *shop) quadratic(ctx context.Context) error {
	ids, err := s.ints(ctx, "SELECT id FROM authors")
	for _, a := range ids {
		for _, b := range ids {
			if _, err := s.ints(ctx, "SELECT id FROM friends WHERE a = ? AND b = ?", a, b); err != nil {
				return err
			}
		}
	}
	return err
}

// inBatches asks for ten authors at once.
func (s *shop) inBatches(ctx context.Context) error {
	ids, err := s.ints(ctx, "SELECT id FROM authors")
	for len(ids) > 0 {
		n := min(len(ids), 4)
		args := make([]any, n)
		for i := range args {
			args[i] = ids[i]
		}
		query := fmt.Sprintf("SELECT id FROM books WHERE author_id IN (?%s)", strings.Repeat(", ?", n-1))
		if _, err := s.ints(ctx, query, args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return err
}

// walk asks for the parts of each part, one level below the other.
func (s *shop) walk(ctx context.Context, level int) error {
	if level == 0 {
		return nil
	}
	if _, err := s.ints(ctx, "SELECT id FROM parts WHERE part_of = ?", level); err != nil {
		return err
	}
	return s.walk(ctx, level-1)
}

// walkAll walks from each level.
func (s *shop) walkAll(ctx context.Context, level int) error {
	for n := range level + 1 {
		if err := s.walk(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// steps asks on a line of its own for each row.
func (s *shop) steps(ctx context.Context, n int) (err error) {
	visit := func() error {
		_, err := s.ints(ctx, "SELECT id FROM visits WHERE visitor = ?", n)
		return err
	}
	for _, step := range []func() error{
		func() error { return visit() },
		func() error { return visit() },
		func() error { return visit() },
		func() error { return visit() },
		func() error { return visit() },
		func() error { return visit() },
	}[:n] {
		err = errors.Join(err, step())
	}
	return err
}

// halve walks a balanced tree, a level at a time.
func (s *shop) halve(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	if _, err := s.ints(ctx, "SELECT id FROM parts WHERE part_of = ?", n); err != nil {
		return err
	}
	return s.halve(ctx, n/2)
}

// tables asks each customer's table.
func (s *shop) tables(ctx context.Context, n int) error {
	for i := range n {
		if _, err := s.ints(ctx, fmt.Sprintf("SELECT id FROM orders_of_%s WHERE open = ?", letters(i)), i); err != nil {
			return err
		}
	}
	return nil
}

func letters(n int) string {
	return string(rune('a'+n/26)) + string(rune('a'+n%26))
}

// visitors pass one function through more and more closures.
func (s *shop) visitors(ctx context.Context, n int) error {
	visit := func() error { return nil }
	for i := range n {
		next := visit
		visit = func() error {
			if _, err := s.ints(ctx, "SELECT id FROM visits WHERE visitor = ?", i); err != nil {
				return err
			}
			return next()
		}
	}
	return visit()
}

// optional asks for more where there is much.
func (s *shop) optional(ctx context.Context, n int) error {
	if _, err := s.ints(ctx, "SELECT id FROM pages"); n < 6 {
		return err
	}
	for _, query := range []string{"SELECT count(*) FROM pages", "SELECT id FROM filters", "SELECT id FROM facets"} {
		if _, err := s.ints(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// rename writes.
func (s *shop) rename(ctx context.Context, n int) error {
	for i := range n {
		if _, err := s.db.ExecContext(ctx, "UPDATE authors SET name = ? WHERE id = ?", "x", i); err != nil {
			return err
		}
	}
	return nil
}

// routes serves pages, each with the same budget.
func (s *shop) routes(b budget.Budget) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.Track())
	page := func(f func(context.Context) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := f(r.Context()); err != nil && !middleware.AnswerExceeded(w, err) {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}
	}
	limited := r.With(middleware.Limit(b))
	limited.Get("/authors", page(s.joined))
	limited.Get("/bad/authors", page(s.slowly))
	limited.Get("/counted", page(s.counted))
	limited.Get("/nothing", page(func(context.Context) error { return nil }))
	limited.Get("/lost", page(func(context.Context) error { return s.joined(context.Background()) }))
	limited.Get("/aborted", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	limited.Get("/panics", func(http.ResponseWriter, *http.Request) { panic("oops") })
	r.Get("/unlimited/{id}", page(s.joined))
	return r
}
