package otelbudget_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/middleware"
)

// handSpan is what starts a server span where there is no otelhttp.
func (t traced) handSpan(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.tracer.Tracer("server").Start(r.Context(), "server")
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// serve serves a request of a handler with a budget, and returns the server's span.
func (t traced) serve(test testing.TB, b budget.Budget, handler func(context.Context) error) sdktrace.ReadOnlySpan {
	test.Helper()
	r := chi.NewRouter()
	r.Use(t.handSpan, middleware.Track(otelbudget.Spans()))
	r.With(middleware.Limit(b)).Get("/authors/{id}", func(w http.ResponseWriter, r *http.Request) {
		if err := handler(r.Context()); err != nil && !middleware.AnswerExceeded(w, err) {
			test.Error(err)
		}
	})
	func() {
		defer func() { _ = recover() }()
		r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(test.Context(), "GET", "/authors/7", nil))
	}()
	spans := t.named("server")
	if len(spans) == 0 {
		test.Fatal("no server span")
	}
	return spans[len(spans)-1]
}

func (t traced) loop(ctx context.Context, n int) error {
	if err := drain(t.db.QueryContext(ctx, "SELECT id FROM authors")); err != nil {
		return err
	}
	for i := range n {
		if err := drain(t.db.QueryContext(ctx, "SELECT title FROM books WHERE author_id = ?", i)); err != nil {
			return err
		}
	}
	return nil
}

func TestRequestSpan(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{Queries: 10, Duplicates: budget.None}, func(ctx context.Context) error {
		if _, err := tr.db.ExecContext(ctx, "UPDATE authors SET name = ?", "x"); err != nil {
			return err
		}
		for id, query := range []string{"SELECT name FROM authors WHERE id = ?", "SELECT born FROM authors WHERE id = ?"} {
			if err := drain(tr.db.QueryContext(ctx, query, id)); err != nil { // they might ask for one row: else no groups are kept
				return err
			}
		}
		return tr.loop(ctx, 2)
	})
	each(t, s, map[string]string{
		"http.route":                    "/authors/{id}",
		"querybudget.queries":           "6",
		"querybudget.reads":             "5",
		"querybudget.writes":            "1",
		"querybudget.rows":              "10",
		"querybudget.rows_affected":     "1",
		"querybudget.duplicates":        "0",
		"querybudget.errors":            "0",
		"querybudget.transactions":      "0",
		"querybudget.connects":          "1",
		"querybudget.blocked":           "",
		"querybudget.findings":          "0",
		"querybudget.finding.kinds":     "",
		"querybudget.budget.outcome":    "within",
		"querybudget.budget.queries":    "10",
		"querybudget.budget.duplicates": "0",
		"querybudget.budget.mode":       "observe",
		"querybudget.budget.exceeded":   "",
	})
	got := attributes(s)
	if !strings.Contains(got["querybudget.query.top"], "SELECT books at spans_test.go:") {
		t.Errorf("top: %s", got["querybudget.query.top"])
	}
	for _, time := range []string{"querybudget.time", "querybudget.wall_time"} {
		if v := got[time]; v == "" || v == "0" || strings.HasPrefix(v, "-") {
			t.Errorf("%s is %q", time, v)
		}
	}
	if len(s.Events()) != 0 || s.Status().Code != codes.Unset {
		t.Errorf("events %v, status %v", s.Events(), s.Status())
	}
}

// In mode Observe the status is left alone. One event names what broke, and the
// line.
func TestExceededSpan(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{Queries: 3}, func(ctx context.Context) error { return tr.loop(ctx, 6) })
	each(t, s, map[string]string{
		"querybudget.queries":        "7",
		"querybudget.budget.outcome": "exceeded",
		"querybudget.finding.kinds":  `["n+1"]`,
		"querybudget.findings":       "1",
	})
	if got := attributes(s); !strings.Contains(got["querybudget.budget.exceeded"], "queries: 3 allowed, 7 observed in GET /authors/{id}") ||
		!strings.Contains(got["querybudget.finding.list"], "n+1 (candidate): 6x SELECT books at spans_test.go:") {
		t.Errorf("got %v", got)
	}
	if s.Status().Code != codes.Unset || len(s.Events()) != 1 {
		t.Fatalf("status %v, events %v", s.Status(), s.Events())
	}
	e := s.Events()[0]
	if text := fmt.Sprint(e.Attributes); e.Name != "querybudget.exceeded" || !strings.Contains(text, "queries: 3 allowed") || !strings.Contains(text, "code.line.number") {
		t.Errorf("event %s %s", e.Name, text)
	}
}

func TestNPlusOneEvent(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{}, func(ctx context.Context) error { return tr.loop(ctx, 6) })
	each(t, s, map[string]string{"querybudget.budget.outcome": "none", "querybudget.budget.mode": ""})
	if len(s.Events()) != 1 || s.Events()[0].Name != "querybudget.n_plus_one" {
		t.Fatalf("events %v", s.Events())
	}
	if text := fmt.Sprint(s.Events()[0].Attributes); !strings.Contains(text, "6x SELECT books") || !strings.Contains(text, "one query for all") {
		t.Errorf("got %s", text)
	}
}

