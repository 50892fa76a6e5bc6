package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// logged is what is logged while h serves n requests of /x.
func logged(n int, h func(middleware.Options) http.Handler) string {
	var log bytes.Buffer
	handler := h(middleware.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range n {
		serve(handler, "GET", "/x")
	}
	return log.String()
}

// answering asks n queries and answers with a status, whatever came of them.
func answering(n, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for range n {
			_ = ask(r.Context())
		}
		if status != http.StatusOK {
			w.WriteHeader(status)
		}
		_, _ = io.WriteString(w, "page")
	}
}

// quiet is a reporter.
var quiet = budget.ReporterFunc(func(context.Context, *budget.Report) {})

// What a Limit or a Track cannot do is said, once and by its cause, whatever the number
// of requests and of handlers.
func TestWrongSetUps(t *testing.T) {
	two := budget.Budget{Queries: 2}
	enforced := budget.Budget{Queries: 2, Mode: budget.Enforce}
	limited := func(b budget.Budget, h http.HandlerFunc) func(middleware.Options) http.Handler {
		return func(o middleware.Options) http.Handler { return o.Track(quiet)(muxOf("/x", o.Limit(b)(h))) }
	}
	for name, test := range map[string]struct {
		requests int
		handler  func(middleware.Options) http.Handler
		want     string // "" for nothing
	}{
		"no Track": {5, func(o middleware.Options) http.Handler {
			return muxOf("/x", o.Limit(two)(page(1)))
		}, "the Limit of GET /x: no Track is around it"},
		"Track inside": {5, func(o middleware.Options) http.Handler {
			return o.Limit(two)(o.Track(quiet)(muxOf("/x", page(1))))
		}, "the Limit of GET /x: no Track is around it"},
		"no reporter":        {5, func(o middleware.Options) http.Handler { return o.Track()(page(1)) }, "Track has no reporter"},
		"no limit":           {5, limited(budget.Budget{}, page(1)), "the Limit of GET /x: it has no limit"},
		"no limit, enforced": {5, limited(budget.Budget{Mode: budget.Enforce}, page(1)), "the Limit of GET /x: it has no limit"},
		"no query":           {1000, limited(two, page(0)), "the Limit of GET /x: none of its first 100 requests showed a query"},
		"no query, wrapped for each request": {1000, func(o middleware.Options) http.Handler {
			limit := o.Limit(two)
			return o.Track(quiet)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { limit(page(0)).ServeHTTP(w, r) }))
		}, "the Limit of GET: none of its first 100 requests showed a query"},
		"refused and 200": {5, limited(enforced, answering(3, 200)), "the Limit of GET /x: a query was refused and the answer was 200"},
		"refused and 302": {5, limited(enforced, answering(3, 302)), "the Limit of GET /x: a query was refused and the answer was 302"},

		"as it should be":     {200, limited(two, page(1)), ""},
		"few without a query": {99, limited(two, page(0)), ""},
		"refused and 503":     {5, limited(enforced, page(3)), ""},
		"refused after the 200": {5, limited(enforced, func(w http.ResponseWriter, r *http.Request) {
			answering(0, 200)(w, r)
			_ = ask(r.Context())
			_ = ask(r.Context())
			_ = ask(r.Context())
		}), ""},
		"refused, no answer": {5, limited(enforced, func(_ http.ResponseWriter, r *http.Request) { answering(3, 200)(httptest.NewRecorder(), r) }), ""},
		"lifted": {5, func(o middleware.Options) http.Handler {
			return o.Track(quiet)(o.Limit(two)(o.Limit(budget.Budget{})(page(1))))
		}, ""},
		"no reporter inside": {5, func(o middleware.Options) http.Handler { return o.Track(quiet)(o.Track()(page(1))) }, ""},
		"only a header": {5, func(o middleware.Options) http.Handler {
			o.Header = true
			return o.Track()(page(1))
		}, ""},
		"a transaction": {200, limited(two, func(_ http.ResponseWriter, r *http.Request) {
			budget.FromContext(r.Context()).Began(0, nil)
		}), ""},
	} {
		got := logged(test.requests, test.handler)
		if test.want == "" && got != "" || test.want != "" && (strings.Count(got, "\n") != 1 || !strings.Contains(got, "WARN") || !strings.Contains(got, "middleware: "+test.want)) {
			t.Errorf("%s: logged %q, want %q", name, got, test.want)
		}
	}
}

// Routes that share a Limit are looked at one by one, and not without end.
func TestRoutesOfOneLimit(t *testing.T) {
	var log bytes.Buffer
	limit := middleware.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}.Limit(budget.Budget{Queries: 2})
	mux := http.NewServeMux()
	mux.Handle("/good", limit(page(1)))
	for i := range 300 {
		mux.Handle(fmt.Sprint("/bad", i), limit(page(0)))
	}
	handler := middleware.Track(quiet)(mux)
	for range 150 {
		serve(handler, "GET", "/good")
		serve(handler, "GET", "/bad0")
		serve(handler, "GET", "/bad1")
	}
	if got := log.String(); strings.Count(got, "\n") != 2 || strings.Count(got, "/bad0:") != 1 || strings.Count(got, "/bad1:") != 1 {
		t.Errorf("logged %q", got)
	}
	for i := range 300 * 100 {
		serve(handler, "GET", fmt.Sprint("/bad", i%300))
	}
	if n := strings.Count(log.String(), "\n"); n != 199 { // with the good one they are 200
		t.Errorf("%d routes were looked at", n)
	}
}

// A handler whose answer is looked at keeps what its ResponseWriter can do, and its
// limit on the body.
func TestLookingAtAnswersChangesNone(t *testing.T) {
	var log bytes.Buffer
	o := middleware.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	var tooLarge int
	var writers []string
	handler := o.Limit(budget.Budget{Queries: budget.None, Mode: budget.Enforce})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := ask(r.Context())
		writers = append(writers, fmt.Sprintf("%T", w))
		_, flushes := w.(http.Flusher)
		_, hijacks := w.(http.Hijacker)
		if _, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 3)); err != nil {
			tooLarge++
		}
		if !flushes || !hijacks || !errors.Is(err, budget.ErrExceeded) || !middleware.AnswerExceeded(w, err) {
			t.Errorf("flushes %t, hijacks %t: %v", flushes, hijacks, err)
		}
	}))
	server := httptest.NewServer(middleware.Track(newCollector())(handler))
	defer server.Close()
	for i := range 3 {
		resp, err := http.Post(server.URL, "text/plain", strings.NewReader("too large"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable || !resp.Close || tooLarge != i+1 {
			t.Errorf("status %d, closed %t", resp.StatusCode, resp.Close)
		}
	}
	if log.Len() > 0 || writers[0] == writers[1] { // before the first refusal nothing is looked at
		t.Errorf("logged %q, writers %q", &log, writers)
	}
}
