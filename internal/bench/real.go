package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/middleware"
)

// realDatabase is a database to measure with.
type realDatabase struct {
	name   string
	driver driver.Driver
	dsn    string
	query  string
}

// realDatabases are SQLite in a temporary folder, and PostgreSQL where
// QUERYBUDGET_POSTGRES_DSN says.
func realDatabases(folder string) []realDatabase {
	out := []realDatabase{{"SQLite (modernc)", &sqlite.Driver{}, "file:" + filepath.Join(folder, "bench.db"), "SELECT ? + 0"}}
	if dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN"); dsn != "" {
		out = append(out, realDatabase{"PostgreSQL over loopback (pgx)", stdlib.GetDefaultDriver(), dsn, "SELECT $1::bigint + 0"})
	}
	return out
}

// queryRow is the operation QueryRow on a real database.
func (d realDatabase) queryRow() operation {
	return operation{d.name, func(db *sql.DB) (func(context.Context, int) error, error) {
		return func(ctx context.Context, n int) error {
			var id int64
			return db.QueryRowContext(ctx, d.query, n).Scan(&id)
		}, nil
	}}
}

// requests serves whole requests, of 20 queries through chi with Track, Limit and a
// record for slog, with and without querybudget in alternating blocks. It returns the ratios of throughput
// and of the 99th percentile.
func (d realDatabase) requests(rounds, times int) (throughput, p99 float64, err error) {
	serve := func(db *sql.DB, with bool) http.Handler {
		r := chi.NewRouter()
		if with {
			r.Use(middleware.Track(slogbudget.Options{Level: slog.LevelInfo}.Reporter(slog.New(slog.NewJSONHandler(io.Discard, nil)))))
			r.Use(middleware.Limit(budget.Budget{Queries: 100}))
		}
		r.Get("/authors/{id}", func(w http.ResponseWriter, r *http.Request) {
			for n := range perRequest {
				var id int64
				if err := db.QueryRowContext(r.Context(), d.query, n).Scan(&id); err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
			}
		})
		return r
	}
	plainDB, wrapped := openBare(d.driver, d.dsn), openWrapped(d.driver, d.dsn)
	defer plainDB.Close() //nolint:errcheck // it was only read
	defer wrapped.Close() //nolint:errcheck // it was only read
	handlers := []http.Handler{serve(plainDB, false), serve(wrapped, true)}
	var totals, tails [2][]float64
	for round := range rounds {
		for i := range handlers {
			at := (i + round) % 2
			var took []float64
			for range times {
				w := httptest.NewRecorder()
				request := httptest.NewRequest(http.MethodGet, "/authors/7", nil)
				began := time.Now()
				handlers[at].ServeHTTP(w, request)
				took = append(took, float64(time.Since(began)))
				if w.Code != http.StatusOK {
					return 0, 0, fmt.Errorf("%s: %s", d.name, w.Body)
				}
			}
			sum := 0.0
			for _, t := range took {
				sum += t
			}
			totals[at] = append(totals[at], sum)
			tails[at] = append(tails[at], quantile(took, 0.99))
		}
	}
	ratio := func(with, without []float64) float64 {
		var out []float64
		for i := range with {
			out = append(out, with[i]/without[i])
		}
		slices.Sort(out)
		return quantile(out, 0.5)
	}
	return 1 / ratio(totals[1], totals[0]), ratio(tails[1], tails[0]), nil
}