// What is allowed is no finding here, and makes no event.
func TestAllowedFinding(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{}, func(ctx context.Context) error {
		return tr.loop(budget.Allow(ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 20, Reason: "few"}), 6)
	})
	each(t, s, map[string]string{"querybudget.findings": "0", "querybudget.finding.kinds": ""})
	if len(s.Events()) != 0 {
		t.Errorf("events %v", s.Events())
	}
}

func TestBlockedSpan(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{Queries: 3, Mode: budget.Enforce}, func(ctx context.Context) error { return tr.loop(ctx, 6) })
	each(t, s, map[string]string{
		"querybudget.queries": "3", "querybudget.blocked": "1",
		"querybudget.budget.outcome": "blocked", "querybudget.budget.mode": "enforce",
	})
	if s.Status().Code != codes.Error || !strings.Contains(s.Status().Description, "refused number 4") || len(s.Events()) != 1 {
		t.Errorf("status %v, events %v", s.Status(), s.Events())
	}
	if n := len(tr.named("SELECT books")); n != 2 {
		t.Errorf("%d spans: a refused query has none", n)
	}
}

// The span of a request whose handler panics, or whose client went away, has its
// totals too.
func TestPanicAndCancelledSpan(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{}, func(ctx context.Context) error {
		_ = tr.loop(ctx, 1)
		panic("handler")
	})
	each(t, s, map[string]string{"querybudget.queries": "2"})
	s = tr.serve(t, budget.Budget{}, func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		_ = tr.loop(ctx, 1)
		cancel()
		if err := tr.loop(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		return nil
	})
	each(t, s, map[string]string{"querybudget.queries": "2"})
}

// A job reports on the span it runs in; its scopes are named.
func TestJobSpan(t *testing.T) {
	tr := newTraced(t)
	job := budget.Job{Name: "nightly", Budget: budget.Budget{Queries: 1}, Delivery: budget.Delivery{Reporters: []budget.Reporter{otelbudget.Spans()}}}
	ctx, span := tr.tracer.Tracer("jobs").Start(t.Context(), "nightly")
	err := job.Run(ctx, func(ctx context.Context) error {
		return budget.Run(ctx, "step", budget.Budget{Queries: budget.None}, func(ctx context.Context) error { return tr.loop(ctx, 1) })
	})
	span.End()
	if err != nil {
		t.Fatal(err)
	}
	s := tr.named("nightly")[0]
	each(t, s, map[string]string{
		"querybudget.queries": "2", "querybudget.budget.outcome": "exceeded", "http.route": "",
		"querybudget.scopes": `["step: 2 queries, exceeded"]`,
	})
}

// A unit that is within its budget, and a scope of it that is not.
func TestScopeExceeded(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{Queries: 10}, func(ctx context.Context) error {
		ctx, _ = budget.With(ctx, "step", budget.Budget{Queries: 1})
		return tr.loop(ctx, 1)
	})
	each(t, s, map[string]string{"querybudget.budget.outcome": "exceeded"})
}

// There may be no span, one that is not recorded, or one that has ended.
func TestNoSpan(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	otelbudget.Spans().Report(ctx, r.Report())
	_, span := sdktrace.NewTracerProvider().Tracer("x").Start(ctx, "ended")
	span.End()
	otelbudget.Spans().Report(trace.ContextWithSpan(ctx, span), r.Report())
	off := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	ctx, span = off.Tracer("x").Start(ctx, "off")
	defer span.End()
	report := r.Report()
	if n := testing.AllocsPerRun(100, func() { otelbudget.Spans().Report(ctx, report) }); n > 0 {
		t.Errorf("%v allocations for a span that is not recorded", n)
	}
}

// The lists are bounded: a span is sent over the network.
func TestBoundedLists(t *testing.T) {
	tr := newTraced(t)
	s := tr.serve(t, budget.Budget{}, func(ctx context.Context) error {
		for i := range 30 {
			text := fmt.Sprintf("SELECT title FROM books_of_%d_%s WHERE id = ?", i, strings.Repeat("é", 600))
			for id := range 6 {
				if err := drain(tr.db.QueryContext(ctx, text, id)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for _, a := range s.Attributes() {
		texts := a.Value.AsStringSlice()
		switch a.Key {
		case "querybudget.finding.list", "querybudget.query.top":
			if len(texts) == 0 {
				t.Errorf("%s is empty", a.Key)
			}
		}
		if len(texts) > 10 || slices.ContainsFunc(texts, func(s string) bool { return len(s) > 510 || !strings.HasPrefix(strings.ToValidUTF8(s, "?"), s) }) {
			t.Errorf("%s: %q", a.Key, texts)
		}
	}
	each(t, s, map[string]string{"querybudget.findings": "30"})
}

func TestNeeds(t *testing.T) {
	metrics, err := otelbudget.NewMetrics(noop.NewMeterProvider())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []budget.Reporter{otelbudget.Spans(), metrics} {
		n := r.(budget.NeedyReporter).Needs()
		if !n.Quick || n.Content != budget.WhatIsFound || n.Running {
			t.Errorf("%T needs %+v", r, n)
		}
	}
}
