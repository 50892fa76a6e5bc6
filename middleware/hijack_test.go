package middleware_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// lateCollector also gets what comes after the final report.
type lateCollector struct{ *collector }

func (lateCollector) Needs() budget.Needs { return budget.Needs{Late: true} }

// A hijacked connection may live for days: its unit ends with the request.
func TestHijackEndsTheUnit(t *testing.T) {
	const get = "GET /c/7 HTTP/1.1\r\nHost: x\r\n"
	byAssertion := func(w http.ResponseWriter) (net.Conn, error) {
		conn, _, err := w.(http.Hijacker).Hijack()
		return conn, err
	}
	byController := func(w http.ResponseWriter) (net.Conn, error) {
		conn, _, err := http.NewResponseController(w).Hijack()
		return conn, err
	}
	for name, test := range map[string]struct {
		options middleware.Options
		request string
		hijack  func(http.ResponseWriter) (net.Conn, error)
	}{
		"upgrade":    {middleware.Options{}, get + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", byAssertion},
		"controller": {middleware.Options{}, get + "Connection: Upgrade\r\nUpgrade: x\r\n\r\n", byController},
		"header":     {middleware.Options{Header: true}, get + "\r\n", byAssertion},
		"connect":    {middleware.Options{}, "CONNECT /c/7 HTTP/1.1\r\nHost: x\r\n\r\n", byController},
	} {
		t.Run(name, func(t *testing.T) {
			c := lateCollector{newCollector()}
			hijacked, done := make(chan error), make(chan error)
			r := chi.NewRouter()
			r.Use(test.options.Track(c), middleware.Limit(budget.Budget{Queries: 2, Mode: budget.Enforce}))
			r.HandleFunc("/c/{id}", func(w http.ResponseWriter, r *http.Request) {
				_ = ask(r.Context())
				conn, err := test.hijack(w)
				hijacked <- err
				if err != nil {
					return
				}
				defer conn.Close()                //nolint:errcheck // a test
				_, _ = conn.Read(make([]byte, 1)) // until the client sends
				for range 5 {                     // more than the request was allowed
					if err == nil {
						err = ask(r.Context())
					}
				}
				done <- err
			})
			server := httptest.NewServer(r)
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // a test
			_, _ = io.WriteString(conn, test.request)
			if err := <-hijacked; err != nil {
				t.Fatal(err)
			}
			report := c.one(t)
			if got := report.Route.Pattern; got != "/c/{id}" || report.Totals.Queries != 1 || report.Stage != budget.Final {
				t.Errorf("route %q, stage %v, %d queries", got, report.Stage, report.Totals.Queries)
			}
			if report.Verdict.Outcome != budget.Within {
				t.Errorf("outcome %v", report.Verdict.Outcome)
			}
			_, _ = io.WriteString(conn, "x")
			if err := <-done; err != nil {
				t.Errorf("a query on the connection: %v", err)
			}
			if name != "upgrade" {
				return // it takes two looks, a second apart
			}
			late := <-c.reports
			if late.Stage != budget.Late || late.Totals.Queries != 5 {
				t.Errorf("stage %v, %d queries", late.Stage, late.Totals.Queries)
			}
		})
	}
}

// What was asked for and not given is a request like others.
func TestUpgradeRefused(t *testing.T) {
	c := newCollector()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Upgrade", "websocket")
	w := httptest.NewRecorder()
	middleware.Track(c)(page(2)).ServeHTTP(w, r)
	if got := c.one(t); got.Totals.Queries != 2 || w.Body.String() != "page" || len(w.Header()["Server-Timing"]) > 0 {
		t.Errorf("%d queries, answer %q, header %v", got.Totals.Queries, w.Body, w.Header())
	}
}

type hijacked struct{}

func (hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, nil }

// Each message may be a unit of its own, with a budget of its own.
func TestJobOnAHijackedConnection(t *testing.T) {
	c, messages := newCollector(), newCollector()
	job := budget.Job{Name: "message", Budget: budget.Budget{Queries: 1}}
	job.Delivery.Reporters = []budget.Reporter{messages}
	w := struct {
		base
		flush
		hijacked
	}{base: base{httptest.NewRecorder()}}
	h := middleware.Options{Header: true}.Track(c)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, _ = w.(http.Hijacker).Hijack()
		for range 3 {
			_ = job.Run(r.Context(), func(ctx context.Context) error { return ask(ctx) })
		}
	}))
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := c.one(t).Totals.Queries; got != 0 || len(messages.reports) != 3 {
		t.Errorf("%d queries of the request, %d messages", got, len(messages.reports))
	}
}
