// Command pgx-app is two pages of a bookshop on pgx's own pool, with queries by sqlc: one
// that asks too much, and its repair. It fills a schema of its own in the database of
// DATABASE_URL, and takes it away at the end.
//
//	DATABASE_URL=postgres://... go run ./examples/pgx-app
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/pgx-app/store"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/pgxwrap"
)

func main() {
	if err := run(context.Background(), os.Getenv("DATABASE_URL")); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, dsn string) (err error) {
	if dsn == "" {
		return errors.New("pgx-app: DATABASE_URL is not set")
	}
	pool, err := open(ctx, dsn, "pgx_app")
	if err != nil {
		return err
	}
	defer pool.Close()
	ctx = budget.Without(ctx)
	if _, err := pool.Exec(ctx, "CREATE SCHEMA pgx_app"); err != nil {
		return err
	}
	defer func() {
		_, dropErr := pool.Exec(ctx, "DROP SCHEMA pgx_app CASCADE")
		err = errors.Join(err, dropErr)
	}()
	s := store.New(pool)
	if err := s.Fill(ctx, authors()); err != nil {
		return err
	}
	h := routes(s, slog.Default())
	for _, path := range []string{"/bad/authors", "/authors"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	return nil
}

// open makes a pool whose queries count, in a schema.
func open(ctx context.Context, dsn, schema string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["search_path"] = schema
	pgxwrap.Config(config)
	return pgxpool.NewWithConfig(ctx, config)
}

func routes(s *store.Store, logger *slog.Logger) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.Track(slogbudget.Reporter(logger)))
	limited := r.With(middleware.Limit(budget.Budget{Queries: 3}))
	limited.Get("/bad/authors", answer(s.AuthorsSlowly))
	limited.Get("/authors", answer(s.Authors))
	return r
}

func answer(ask func(context.Context) ([]store.Author, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		authors, err := ask(r.Context())
		if err != nil {
			if !middleware.AnswerExceeded(w, err) {
				http.Error(w, "no authors today", http.StatusInternalServerError)
			}
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(authors)
	}
}

// authors are twenty, with two books each.
func authors() (out []store.Author) {
	for i := range 20 {
		out = append(out, store.Author{Name: fmt.Sprint("Author ", i+1), Books: []string{fmt.Sprint("Book ", i), fmt.Sprint("Other book ", i)}})
	}
	return out
}
