package frameworks

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// The budgets of the pages.
var (
	few    = budget.Budget{Queries: 3}
	strict = budget.Budget{Queries: 3, Mode: budget.Enforce}
)

// shop is the application: pages that do not know who serves them.
type shop struct {
	db *sql.DB
	// shown is waited for in the middle of the export: the client has what was sent.
	shown <-chan struct{}
}

// page is work for one request. What it sends reaches the client at once where the
// server can do that.
type page func(ctx context.Context, id string, send func(string) error) error

// book asks once.
func (s *shop) book(ctx context.Context, id string, send func(string) error) error {
	var title string
	if err := s.db.QueryRowContext(ctx, "SELECT title FROM books WHERE id = ?", id).Scan(&title); err != nil { // asks
		return err
	}
	return send(title)
}

// books asks once more for each book.
func (s *shop) books(ctx context.Context, _ string, send func(string) error) error {
	ids, err := s.ids(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		var author string
		if err := s.db.QueryRowContext(ctx, "SELECT author FROM books WHERE id = ?", id).Scan(&author); err != nil { // loops
			return err
		}
	}
	return send("books")
}

func (s *shop) ids(ctx context.Context) (ids []string, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id FROM books")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// broken panics after a query.
func (s *shop) broken(ctx context.Context, id string, _ func(string) error) error {
	_ = s.book(ctx, id, func(string) error { return nil })
	panic("broken")
}

// export asks, sends, waits until the client has that, and goes on.
func (s *shop) export(ctx context.Context, id string, send func(string) error) error {
	if err := s.book(ctx, id, send); err != nil {
		return err
	}
	<-s.shown
	return s.book(ctx, id, send)
}

// lost asks twice, the second time with a context that is not the request's.
func (s *shop) lost(ctx context.Context, id string, send func(string) error) error {
	return s.loseTo(context.Background())(ctx, id, send)
}

// loseTo is like lost, with a context that a framework has beside the request's.
func (s *shop) loseTo(other context.Context) page {
	return func(ctx context.Context, id string, send func(string) error) error {
		if err := s.book(ctx, id, func(string) error { return nil }); err != nil {
			return err
		}
		return s.book(other, id, send)
	}
}

// serve is a page for net/http. Id finds the id in a request; nil takes PathValue's.
func serve(p page, id func(*http.Request) string) http.Handler {
	if id == nil {
		id = func(r *http.Request) string { return r.PathValue("id") }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, p(r.Context(), id(r), sender(w)))
	})
}

// sender writes what is sent, and flushes it.
func sender(w http.ResponseWriter) func(string) error {
	return func(text string) error {
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
		return http.NewResponseController(w).Flush()
	}
}

func answer(w http.ResponseWriter, err error) {
	if err != nil && !middleware.AnswerExceeded(w, err) {
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
}

// textOf is all that a page sends.
func textOf(ctx context.Context, p page, id string) (text string, err error) {
	err = p(ctx, id, func(sent string) error {
		text += sent
		return nil
	})
	return text, err
}
