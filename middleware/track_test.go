package middleware_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/statement"
)

var (
	db    = budget.NewDatabase(budget.DatabaseOptions{})
	users = &statement.Statement{Shape: "SELECT * FROM users", Summary: "SELECT users", Kind: statement.Read, Tables: []string{"users"}}
)

// ask runs a query as a wrapped driver would.
func ask(ctx context.Context) error {
	x, err := budget.FromContext(ctx).Start(budget.Call{Database: db, Statement: users})
	if err != nil {
		return err
	}
	x.End(0, nil)
	return nil
}

// page asks n queries and answers.
func page(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for range n {
			if err := ask(r.Context()); middleware.AnswerExceeded(w, err) {
				return
			}
		}
		_, _ = io.WriteString(w, "page")
	}
}

// collector keeps reports.
type collector struct{ reports chan *budget.Report }

func newCollector() *collector { return &collector{make(chan *budget.Report, 100)} }

func (c *collector) Report(_ context.Context, r *budget.Report) { c.reports <- r }

// one returns the report of a request, of which there must be exactly one.
func (c *collector) one(t *testing.T) *budget.Report {
	t.Helper()
	if len(c.reports) != 1 {
		t.Fatalf("%d reports", len(c.reports))
	}
	return <-c.reports
}

func serve(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestRouteNames(t *testing.T) {
	c := newCollector()
	track := middleware.Track(c)

	api := chi.NewRouter()
	api.Get("/authors/{id}", page(1))
	api.Route("/books", func(r chi.Router) {
		r.With(middleware.Limit(budget.Budget{Queries: 5})).Get("/{id}/reviews", page(1))
	})
	mounted := chi.NewRouter()
	mounted.Use(track)
	mounted.Mount("/api", api)
	mounted.Get("/", page(0))
	mounted.Get("/files/*", page(0))
	// A middleware that copies the request, as many do.
	copying := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chimiddleware.RequestIDKey, "1")))
		})
	}
	copied := chi.NewRouter()
	copied.Use(track, copying)
	copied.Get("/copied/{id}", page(1))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /plain/{id}", page(1))
	mux.Handle("/any/{id}", page(1))

	inMux := http.NewServeMux()
	inMux.Handle("GET /inner/{id}", track(page(1)))

	outside := chi.NewRouter()
	outside.With(middleware.Limit(budget.Budget{Queries: 1})).Get("/limited/{id}", page(1))

	for _, test := range []struct {
		handler            http.Handler
		method, path, want string
	}{
		{mounted, "GET", "/api/authors/7", "GET /api/authors/{id}"},
		{mounted, "GET", "/api/books/7/reviews", "GET /api/books/{id}/reviews"},
		{mounted, "GET", "/", "GET /"},
		{mounted, "GET", "/files/a/b", "GET /files/*"},
		{mounted, "GET", "/nothing", "GET"},
		{mounted, "POST", "/", "POST"}, // method not allowed
		{mounted, "BREW", "/nothing", "_OTHER"},
		{copied, "GET", "/copied/7", "GET /copied/{id}"},
		{track(mux), "GET", "/plain/7", "GET /plain/{id}"},
		{track(mux), "HEAD", "/plain/7", "HEAD /plain/{id}"},
		{track(mux), "PUT", "/any/7", "PUT /any/{id}"},
		{track(mux), "GET", "/nothing", "GET"},
		{inMux, "GET", "/inner/7", "GET /inner/{id}"},
		// Outside of chi, Track learns the route from a Limit.
		{track(outside), "GET", "/limited/7", "GET /limited/{id}"},
	} {
		serve(test.handler, test.method, test.path)
		if got := c.one(t).Name; got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.method, test.path, got, test.want)
		}
	}
}

