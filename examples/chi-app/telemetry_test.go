package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/XSAM/otelsql"
	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

// The spans of a request, with otelhttp on either side of the router, on every
// database: the account is on the server's span, and each query's line on its own,
// below it.
func TestSpansOfRequests(t *testing.T) {
	// Outside of the router, otelhttp learns of no route to name its span by.
	orders := map[string]func(chi.Router, *sdktrace.TracerProvider) http.Handler{
		"outside of the router": func(r chi.Router, tp *sdktrace.TracerProvider) http.Handler {
			r.Use(middleware.Track(otelbudget.Spans()))
			return otelhttp.NewHandler(r, "chi-app", otelhttp.WithTracerProvider(tp))
		},
		"inside of the router": func(r chi.Router, tp *sdktrace.TracerProvider) http.Handler {
			r.Use(otelhttp.NewMiddleware("chi-app", otelhttp.WithTracerProvider(tp)), middleware.Track(otelbudget.Spans()))
			return r
		},
	}
	mainDatabases(t, func(t *testing.T, dsn string) {
		for name, order := range orders {
			t.Run(name, func(t *testing.T) {
				recorder := tracetest.NewSpanRecorder()
				tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
				db, err := shop.Open(t.Context(), dsn, 20, sqlwrap.Config{Inner: otelbudget.Inner(otelsql.WithTracerProvider(tp))})
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close() //nolint:errcheck // a test
				s := store.New(db.DB)
				recorder.Reset()
				r := chi.NewRouter()
				handler := order(r, tp)
				r.With(middleware.Limit(budget.Budget{Queries: 3})).Get("/authors/{page}", func(_ http.ResponseWriter, r *http.Request) {
					if _, err := s.AuthorsSlowly(r.Context()); err != nil {
						t.Error(err)
					}
				})
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/authors/1", nil))
				checkSpans(t, recorder.Ended(), map[string]string{"outside of the router": "GET", "inside of the router": "GET /authors/{page}"}[name])
			})
		}
	})
}

func checkSpans(t *testing.T, spans []sdktrace.ReadOnlySpan, name string) {
	t.Helper()
	server := spans[len(spans)-1]
	if server.SpanKind() != trace.SpanKindServer || server.Name() != name {
		t.Errorf("the last span is %v %q", server.SpanKind(), server.Name())
	}
	for key, want := range map[string]string{
		"http.route": "/authors/{page}", "querybudget.queries": "21", "querybudget.budget.outcome": "exceeded", "querybudget.finding.kinds": `["n+1"]`,
	} {
		if got := attributeOf(server, attribute.Key(key)); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if len(server.Events()) != 1 {
		t.Errorf("events %v", server.Events())
	}
	for name, want := range map[string]int{"SELECT authors": 1, "SELECT books": 20} {
		positions := map[string]bool{}
		for _, s := range spans {
			if s.Name() != name || attributeOf(s, "code.function.name") == "" {
				continue
			}
			positions[attributeOf(s, "querybudget.query.position")] = true
			if s.Parent().SpanID() != server.SpanContext().SpanID() {
				t.Errorf("%s is not below the server's span", name)
			}
			if f := attributeOf(s, "code.function.name"); !strings.HasSuffix(f, "store.(*Store).AuthorsSlowly") || attributeOf(s, "code.file.path") != "store/authors.go" {
				t.Errorf("%s comes from %s in %s", name, f, attributeOf(s, "code.file.path"))
			}
			if attributeOf(s, "db.system.name") == "" {
				t.Errorf("%s has no db.system.name", name)
			}
		}
		if len(positions) != want { // a driver that declines has two spans for one query
			t.Errorf("%d of %s, want %d", len(positions), name, want)
		}
	}
}

// Track outside of otelhttp finds no span to write on, and writes on none.
func TestTrackOutsideOfOtelhttp(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	r := chi.NewRouter()
	r.Use(middleware.Track(otelbudget.Spans()), otelhttp.NewMiddleware("chi-app", otelhttp.WithTracerProvider(tp)))
	r.Get("/", func(http.ResponseWriter, *http.Request) {})
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
	if spans := recorder.Ended(); len(spans) != 1 || attributeOf(spans[0], "querybudget.queries") != "" {
		t.Errorf("got %v", spans)
	}
}

// checkTree checks what -demo -trace prints of the page /authors/in.
func checkTree(t *testing.T, tree string) {
	t.Helper()
	for _, want := range []string{"GET /authors/in", "2 queries, budget within", "├─ SELECT authors", "└─ SELECT books", "store/authors.go:", "AuthorsIn, query 2"} {
		if !strings.Contains(tree, want) {
			t.Errorf("%q is not in\n%s", want, tree)
		}
	}
}

// A page is named with its slash and its query, or without.
func TestPageOf(t *testing.T) {
	pages := []shop.Page{{Path: "/bad/publishers"}, {Path: "/reviews?after=100"}}
	for named, want := range map[string]string{
		"": "", "/bad/publishers": "/bad/publishers", "bad/publishers": "/bad/publishers", "reviews": "/reviews", "/reviews?after=100": "/reviews",
	} {
		if got, err := pageOf(pages, named); got != want || err != nil {
			t.Errorf("%q: got %q, %v", named, got, err)
		}
	}
}

func TestTraceOfNoPage(t *testing.T) {
	if err := run(t.Context(), []string{"-demo", "-trace", "/nothing"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "/nothing") {
		t.Errorf("got %v", err)
	}
	if err := run(t.Context(), []string{"-trace", "/authors"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "-demo") {
		t.Errorf("got %v", err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // a test
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(fmt.Errorf("%s: status %d, %w", url, response.StatusCode, err))
	}
	return string(body)
}
