package otelbudget_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

func newMetrics(t testing.TB) (*otelbudget.Metrics, *sdkmetric.ManualReader, *sdkmetric.MeterProvider) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	m, err := otelbudget.NewMetrics(provider)
	if err != nil {
		t.Fatal(err)
	}
	return m, reader, provider
}

// collect returns all metrics by name.
func collect(t testing.TB, reader sdkmetric.Reader) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]metricdata.Metrics{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			out[m.Name] = m
		}
	}
	return out
}

// points prints the points of a metric, each with its labels.
func points(m metricdata.Metrics) (out []string) {
	switch d := m.Data.(type) {
	case metricdata.Histogram[int64]:
		for _, p := range d.DataPoints {
			out = append(out, fmt.Sprintf("%s: %d in %d", p.Attributes.Encoded(encoder{}), p.Sum, p.Count))
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			out = append(out, fmt.Sprintf("%s: %d", p.Attributes.Encoded(encoder{}), p.Count))
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			out = append(out, fmt.Sprintf("%s: %d", p.Attributes.Encoded(encoder{}), p.Value))
		}
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			out = append(out, fmt.Sprintf("%s: %d", p.Attributes.Encoded(encoder{}), p.Value))
		}
	}
	slices.Sort(out)
	return out
}

func TestMetrics(t *testing.T) {
	m, reader, _ := newMetrics(t)
	tr := newTraced(t)
	r := chi.NewRouter()
	r.Use(tr.handSpan, middleware.Track(m))
	r.With(middleware.Limit(budget.Budget{Queries: 3})).Get("/authors/{id}", func(_ http.ResponseWriter, r *http.Request) { _ = tr.loop(r.Context(), 6) })
	r.With(middleware.Limit(budget.Budget{Queries: 3, Mode: budget.Enforce})).Get("/enforced", func(_ http.ResponseWriter, r *http.Request) { _ = tr.loop(r.Context(), 6) })
	r.With(middleware.Limit(budget.Budget{Queries: 3})).Get("/panics", func(_ http.ResponseWriter, r *http.Request) { panic("handler") })
	r.Get("/free", func(http.ResponseWriter, *http.Request) {})
	for _, path := range []string{"/authors/1", "/authors/2", "/enforced", "/panics", "/free"} {
		func() {
			defer func() { _ = recover() }()
			r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		}()
	}
	job := budget.Job{Name: "nightly", Budget: budget.Budget{Queries: 5}, Delivery: budget.Delivery{Reporters: []budget.Reporter{m}}}
	if err := job.Run(t.Context(), func(ctx context.Context) error { return tr.loop(ctx, 1) }); err != nil {
		t.Fatal(err)
	}
	got := collect(t, reader)
	for name, want := range map[string][]string{
		"querybudget.request.queries": {
			"http.request.method=GET,http.route=/authors/{id}: 14 in 2", "http.request.method=GET,http.route=/enforced: 3 in 1",
			"http.request.method=GET,http.route=/free: 0 in 1", "http.request.method=GET,http.route=/panics: 0 in 1",
		},
		"querybudget.request.query.duration": {
			"http.request.method=GET,http.route=/authors/{id}: 2", "http.request.method=GET,http.route=/enforced: 1",
			"http.request.method=GET,http.route=/free: 1", "http.request.method=GET,http.route=/panics: 1",
		},
		"querybudget.budget.requests": {
			"http.request.method=GET,http.route=/authors/{id},querybudget.budget.outcome=exceeded: 2",
			"http.request.method=GET,http.route=/enforced,querybudget.budget.outcome=blocked: 1",
			"http.request.method=GET,http.route=/panics,querybudget.budget.outcome=within: 1",
		},
		"querybudget.findings": {
			"http.request.method=GET,http.route=/authors/{id},querybudget.finding.confidence=candidate,querybudget.finding.kind=n+1: 2",
		},
		"querybudget.job.queries":        {"querybudget.job.name=nightly: 2 in 1"},
		"querybudget.job.query.duration": {"querybudget.job.name=nightly: 1"},
		"querybudget.budget.jobs":        {"querybudget.budget.outcome=within,querybudget.job.name=nightly: 1"},
	} {
		if p := points(got[name]); !slices.Equal(p, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(p, "\n"), strings.Join(want, "\n"))
		}
	}
	for name, unit := range map[string]string{
		"querybudget.request.queries": "{query}", "querybudget.request.query.duration": "s",
		"querybudget.findings": "{finding}", "querybudget.budget.requests": "{request}", "querybudget.budget.jobs": "{job}",
	} {
		if got[name].Unit != unit || got[name].Description == "" {
			t.Errorf("%s: unit %q, description %q", name, got[name].Unit, got[name].Description)
		}
	}
	queries := got["querybudget.request.queries"].Data.(metricdata.Histogram[int64]).DataPoints[0]
	if want := []float64{0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000}; !slices.Equal(queries.Bounds, want) {
		t.Errorf("bounds %v", queries.Bounds)
	}
	duration := got["querybudget.request.query.duration"].Data.(metricdata.Histogram[float64]).DataPoints[0]
	if want := []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10}; !slices.Equal(duration.Bounds, want) {
		t.Errorf("bounds %v", duration.Bounds)
	}
	// The exemplar leads to the request's trace.
	spans := map[string]bool{}
	for _, s := range tr.named("server") {
		id := s.SpanContext().SpanID()
		spans[string(id[:])] = true
	}
	if len(queries.Exemplars) == 0 || !spans[string(queries.Exemplars[0].SpanID)] {
		t.Errorf("exemplars %+v", queries.Exemplars)
	}
}

