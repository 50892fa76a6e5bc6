package main

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-sql-driver/mysql"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

// sourceLine returns a line of a file of this module.
func sourceLine(t *testing.T, file, line string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.Split(string(text), "\n")[n-1])
}

// Many requests at the same time: every report has exactly its own queries, and
// together they have all.
func TestLoad(t *testing.T) {
	const goroutines, requests, pool = 64, 250, 16
	d := databases[1] // PostgreSQL through pgx
	db := d.open(t)
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)

	var queries, reports, wrong atomic.Int64
	r := chi.NewRouter()
	r.Use(middleware.Track(budget.ReporterFunc(func(_ context.Context, report *budget.Report) {
		reports.Add(1)
		queries.Add(report.Totals.Queries)
		if report.Totals.Queries != int64(len(report.Queries)) || report.Totals.Rows != report.Totals.Queries || report.Totals.Errors != 0 {
			wrong.Add(1)
		}
	})))
	r.Get("/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(chi.URLParam(r, "n"))
		for i := range n {
			var got int
			if err := db.QueryRowContext(r.Context(), "SELECT $1::int", i).Scan(&got); err != nil || got != i {
				http.Error(w, "wrong", http.StatusInternalServerError)
			}
		}
	})

	var wg sync.WaitGroup
	var failed atomic.Int64
	for g := range goroutines {
		wg.Go(func() {
			for i := range requests {
				w := httptest.NewRecorder()
				r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/"+strconv.Itoa((g+i)%3), nil))
				if w.Code != http.StatusOK {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	want := int64(0)
	for g := range goroutines {
		for i := range requests {
			want += int64((g + i) % 3)
		}
	}
	if queries.Load() != want || reports.Load() != goroutines*requests || wrong.Load() != 0 || failed.Load() != 0 {
		t.Errorf("%d queries of %d in %d reports, %d of them wrong; %d requests failed", queries.Load(), want, reports.Load(), wrong.Load(), failed.Load())
	}
}

// The server goes away in the middle and comes back. What the application sees,
// and how many connections are kept, is as with the bare driver; no query is lost
// from the count.
func TestServerGoesAway(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		if d.system == "sqlite" {
			return // it has no server
		}
		server := newProxy(t, d)
		bare, err := sql.Open(d.driver, server.dsn)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := sqlwrap.Open(d.driver, server.dsn)
		if err != nil {
			t.Fatal(err)
		}
		want := goAway(t, d, bare, server, t.Context())
		ctx, r := budget.NewContext(t.Context())
		got := goAway(t, d, wrapped, server, ctx)
		if !slices.Equal(got, want) {
			t.Errorf("bare    %q\nwrapped %q", want, got)
		}
		failures := int64(0)
		for _, outcome := range got {
			if outcome == "failed" {
				failures++
			}
		}
		totals := r.Totals()
		if totals.Queries != int64(len(got)-1) || totals.Errors != failures || totals.Running != 0 || totals.OpenRows != 0 {
			t.Errorf("%d queries, %d of them failed; totals %+v", len(got)-1, failures, totals)
		}
		t.Logf("%d queries, %d failed, %d retries", totals.Queries, failures, totals.Retries)
	})
}

// The server goes away again and again under load. Each report has exactly the
// queries that succeeded as queries that did not fail; those that failed are
// counted if they had got a connection to fail on. Nothing stays open, and the
// pool recovers.
func TestLoadWhileServerGoesAway(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		if d.system == "sqlite" {
			return // it has no server
		}
		server := newProxy(t, d)
		db, err := sqlwrap.Open(d.driver, server.dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // a test
		db.SetMaxOpenConns(8)
		db.SetMaxIdleConns(8)

		const goroutines, requests, queries = 64, 4, 3
		var wrong, failures, retries atomic.Int64
		request := func() {
			ctx, r := budget.NewContext(t.Context())
			succeeded, failed := int64(0), int64(0)
			for i := range queries {
				var n int
				switch err := db.QueryRowContext(ctx, d.rebind("SELECT 1 + ?"), i).Scan(&n); {
				case err != nil:
					failed++
				case n != i+1:
					wrong.Add(1)
				default:
					succeeded++
				}
			}
			report := r.Report()
			counted := int64(0)
			for _, q := range report.Queries {
				if q.Failed == "" {
					counted++
				}
			}
			got := report.Totals
			if counted != succeeded || got.Queries-counted > failed || got.Running != 0 || got.OpenRows != 0 {
				wrong.Add(1)
				t.Errorf("%d succeeded, %d failed; counted %d, totals %+v", succeeded, failed, counted, got)
			}
			failures.Add(failed)
			retries.Add(got.Retries)
		}

		done := make(chan struct{})
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() {
				for range requests {
					request()
				}
			})
		}
		go func() {
			wg.Wait()
			close(done)
		}()
		resets := 0
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-time.After(10 * time.Millisecond):
				server.reset()
				resets++
			}
		}
		t.Logf("%d resets, %d of %d queries failed, %d retried", resets, failures.Load(), goroutines*requests*queries, retries.Load())

		recovered := false
		for range 20 { // the pool throws out what is broken, one by one
			recovered = db.PingContext(t.Context()) == nil
		}
		if !recovered {
			t.Error("the pool did not recover")
		}
	})
}

// goAway fills a pool, breaks its connections, and asks again. It returns the
// outcome of each query, and how many connections are open at the end.
func goAway(t *testing.T, d testDatabase, db *sql.DB, server *proxy, ctx context.Context) (outcomes []string) {
	t.Helper()
	defer db.Close() //nolint:errcheck // a test
	const pool = 4
	db.SetMaxIdleConns(pool)
	db.SetMaxOpenConns(pool)
	ask := func(i int) {
		var n int
		switch err := db.QueryRowContext(ctx, d.rebind("SELECT 1 + ?"), i).Scan(&n); {
		case err != nil:
			outcomes = append(outcomes, "failed")
		case n != i+1:
			outcomes = append(outcomes, "wrong")
		default:
			outcomes = append(outcomes, "ok")
		}
	}
	var conns []*sql.Conn
	for range pool {
		conn, err := db.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ask(0)
	server.reset()
	for i := range 2 * pool {
		ask(i)
	}
	return append(outcomes, "open: "+strconv.Itoa(db.Stats().OpenConnections))
}

// proxy stands before a database server and can break its connections.
type proxy struct {
	dsn      string
	target   string
	listener net.Listener
	mu       sync.Mutex
	conns    []*net.TCPConn
	wg       sync.WaitGroup
}

func newProxy(t *testing.T, d testDatabase) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener}
	if d.system == "mysql" {
		config, err := mysql.ParseDSN(d.dsn(t))
		if err != nil {
			t.Fatal(err)
		}
		p.target, config.Addr, config.Logger = config.Addr, listener.Addr().String(), &mysql.NopLogger{}
		p.dsn = config.FormatDSN()
	} else {
		u, err := url.Parse(d.dsn(t))
		if err != nil {
			t.Fatal(err)
		}
		p.target, u.Host = u.Host, listener.Addr().String()
		p.dsn = u.String()
	}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.reset()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client.(*net.TCPConn), server.(*net.TCPConn))
		p.mu.Unlock()
		for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
			p.wg.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				_ = pair[0].Close()
			})
		}
	}
}

// reset breaks all connections at once, so that the next write fails.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	p.conns = nil
}
