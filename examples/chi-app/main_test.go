package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
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
	"github.com/querybudget/querybudget/exporters/slogbudget"
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

// Each page sends the queries and has the findings that its entry says, which the list at
// / shows: a bad page has one, at the right line, and its repairs have none.
func TestDemo(t *testing.T) {
	verdicts := map[string]string{
		"/bad/authors": "exceeded queries", "/enforced/authors": "blocked queries", "/bad/books/{id}": "exceeded duplicates", "/bad/orders": "exceeded writes",
		"/bad/books/{id}/sale": "exceeded queries", "/bad/reviews": "exceeded rows",
	}
	lines := map[string]string{
		"/bad/authors": "AuthorsSlowly: each", "/enforced/authors": "AuthorsSlowly: each", "/bad/books/{id}": "Book: get", "/bad/orders": "OrderSlowly: each",
		"/bad/books/{id}/sale": "SellSlowly: read", "/bad/publishers": "PublishersSlowly: count", "/bad/authors/first": "FirstAuthorSlowly: rows",
		"/bad/search": "SearchSlowly: query", "/bad/visits": "VisitsSlowly: get", "/bad/customers": "SignUpSlowly: get", "/bad/titles": "TitlesSlowly: star",
		"/bad/reviews": "ReviewsSlowly: all",
	}
	pages := shop.Pages(nil)
	mainDatabases(t, func(t *testing.T, dsn string) {
		var stdout, stderr bytes.Buffer
		if err := run(t.Context(), []string{"-demo", "-trace", "/authors/in", "-db", dsn}, &stdout, &stderr); err != nil {
			t.Fatal(err)
		}
		table, tree, _ := strings.Cut(stdout.String(), "\ntrace ")
		checkTree(t, tree)
		rows := strings.Split(strings.TrimSpace(table), "\n")[1:]
		if len(rows) != len(pages) {
			t.Fatalf("%d rows:\n%s", len(rows), stdout.String())
		}
		for i, p := range pages {
			got := strings.Fields(rows[i])
			row := strings.Join(got, " ")
			status := 200
			if p.Budget.Mode == budget.Enforce {
				status = 503
			}
			begin := fmt.Sprintf("%s %s %d %d ", p.Method, p.Pattern, status, p.Queries)
			verdict := cmp.Or(verdicts[p.Pattern], "within") + found(p.Finds) + " " + cmp.Or(p.Finds, "-")
			if !strings.HasPrefix(row, begin) || !strings.Contains(row, " "+verdict+" store/") {
				t.Errorf("got  %s\nwant %s... %s", row, begin, verdict)
			}
			if line := lines[p.Pattern]; line != "" {
				checkLine(t, got[len(got)-1], line)
			} else if p.Bad() {
				t.Errorf("%s: no line is known", p.Pattern)
			}
		}
		if strings.Contains(stdout.String(), "\x1b") {
			t.Error("colour without a terminal")
		}
	})
}

// found is how a verdict ends where there are findings.
func found(kinds string) string {
	switch n := strings.Count(kinds, ", ") + 1; {
	case kinds == "":
		return ""
	case n == 1:
		return ", 1 finding"
	default:
		return fmt.Sprintf(", %d findings", n)
	}
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
	logger := slog.New(slog.NewTextHandler(&log, nil))
	server := httptest.NewServer(shop.Routes(store.New(db.DB), logger, slogbudget.Reporter(logger)))
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
	if h := response.Header.Get("Server-Timing"); !strings.HasSuffix(h, `desc="1 query"`) {
		t.Errorf("Server-Timing is %q", h)
	}
	if response, _ := get("/nope"); response.StatusCode != 404 || response.Header.Get("Server-Timing") != "" {
		t.Errorf("%d, Server-Timing is %q", response.StatusCode, response.Header.Get("Server-Timing"))
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

// The list of pages links each of them, and none of its own requests is counted.
func TestIndex(t *testing.T) {
	address := openShop(t)
	page := get(t, address+"/")
	for _, p := range shop.Pages(nil) {
		link := `<a href="` + p.Path + `">`
		if p.Method == http.MethodPost {
			link = `<form method="post" action="` + p.Path + `">`
		}
		if !strings.Contains(page, link) {
			t.Errorf("no %s", link)
		}
	}
	if bad := strings.Count(page, `class="bad"`); bad != strings.Count(page, "<tbody>") {
		t.Errorf("%d bad pages in\n%s", bad, page)
	}
	if shown := get(t, address+"/debug/queries/"); strings.Contains(shown, "data-row") {
		t.Errorf("the list was counted:\n%s", shown)
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

// What is wrong with -db is said once, with what would be right, and without what may be
// a password.
func TestUnknownDatabase(t *testing.T) {
	err := run(t.Context(), []string{"-db", "nonsense://me:secret@x"}, io.Discard, io.Discard)
	if err == nil || err.Error() != "-db: no database is known as nonsense://: give "+shop.FormsOfDSN {
		t.Errorf("got %v", err)
	}
	err = run(t.Context(), []string{"-db", "postgres://127.0.0.1:1/none?connect_timeout=1"}, io.Discard, io.Discard)
	if err == nil || !strings.HasPrefix(err.Error(), "-db: migrate: ") || strings.Contains(err.Error(), "fill the database") {
		t.Errorf("got %v", err)
	}
}

// Whoever has asked OpenTelemetry for an exporter learns that there is none.
func TestNoExporters(t *testing.T) {
	var said bytes.Buffer
	warnOfExporters([]string{"PATH=/bin", "OTEL_SERVICE_NAME=a", "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"}, &said)
	if got := said.String(); strings.Count(got, "nothing is sent") != 2 || !strings.HasPrefix(got, "OTEL_TRACES_EXPORTER is set") {
		t.Errorf("got %s", got)
	}
}

// A worst line has to be found in reports without any query, too.
func TestWorstLineOfNothing(t *testing.T) {
	if line, repeats := worstLine(&budget.Report{}); line != "" || repeats != 0 {
		t.Errorf("got %q, %d", line, repeats)
	}
}