// Middleware outside sees what routers and form parsers write to the request.
func TestPatternIsCopiedBack(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /form/{id}", func(_ http.ResponseWriter, r *http.Request) { _ = r.ParseMultipartForm(1 << 10) })
	body := "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n"
	for name, h := range map[string]http.Handler{
		"Track": middleware.Track()(mux), "Limit": middleware.Limit(budget.Budget{Queries: 1})(mux),
	} {
		r := httptest.NewRequest("POST", "/form/7", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		h.ServeHTTP(httptest.NewRecorder(), r)
		if r.Pattern != "POST /form/{id}" || r.MultipartForm == nil {
			t.Errorf("%s: pattern %q, form %v", name, r.Pattern, r.MultipartForm)
		}
	}
}

// quick makes a reporter one that the request calls by itself.
type quick struct{ budget.Reporter }

func (quick) Needs() budget.Needs { return budget.Needs{Quick: true} }

// The handler's panic goes on, whatever reporters do.
func TestPanicsOfHandlerAndReporter(t *testing.T) {
	var log bytes.Buffer
	c := newCollector()
	broken := quick{budget.ReporterFunc(func(context.Context, *budget.Report) { panic("reporter") })}
	h := middleware.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}.Track(broken, quick{c})(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("handler") }))
	defer func() {
		if got := recover(); got != "handler" || len(c.reports) != 1 || !strings.Contains(log.String(), "reporter") {
			t.Errorf("recovered %v, %d reports, log: %s", got, len(c.reports), log.String())
		}
	}()
	serve(h, "GET", "/")
}

func TestPanics(t *testing.T) {
	for i, value := range []any{"boom", http.ErrAbortHandler, "boom", http.ErrAbortHandler} {
		c := newCollector()
		var reporter budget.Reporter = c
		if i > 1 {
			reporter = quick{c}
		}
		h := middleware.Track(reporter)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_ = ask(r.Context())
			panic(value)
		}))
		func() {
			defer func() {
				if got := recover(); got != value {
					t.Errorf("recovered %v, want %v", got, value)
				}
			}()
			serve(h, "GET", "/")
		}()
		if got := c.one(t).Totals.Queries; got != 1 {
			t.Errorf("%v: %d queries", value, got)
		}
	}
}

func TestNestedTrackCountsOnce(t *testing.T) {
	outer, inner := newCollector(), newCollector()
	r := chi.NewRouter()
	r.Use(middleware.Track(outer))
	r.With(middleware.Track(inner)).Get("/", page(2))
	serve(r, "GET", "/")
	if got := outer.one(t).Totals.Queries; got != 2 || len(inner.reports) != 0 {
		t.Errorf("outer %d queries, inner %d reports", got, len(inner.reports))
	}
}

// A Track below a scope of a tracked request is inside of that request, too.
func TestTrackBelowAScope(t *testing.T) {
	outer, inner := newCollector(), newCollector()
	part := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, scope := budget.With(r.Context(), "part", budget.Budget{})
			if got := scope.Route().Method; got != "GET" {
				t.Errorf("the scope's route has the method %q", got)
			}
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	r := chi.NewRouter()
	r.Use(middleware.Track(outer), part, middleware.Track(inner))
	r.Get("/", page(2))
	serve(r, "GET", "/")
	if got := outer.one(t).Totals.Queries; got != 2 || len(inner.reports) != 0 {
		t.Errorf("outer %d queries, inner %d reports", got, len(inner.reports))
	}
}

// A test that counts around a whole handler sees the requests as scopes.
func TestInsideOfAUnit(t *testing.T) {
	c := newCollector()
	ctx, r := budget.NewContext(t.Context())
	h := middleware.Track(c)(page(2))
	for range 2 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	}
	if len(c.reports) != 2 || r.Totals().Queries != 4 || len(r.Report().Scopes) != 2 {
		t.Errorf("%d reports, the unit: %+v", len(c.reports), r.Report())
	}
}

