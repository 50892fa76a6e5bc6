package guide

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

func openWithComments(dsn string) (*sql.DB, error) {
	db, err := sqlwrap.Config{Comment: &sqlwrap.Comment{Application: "shop"}}.Open("pgx", dsn)
	return db, err
}

// The comments of docs/production.md.
func TestComments(t *testing.T) {
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set")
	}
	if dsn == "" {
		t.Skip("needs QUERYBUDGET_POSTGRES_DSN")
	}
	db, err := openWithComments(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	var query string
	if err := db.QueryRowContext(t.Context(), "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()").Scan(&query); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(query, "pg_backend_pid() /*action='guide.TestComments',application='shop'*/") {
		t.Errorf("the server shows %q", query)
	}
}

// The client of docs/production.md tells its unit of work what it asks.
func TestTransport(t *testing.T) {
	client := &http.Client{Transport: middleware.Transport(nil)}
	defer client.CloseIdleConnections()
	payments := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer payments.Close()
	ctx, recorder := budget.NewContext(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", payments.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if out := recorder.Report().Outgoing; len(out) != 1 || out[0].Name != "GET 127.0.0.1" {
		t.Errorf("%+v", out)
	}
}

// lockedBuilder is written by the alarm's goroutine and read by the test's.
type lockedBuilder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// The alarm of docs/production.md: a request that hangs is in the log before it ends.
func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuilder
		logger := slog.New(slog.NewTextHandler(&log, nil))
		r := chi.NewRouter()
		r.Use(middleware.Options{Alarm: &budget.Alarm{After: 10 * time.Second}, Logger: logger}.Track(slogbudget.Reporter(logger)))
		r.Get("/report", func(_ http.ResponseWriter, r *http.Request) {
			x, err := budget.FromContext(r.Context()).Start(budget.Call{})
			if err != nil {
				t.Error(err)
			}
			time.Sleep(9 * time.Second)
			synctest.Wait()
			if log.String() != "" {
				t.Errorf("said early: %s", log.String())
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			if said := log.String(); strings.Count(said, "budget: 1 hang: GET: running for 10s: unknown at internal/guide/production_test.go:") != 1 {
				t.Errorf("said %q", said)
			}
			x.End(0, nil)
		})
		r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(context.Background(), "GET", "/report", nil))
	})
}
