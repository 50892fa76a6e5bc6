package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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
	// placeholder is that of the first argument.
	placeholder string
}

// realDatabases are SQLite in a temporary folder, and PostgreSQL where
// QUERYBUDGET_POSTGRES_DSN says.
func realDatabases(folder string) []realDatabase {
	out := []realDatabase{{"SQLite (modernc)", &sqlite.Driver{}, "file:" + filepath.Join(folder, "bench.db"), "SELECT ? + 0", "?"}}
	if dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN"); dsn != "" {
		out = append(out, realDatabase{"PostgreSQL over loopback (pgx)", stdlib.GetDefaultDriver(), dsn, "SELECT $1::bigint + 0", "$1"})
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

// page is a way to serve a request of 20 queries.
type page struct {
	name    string
	wrapped bool
	same    bool // one statement from one line, which is an n+1; else 20 statements
	use     func(chi.Router)
}

// pages are the ways that are compared, of which the first two show the noise.
func pages() []page {
	logged := func(r chi.Router) {
		logger := slog.New(slog.NewJSONHandler(io.Discard, nil))
		r.Use(middleware.Track(slogbudget.Options{Level: slog.LevelInfo}.Reporter(logger)), middleware.Limit(budget.Budget{Queries: 100}))
	}
	unread := func(r chi.Router) {
		r.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, _ := budget.NewContext(r.Context())
				next.ServeHTTP(w, r.WithContext(ctx))
			})
		})
	}
	nothing := func(chi.Router) {}
	return []page{
		{"bare", false, false, nothing}, {"bare, again", false, false, nothing},
		{"a recorder that nobody reads", true, false, unread}, {"lean, logged", true, false, logged},
		{"bare, an n+1", false, true, nothing},
		{"an n+1, a recorder that nobody reads", true, true, unread}, {"an n+1, logged", true, true, logged},
	}
}

// served is a page with what its requests took: the sum of each round, and the 99th
// percentile.
type served struct {
	page
	handler    http.Handler
	sums, p99s []float64
	bytes      float64
}

// requests serves whole requests, of 20 queries through chi, in alternating blocks.
func (d realDatabase) requests(rounds, times int) ([]*served, error) {
	plain, wrapped := openBare(d.driver, d.dsn), openWrapped(d.driver, d.dsn)
	defer plain.Close()   //nolint:errcheck // it was only read
	defer wrapped.Close() //nolint:errcheck // it was only read
	if err := makeBooks(plain); err != nil {
		return nil, err
	}
	var all []*served
	for _, p := range pages() {
		db := plain
		if p.wrapped {
			db = wrapped
		}
		r := chi.NewRouter()
		p.use(r)
		r.Get("/authors/{id}", d.handler(db, p.same))
		all = append(all, &served{page: p, handler: r})
	}
	order := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		for _, at := range order.Perm(len(all)) {
			if err := all[at].block(times); err != nil {
				return nil, fmt.Errorf("%s: %w", d.name, err)
			}
		}
	}
	for _, s := range all {
		s.measureBytes()
	}
	return all, nil
}

func makeBooks(db *sql.DB) error {
	for _, text := range []string{
		"DROP TABLE IF EXISTS bench_books", "CREATE TABLE bench_books (id BIGINT PRIMARY KEY)",
		"INSERT INTO bench_books VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19)",
	} {
		if _, err := db.ExecContext(context.Background(), text); err != nil {
			return err
		}
	}
	return nil
}

func (d realDatabase) handler(db *sql.DB, same bool) http.HandlerFunc {
	var texts [perRequest]string
	for n := range texts {
		if texts[n] = fmt.Sprintf("SELECT id + %d.5 FROM bench_books AS b%d WHERE id = %s", n, n, d.placeholder); same {
			texts[n] = "SELECT id + 0.5 FROM bench_books WHERE id = " + d.placeholder
		}
	}
	return func(w http.ResponseWriter, r *http.Request) {
		for n := range perRequest {
			var id float64
			if err := db.QueryRowContext(r.Context(), texts[n], n).Scan(&id); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
	}
}

func (s *served) block(times int) error {
	var took []float64
	for range times {
		w := httptest.NewRecorder()
		request := httptest.NewRequest(http.MethodGet, "/authors/7", nil)
		began := time.Now()
		s.handler.ServeHTTP(w, request)
		took = append(took, float64(time.Since(began)))
		if w.Code != http.StatusOK {
			return fmt.Errorf("%s", w.Body)
		}
	}
	sum := 0.0
	for _, t := range took {
		sum += t
	}
	s.sums, s.p99s = append(s.sums, sum), append(s.p99s, quantile(took, 0.99))
	return nil
}

// measureBytes counts what a request allocates.
func (s *served) measureBytes() {
	const times = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_ = s.block(times)
	runtime.ReadMemStats(&after)
	s.bytes = float64(after.TotalAlloc-before.TotalAlloc) / times
}

// throughput is that of s in proportion to another's: the median of all rounds, with
// its quartiles.
func (s *served) throughput(to *served) string {
	var ratios []float64
	for i := range to.sums {
		ratios = append(ratios, to.sums[i]/s.sums[i])
	}
	return fmt.Sprintf("%.2f (%.2f .. %.2f)", quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75))
}

func writeRequests(w io.Writer, all []*served) {
	fmt.Fprintf(w, "A request of %d queries through chi; \"logged\" is with Track, Limit and a record for slog, which is written:\n\n", perRequest)
	fmt.Fprint(w, "| | throughput to bare | to a recorder that nobody reads | p99 to bare | bytes of a request to those of an unread recorder |\n| --- | --- | --- | --- | --- |\n")
	bare, unread := all[0], all[2]
	for _, s := range all[1:] {
		if strings.HasPrefix(s.name, "bare, an") {
			bare = s
			continue
		}
		if strings.HasPrefix(s.name, "an n+1, a recorder") {
			unread = s
		}
		to, bytes := s.throughput(unread), fmt.Sprintf("%.2f", s.bytes/unread.bytes)
		if !s.wrapped || s == unread {
			to, bytes = "", ""
		}
		var tails []float64
		for i := range s.p99s {
			tails = append(tails, s.p99s[i]/bare.p99s[i])
		}
		fmt.Fprintf(w, "| %s | %s | %s | %.2f | %s |\n", s.name, s.throughput(bare), to, quantile(tails, 0.5), bytes)
	}
	fmt.Fprintln(w)
}