func TestLimits(t *testing.T) {
	c := newCollector()
	r := chi.NewRouter()
	r.Use(middleware.Track(c))
	// Authentication asks too: it counts.
	r.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = ask(r.Context())
			next.ServeHTTP(w, r)
		})
	})
	limit := func(b budget.Budget) chi.Router { return r.With(middleware.Limit(b)) }
	limit(budget.Budget{Queries: 3}).Get("/within", page(2))
	limit(budget.Budget{Queries: 2}).Get("/over", page(2))
	limit(budget.Budget{Queries: 2, Mode: budget.Enforce}).Get("/enforced", page(5))
	limit(budget.Budget{Queries: 1}).With(middleware.Limit(budget.Budget{Queries: 3})).Get("/inner", page(2))
	limit(budget.Budget{Queries: 1}).With(middleware.Limit(budget.Budget{})).Get("/lifted", page(2))
	r.Get("/free", page(9))

	for path, want := range map[string]struct {
		outcome budget.Outcome
		status  int
	}{
		"/within": {budget.Within, 200}, "/over": {budget.Exceeded, 200}, "/enforced": {budget.Blocked, 503},
		"/inner": {budget.Within, 200}, "/lifted": {budget.NoBudget, 200}, "/free": {budget.NoBudget, 200},
	} {
		w := serve(r, "GET", path)
		report := c.one(t)
		if report.Verdict.Outcome != want.outcome || w.Code != want.status {
			t.Errorf("%s: %s, status %d", path, report.Verdict.Outcome, w.Code)
		}
		if err := report.Err(); err != nil && !strings.Contains(err.Error(), " in GET "+path+": ") {
			t.Errorf("%s: %v", path, err)
		}
		if want.status == 503 && strings.Contains(w.Body.String(), "users") {
			t.Errorf("the answer names internals: %s", w.Body)
		}
	}
}

// A limit above the routes still names the route in its errors.
func TestLimitForAllRoutes(t *testing.T) {
	var name string
	h := func(w http.ResponseWriter, r *http.Request) {
		var exceeded *budget.ExceededError
		if errors.As(ask(r.Context()), &exceeded) {
			name = exceeded.Name
		}
	}
	sub := chi.NewRouter()
	sub.Get("/books/{id}", h)
	r := chi.NewRouter()
	r.Use(middleware.Track(), middleware.Limit(budget.Budget{Queries: budget.None, Mode: budget.Enforce}))
	r.Get("/authors/{id}", h)
	r.Mount("/api/v1", sub)
	for path, want := range map[string]string{"/authors/7": "GET /authors/{id}", "/api/v1/books/7": "GET /api/v1/books/{id}"} {
		serve(r, "GET", path)
		if name != want {
			t.Errorf("%s: the error names %q, want %q", path, name, want)
		}
	}
}

func TestLimitWithoutTrack(t *testing.T) {
	h := middleware.Limit(budget.Budget{Queries: 1, Mode: budget.Enforce})(page(2))
	if w := serve(h, "GET", "/"); w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
}

func TestAnswerExceeded(t *testing.T) {
	w := httptest.NewRecorder()
	if middleware.AnswerExceeded(w, errors.New("other")) || middleware.AnswerExceeded(w, nil) || w.Body.Len() > 0 {
		t.Error("another error was answered")
	}
	if !middleware.AnswerExceeded(w, fmt.Errorf("list: %w", budget.ErrExceeded)) || w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
}

func TestBadInput(t *testing.T) {
	for name, f := range map[string]func(){
		"middleware: Track": func() { middleware.Track(nil) },
		"middleware: Limit": func() { middleware.Limit(budget.Budget{Queries: -5}) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, name) {
					t.Errorf("%s: panic %q", name, got)
				}
			}()
			f()
		}()
	}
}

func TestReporterFailuresAreLogged(t *testing.T) {
	var log bytes.Buffer
	o := middleware.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	h := o.Track(budget.ReporterFunc(func(context.Context, *budget.Report) { panic("boom") }))(page(1))
	if w := serve(h, "GET", "/"); w.Code != 200 || w.Body.String() != "page" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "boom") {
		t.Errorf("log: %s", log.String())
	}
}