// A finding that is allowed is not counted.
func TestAllowedFindingIsNotCounted(t *testing.T) {
	m, reader, _ := newMetrics(t)
	tr := newTraced(t)
	ctx, r := budget.NewContext(t.Context())
	if err := tr.loop(budget.Allow(ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 20, Reason: "few"}), 6); err != nil {
		t.Fatal(err)
	}
	m.Report(ctx, r.Report())
	if len(r.Report().Findings) != 1 {
		t.Fatalf("findings %v", r.Report().Findings)
	}
	if p := points(collect(t, reader)["querybudget.findings"]); len(p) != 0 {
		t.Errorf("got %q", p)
	}
}

// A loop that reads and writes is one finding, which counts under both kinds.
func TestReadsOfALoopAreCounted(t *testing.T) {
	m, reader, _ := newMetrics(t)
	reads := budget.Finding{Kind: budget.NPlusOne, Confidence: budget.Candidate}
	m.Report(t.Context(), &budget.Report{Findings: []budget.Finding{{Kind: budget.WriteLoop, Confidence: budget.Candidate, Reads: &reads}}})
	p := strings.Join(points(collect(t, reader)["querybudget.findings"]), "\n")
	for _, kind := range []string{"n+1", "write-loop"} {
		if !strings.Contains(p, kind) {
			t.Errorf("no %s in %q", kind, p)
		}
	}
}

// Clients that invent paths and methods invent no labels.
func TestCardinality(t *testing.T) {
	m, reader, _ := newMetrics(t)
	r := chi.NewRouter()
	r.Use(middleware.Track(m))
	r.Get("/authors/{id}", func(http.ResponseWriter, *http.Request) {})
	for i := range 10_000 {
		for _, path := range []string{"/authors/%d", "/wp-%d"} {
			request := httptest.NewRequestWithContext(t.Context(), fmt.Sprintf("M%d", i%100), fmt.Sprintf(path, i), nil)
			if i%2 == 0 {
				request.Method = "GET"
			}
			r.ServeHTTP(httptest.NewRecorder(), request)
		}
	}
	want := []string{"http.request.method=GET,http.route=/authors/{id}: 5000", "http.request.method=GET: 5000", "http.request.method=_OTHER: 10000"}
	if got := points(collect(t, reader)["querybudget.request.query.duration"]); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestWatch(t *testing.T) {
	m, reader, _ := newMetrics(t)
	db := sql.OpenDB(sqlwrap.Config{Database: "replica", System: "postgresql", Inner: otelbudget.Inner()}.Connector(fakeDB{}))
	defer db.Close() //nolint:errcheck // a test
	stop, err := m.Watch(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"SELECT 1", "SELECT fails FROM books"} {
		_ = drain(db.QueryContext(t.Context(), text))
	}
	got := collect(t, reader)
	for name, want := range map[string]string{
		"querybudget.unattributed.queries": "db.system.name=postgresql,querybudget.database=replica: 2",
		"querybudget.unattributed.errors":  "db.system.name=postgresql,querybudget.database=replica: 1",
		"db.sql.connection.wait":           "db.system.name=postgresql,querybudget.database=replica: 0",
	} {
		if p := points(got[name]); !slices.Equal(p, []string{want}) {
			t.Errorf("%s: got %q", name, p)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if m := collect(t, reader); m["querybudget.unattributed.queries"].Data != nil && len(points(m["querybudget.unattributed.queries"])) > 0 {
		t.Errorf("still observed: %v", m)
	}
}

func TestWatchBadInput(t *testing.T) {
	m, _, _ := newMetrics(t)
	if _, err := m.Watch(t.Context(), nil); err == nil || !strings.HasPrefix(err.Error(), "otelbudget: ") {
		t.Errorf("got %v", err)
	}
	bare := sql.OpenDB(fakeDB{})
	defer bare.Close() //nolint:errcheck // a test
	if _, err := m.Watch(t.Context(), bare); err == nil || !strings.Contains(err.Error(), "sqlwrap.Open") {
		t.Errorf("got %v", err)
	}
	db := sql.OpenDB(otelbudget.Connector(fakeDB{}))
	defer db.Close() //nolint:errcheck // a test
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Watch(cancelled, db); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Providers that do nothing, or were shut down, change nothing.
func TestNoMetrics(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	m, err := otelbudget.NewMetrics(noop.NewMeterProvider())
	if err != nil {
		t.Fatal(err)
	}
	m.Report(ctx, r.Report())
	m, _, provider := newMetrics(t)
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.Report(ctx, r.Report())
}

// Requests are counted whether or not their trace is sampled.
func TestMetricsWithoutSampling(t *testing.T) {
	m, reader, _ := newMetrics(t)
	off := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	ctx, span := off.Tracer("x").Start(t.Context(), "off")
	defer span.End()
	ctx, r := budget.NewContext(ctx)
	r.SetRoute(budget.Route{Method: "GET"})
	m.Report(ctx, r.Report())
	data := collect(t, reader)["querybudget.request.queries"].Data.(metricdata.Histogram[int64])
	if p := data.DataPoints[0]; p.Count != 1 || len(p.Exemplars) != 0 {
		t.Errorf("got %+v", p)
	}
}
