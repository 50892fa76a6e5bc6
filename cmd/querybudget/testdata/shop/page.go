package shop

import (
	"context"
	"fmt"
	"net/http"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// Routes serves the pages.
func Routes(s *Store) http.Handler {
	mux := http.NewServeMux()
	limit := middleware.Limit(budget.Budget{Queries: 30})
	mux.Handle("GET /authors", limit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := page(r.Context(), s)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, n)
	})))
	return middleware.Track()(mux)
}

func page(ctx context.Context, s *Store) (n int, err error) {
	authors, err := s.Authors(ctx)
	if err != nil || len(authors) == 0 {
		return 0, err
	}
	books, err := s.Books(ctx, authors[0], authors[len(authors)-1])
	return len(books), err
}
