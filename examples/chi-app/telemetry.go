package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/XSAM/otelsql"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
)

// telemetry is the service's OpenTelemetry. Where its spans and metrics go is said
// by the environment, as everywhere:
//
//	OTEL_EXPORTER_OTLP_ENDPOINT   sends both to a collector
//	OTEL_TRACES_EXPORTER          otlp, console or none
//	OTEL_METRICS_EXPORTER         otlp, console or none
//
// Without any of them nothing is sent. Metrics are also served for Prometheus, at
// /metrics.
type telemetry struct {
	tracer  *sdktrace.TracerProvider
	meter   *sdkmetric.MeterProvider
	metrics *otelbudget.Metrics
	scrape  http.Handler
}

// newTelemetry starts it. Spans also go to the processors.
func newTelemetry(ctx context.Context, processors ...sdktrace.SpanProcessor) (_ *telemetry, err error) {
	about, err := resource.New(ctx, resource.WithAttributes(semconv.ServiceName("chi-app")), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	var t telemetry
	traces, metrics := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}, []sdkmetric.Option{sdkmetric.WithResource(about)}
	for _, p := range processors {
		traces = append(traces, sdktrace.WithSpanProcessor(p))
	}
	switch {
	case sends("TRACES"):
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, fmt.Errorf("telemetry: OTEL_TRACES_EXPORTER=%s: %w", os.Getenv("OTEL_TRACES_EXPORTER"), err)
		}
		traces = append(traces, sdktrace.WithBatcher(exporter))
	case len(processors) == 0:
		traces = append(traces, sdktrace.WithSampler(sdktrace.NeverSample()))
	}
	if sends("METRICS") {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return nil, fmt.Errorf("telemetry: OTEL_METRICS_EXPORTER=%s: %w", os.Getenv("OTEL_METRICS_EXPORTER"), err)
		}
		metrics = append(metrics, sdkmetric.WithReader(reader))
	}
	registry := prometheus.NewRegistry()
	pulled, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	// Exemplars are part of OpenMetrics only.
	t.scrape = promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	t.tracer = sdktrace.NewTracerProvider(traces...)
	t.meter = sdkmetric.NewMeterProvider(append(metrics, sdkmetric.WithReader(pulled))...)
	if t.metrics, err = otelbudget.NewMetrics(t.meter); err != nil {
		return nil, errors.Join(err, t.shutdown(ctx))
	}
	return &t, nil
}

// sends reports whether the environment asks to send a signal somewhere.
func sends(signal string) bool {
	switch os.Getenv("OTEL_" + signal + "_EXPORTER") {
	case "":
		return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
	case "none", "prometheus": // there is /metrics
		return false
	default:
		return true
	}
}

// options are those of the database's spans and metrics.
func (t *telemetry) options() []otelsql.Option {
	return []otelsql.Option{otelsql.WithTracerProvider(t.tracer), otelsql.WithMeterProvider(t.meter)}
}

// handler is the service with a span around each request, beside its metrics, and the
// panel and a profile unless recent is nil. The span is started in the router, so that otelhttp learns the
// route that it is named by.
func (t *telemetry) handler(s *store.Store, logger *slog.Logger, recent *panel.Panel, reporters ...budget.Reporter) http.Handler {
	r := chi.NewRouter()
	r.Use(otelhttp.NewMiddleware("chi-app",
		otelhttp.WithTracerProvider(t.tracer), otelhttp.WithMeterProvider(t.meter), otelhttp.WithPropagators(propagation.TraceContext{})))
	reporters = append(reporters, otelbudget.Spans(), t.metrics)
	queries := pprofbudget.New(pprofbudget.Options{})
	if recent != nil {
		reporters = append(reporters, recent, queries)
	}
	shop.AddRoutes(r, s, logger, reporters...)
	if recent != nil {
		r.Mount("/debug/queries", recent)
		r.Handle("/debug/pprof/queries", queries)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/metrics" {
			t.scrape.ServeHTTP(w, req)
			return
		}
		r.ServeHTTP(w, req)
	})
}

// shutdown sends what is left.
func (t *telemetry) shutdown(ctx context.Context) error {
	return errors.Join(t.tracer.Shutdown(ctx), t.meter.Shutdown(ctx))
}
