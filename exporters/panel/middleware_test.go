package panel_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/middleware"
)

// A service with what services have: real addresses, compression, time limits, headers for
// its own pages, and Track around it all.
func TestBesideMiddleware(t *testing.T) {
	s := newShop(t, panel.Options{})
	r := chi.NewRouter()
	r.Use(
		middleware.Track(s.panel), chimiddleware.RealIP, chimiddleware.Compress(5), chimiddleware.Timeout(time.Minute), chimiddleware.Recoverer, //nolint:staticcheck // RealIP is what many have
		chimiddleware.SetHeader("Access-Control-Allow-Origin", "*"), chimiddleware.SetHeader("Content-Security-Policy", "default-src *"),
	)
	r.Get("/page", func(http.ResponseWriter, *http.Request) {})
	r.Mount("/debug/queries", s.panel)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	ask := func(path string, headers ...string) (*http.Response, string) {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Accept-Encoding", "gzip")
		for i := 0; i < len(headers); i += 2 {
			q.Header.Set(headers[i], headers[i+1])
		}
		answer, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close() //nolint:errcheck // it is read
		body := io.Reader(answer.Body)
		if answer.Header.Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(answer.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(text)
	}
	ask("/page")
	answer, page := ask("/debug/queries/")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Encoding") != "gzip" || answer.Header.Get("Access-Control-Allow-Origin") != "" ||
		!strings.HasPrefix(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
	mustContain(t, page, "/page")
	if strings.Count(page, "data-row") != 1 {
		t.Error("the panel's own requests are listed")
	}
	for _, name := range []string{"X-Real-IP", "X-Forwarded-For", "True-Client-IP"} {
		if answer, _ := ask("/debug/queries/", name, "127.0.0.1"); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
	events := listen(t, server.URL)
	events.until("hello")
	ask("/page")
	events.until("changed")
}

// Names from anywhere have the structure of plain ones, on every page.
func FuzzPages(f *testing.F) {
	for _, s := range []string{hostile, plain, "", "{{.}}", "\x00", "\xff", "<", "\"", "'", "&#39;", "javascript:alert(1)", "--\n", "/*", "\u2028", strings.Repeat("a", 5000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.TrimSpace(s) == "" || s == plain {
			return // a field that is empty is left out, and two of one name are offered for a comparison
		}
		p := panel.New(panel.Options{})
		for _, name := range []string{s, plain} {
			r := report(t, name)
			r.ID = map[bool]budget.ID{true: 1, false: 2}[name == s]
			p.Report(t.Context(), r)
		}
		bad, good := serve(p, asked("GET", "/requests/0000000000000001")), serve(p, asked("GET", "/requests/0000000000000002"))
		if bad.Code != http.StatusOK || structure(bad.Body.String()) != structure(good.Body.String()) {
			t.Errorf("%d: other markup for %q", bad.Code, s)
		}
	})
}