// A panic of an option is not the request's, and does not hide the handler's.
func TestPanicWhileReporting(t *testing.T) {
	for _, handler := range []any{nil, "boom"} {
		var log bytes.Buffer
		h := middleware.Options{
			Route:  func(*http.Request) string { panic("no route") },
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}.Track(newCollector())(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if handler != nil {
				panic(handler)
			}
		}))
		func() {
			defer func() {
				if got := recover(); got != handler {
					t.Errorf("recovered %v, want %v", got, handler)
				}
			}()
			serve(h, "GET", "/")
		}()
		if !strings.Contains(log.String(), "no route") {
			t.Errorf("log: %s", log.String())
		}
	}
}

func TestOptions(t *testing.T) {
	c := newCollector()
	h := middleware.Options{
		Route:  func(r *http.Request) string { return "/custom" },
		Detail: func(r *http.Request) bool { return r.URL.Path == "/detail" },
	}.Track(c)(page(3))
	serve(h, "GET", "/detail")
	if got := c.one(t); got.Name != "GET /custom" || len(got.Queries) != 3 {
		t.Errorf("%q, %d queries in detail", got.Name, len(got.Queries))
	}
	serve(h, "GET", "/other")
	if got := c.one(t); len(got.Queries) != 0 || got.Totals.Queries != 3 || got.Truncated.Queries != 3 {
		t.Errorf("%d queries in detail, %+v", len(got.Queries), got.Truncated)
	}
}

// Over real connections: the response is the handler's, byte for byte, with and
// without the header.
func TestResponsesOverTheWire(t *testing.T) {
	var caps atomic.Value
	mux := http.NewServeMux()
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		caps.Store(capabilities(w))
		rc := http.NewResponseController(w)
		_ = ask(r.Context())
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			if err := rc.Flush(); err != nil {
				t.Error(err)
			}
		}
		if err := rc.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/copy", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("copied")) })
	mux.HandleFunc("/early", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "X-T")
		w.WriteHeader(http.StatusCreated)
		w.Header().Set("X-T", "trailer")
	})
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\nhello")
		_ = conn.Close()
	})
	bare := httptest.NewServer(mux)
	defer bare.Close()
	bareCaps := func(s *httptest.Server) string { get(t, s, "/stream"); return caps.Load().(string) }
	want := bareCaps(bare)
	for name, o := range map[string]middleware.Options{"plain": {}, "header": {Header: true}} {
		server := httptest.NewServer(o.Track(newCollector())(asking(mux)))
		if got := bareCaps(server); got != want {
			t.Errorf("%s: the writer is %q, bare %q", name, got, want)
		}
		for _, path := range []string{"/stream", "/copy", "/early", "/hijack", "/nothing"} {
			got, timing := withoutTiming(get(t, server, path))
			if bare, _ := withoutTiming(get(t, bare, path)); got != bare {
				t.Errorf("%s%s: got\n%s\nbare\n%s", name, path, got, bare)
			}
			if wantTiming := o.Header && path != "/hijack"; timing != wantTiming {
				t.Errorf("%s%s: Server-Timing %v", name, path, timing)
			}
		}
		server.Close()
	}
}

// get returns the whole answer of a server as it came over the wire.
func get(t *testing.T, s *httptest.Server, path string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test
	_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// withoutTiming takes off the headers that differ from request to request.
func withoutTiming(answer string) (rest string, timing bool) {
	var out []string
	for line := range strings.SplitSeq(answer, "\r\n") {
		switch {
		case strings.HasPrefix(line, "Date: "):
		case strings.HasPrefix(line, "Server-Timing: db;dur="):
			timing = true
		default:
			out = append(out, line)
		}
	}
	return strings.Join(out, "\r\n"), timing
}

// A handler can keep itself out of the reports, whatever has installed Track around it.
func TestDiscardedRequest(t *testing.T) {
	c := newCollector()
	h := middleware.Track(c)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/debug" {
			budget.FromContext(r.Context()).Discard()
		}
		page(1)(w, r)
	}))
	for _, path := range []string{"/debug", "/page"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	if len(c.reports) != 1 {
		t.Errorf("%d reports", len(c.reports))
	}
}
