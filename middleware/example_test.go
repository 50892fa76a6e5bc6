package middleware_test

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/middleware"
)

func listAuthors(http.ResponseWriter, *http.Request) {}

func Example() {
	r := chi.NewRouter()
	r.Use(middleware.Track(slogbudget.Reporter(slog.Default())))
	r.With(middleware.Limit(budget.Budget{Queries: 3, Duplicates: budget.None})).Get("/authors", listAuthors)
}

// With net/http, Track goes around the mux and Limit around a handler.
func Example_serveMux() {
	mux := http.NewServeMux()
	mux.Handle("GET /authors", middleware.Limit(budget.Budget{Queries: 3})(http.HandlerFunc(listAuthors)))
	handler := middleware.Track(slogbudget.Reporter(slog.Default()))(mux)
	_ = handler
}

func ExampleAnswerExceeded() {
	var list func(*http.Request) error
	handler := func(w http.ResponseWriter, r *http.Request) {
		if err := list(r); err != nil {
			if !middleware.AnswerExceeded(w, err) {
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
			return
		}
	}
	_ = handler
}
