package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/sqlwrap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mainDatabases are those that the program opens by itself.
func mainDatabases(t *testing.T, test func(t *testing.T, dsn string)) {
	for _, d := range databases {
		switch d.name {
		case "sqlite":
			t.Run(d.name, func(t *testing.T) { test(t, "") })
		case "pgx", "mysql":
			t.Run(d.name, func(t *testing.T) { test(t, d.dsn(t)) })
		}
	}
}

// Each bad page has its finding, at the right line, and each repair none.
func TestDemo(t *testing.T) {
	want := []struct{ route, status, queries, verdict, finding, line string }{
		{"GET /bad/authors", "200", "21", "exceeded queries", "n+1", "AuthorsSlowly: each"},
		{"GET /authors", "200", "1", "within", "-", ""},
		{"GET /authors/in", "200", "2", "within", "-", ""},
		{"GET /enforced/authors", "503", "3", "blocked queries", "-", "AuthorsSlowly: each"},
		{"GET /bad/books/{id}", "200", "2", "exceeded duplicates", "duplicate", "Book: get"},
		{"GET /books/{id}", "200", "1", "within", "-", ""},
		{"POST /bad/orders", "200", "6", "exceeded writes", "write-loop", "OrderSlowly: each"},
		{"POST /orders", "200", "2", "within", "-", ""},
		{"POST /bad/books/{id}/sale", "200", "2", "exceeded queries", "read-modify-write", "SellSlowly: read"},
		{"POST /books/{id}/sale", "200", "1", "within", "-", ""},
		{"GET /bad/publishers", "200", "5", "within", "n+1, nested-query", "PublishersSlowly: count"},
		{"GET /publishers", "200", "1", "within", "-", ""},
		{"GET /bad/authors/first", "200", "1", "within", "unclosed-rows", "FirstAuthorSlowly: rows"},
		{"GET /authors/first", "200", "1", "within", "-", ""},
		{"GET /bad/search", "200", "1", "within", "slow", "SearchSlowly: query"},
		{"GET /search", "200", "1", "within", "-", ""},
		{"GET /bad/visits", "200", "1", "within", "unattributed", "VisitsSlowly: get"},
		{"GET /visits", "200", "2", "within", "-", ""},
		{"POST /bad/customers", "200", "2", "within", "select-then-insert", "SignUpSlowly: get"},
		{"POST /customers", "200", "1", "within", "-", ""},
		{"GET /bad/titles", "200", "1", "within", "select-star", "TitlesSlowly: star"},
		{"GET /titles", "200", "1", "within", "-", ""},
		{"GET /bad/reviews", "200", "1", "exceeded rows", "large-result", "ReviewsSlowly: all"},
		{"GET /reviews", "200", "1", "within", "-", ""},
	}
	mainDatabases(t, func(t *testing.T, dsn string) {
		var stdout, stderr bytes.Buffer
		if err := run(t.Context(), []string{"-demo", "-trace", "/authors/in", "-db", dsn}, &stdout, &stderr); err != nil {
			t.Fatal(err)
		}
		table, tree, _ := strings.Cut(stdout.String(), "\ntrace ")
		checkTree(t, tree)
		lines := strings.Split(strings.TrimSpace(table), "\n")
		if len(lines) != len(want)+1 {
			t.Fatalf("%d lines:\n%s", len(lines), stdout.String())
		}
		for i, w := range want {
			got := strings.Fields(lines[i+1])
			row := strings.Join(got, " ")
			if !strings.HasPrefix(row, w.route+" "+w.status+" "+w.queries+" ") || !strings.Contains(row, " "+w.verdict+" "+w.finding+" store/") {
				t.Errorf("got  %s\nwant %v", row, w)
			}
			if w.line != "" {
				checkLine(t, got[len(got)-1], w.line)
			}
		}
		if strings.Contains(stdout.String(), "\x1b") {
			t.Error("colour without a terminal")
		}
	})
}

// checkLine looks for a marker at the end of a line of the store.
func checkLine(t *testing.T, at, marker string) {
	t.Helper()
	file, line, _ := strings.Cut(at, ":")
	text := sourceLine(t, file, line)
	if !strings.HasSuffix(text, "// "+marker) {
		t.Errorf("%s is %q, want the line marked %q", at, text, marker)
	}
}

// The service as a browser sees it.
func TestServe(t *testing.T) {
	db, err := shop.Open(t.Context(), "", 20, sqlwrap.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	var log bytes.Buffer
	server := httptest.NewServer(shop.Routes(store.New(db.DB), slog.New(slog.NewTextHandler(&log, nil))))
	get := func(path string) (*http.Response, string) {
		response, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(body)
	}

	response, body := get("/books/7")
	if response.StatusCode != 200 || !strings.Contains(body, `"title":"Book 7"`) {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	if h := response.Header.Get("Server-Timing"); !strings.HasSuffix(h, `desc="1 queries"`) {
		t.Errorf("Server-Timing is %q", h)
	}
	response, body = get("/enforced/authors")
	if response.StatusCode != 503 || strings.Contains(body, "SELECT") || strings.Contains(body, "store/") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	if response, _ := get("/books/none"); response.StatusCode != 500 {
		t.Errorf("a book that is none: %d", response.StatusCode)
	}
	server.Close()
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `name="GET /enforced/authors"`) || !strings.Contains(got, "store/authors.go:") {
		t.Errorf("log:\n%s", got)
	}
}

func TestRunUntilCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-addr", addr}, &stdout, &stderr) }()
	for range 1000 {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !strings.Contains(stdout.String(), "http://"+addr+"/bad/authors") {
		t.Errorf("printed:\n%s", stdout.String())
	}
}

func TestBadInput(t *testing.T) {
	for _, args := range [][]string{
		{"-nonsense"}, {"argument"}, {"-db", "postgres://127.0.0.1:1/none"}, {"-db", "/no/such/folder/x.db"}, {"-addr", "nowhere:none"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

// A worst line has to be found in reports without any query, too.
func TestWorstLineOfNothing(t *testing.T) {
	if line, repeats := worstLine(&budget.Report{}); line != "" || repeats != 0 {
		t.Errorf("got %q, %d", line, repeats)
	}
}
