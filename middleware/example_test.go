package middleware_test

import (
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/exporters/textbudget"
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

// A group has a limit, one of its routes has another, and one has none: the innermost wins.
func ExampleLimit() {
	r := chi.NewRouter()
	r.Use(middleware.Track(slogbudget.Reporter(slog.Default())))
	r.Group(func(r chi.Router) {
		r.Use(middleware.Limit(budget.Budget{Queries: 10, Time: time.Second}))
		r.Get("/authors", listAuthors)
		r.With(middleware.Limit(budget.Budget{Queries: 3, Mode: budget.Enforce})).Get("/authors/{id}", listAuthors)
		r.With(middleware.Limit(budget.Budget{})).Get("/export", listAuthors)
	})
}

// In development: the count of queries in the browser's tools, n+1 loops proven by values,
// and a word about requests that hang.
func ExampleOptions() {
	options := middleware.Options{
		Header: true,
		Bounds: budget.Bounds{TrackValues: true, Texts: true, Rules: budget.Rules{Hints: true}},
		Alarm:  &budget.Alarm{After: 5 * time.Second},
	}
	r := chi.NewRouter()
	r.Use(options.Track(textbudget.Reporter(os.Stderr)))
	r.Get("/authors", listAuthors)
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
