package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/XSAM/otelsql"
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

	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/exporters/slogbudget"
)

// telemetry is the service's OpenTelemetry: its spans and metrics, and /metrics.
type telemetry struct {
	tracer  *sdktrace.TracerProvider
	meter   *sdkmetric.MeterProvider
	metrics *otelbudget.Metrics
	scrape  http.Handler
}

// newTelemetry starts what the environment asks for.
func newTelemetry(ctx context.Context) (*telemetry, error) {
	about, err := resource.New(ctx, resource.WithAttributes(semconv.ServiceName("chi-app")), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	spans := sdktrace.WithSampler(sdktrace.NeverSample())
	if sends("TRACES") {
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, fmt.Errorf("telemetry: OTEL_TRACES_EXPORTER=%s: %w", os.Getenv("OTEL_TRACES_EXPORTER"), err)
		}
		spans = sdktrace.WithBatcher(exporter)
	}
	registry := prometheus.NewRegistry()
	pulled, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	readers := []sdkmetric.Option{sdkmetric.WithResource(about), sdkmetric.WithReader(pulled)}
	if sends("METRICS") {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return nil, fmt.Errorf("telemetry: OTEL_METRICS_EXPORTER=%s: %w", os.Getenv("OTEL_METRICS_EXPORTER"), err)
		}
		readers = append(readers, sdkmetric.WithReader(reader))
	}
	t := telemetry{
		tracer: sdktrace.NewTracerProvider(sdktrace.WithResource(about), spans),
		meter:  sdkmetric.NewMeterProvider(readers...),
		// Exemplars are part of OpenMetrics only.
		scrape: promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}),
	}
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

// handler is the service, and beside it its metrics, outside of spans and budgets.
func (t *telemetry) handler(s *store.Store, logger *slog.Logger, recent *panel.Panel) http.Handler {
	spans := otelhttp.NewMiddleware("chi-app",
		otelhttp.WithTracerProvider(t.tracer), otelhttp.WithMeterProvider(t.meter), otelhttp.WithPropagators(propagation.TraceContext{}))
	pages := shop.Handler(s, logger, spans, recent, t.metrics, slogbudget.Reporter(logger))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			t.scrape.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// shutdown sends what is left.
func (t *telemetry) shutdown(ctx context.Context) error {
	return errors.Join(t.tracer.Shutdown(ctx), t.meter.Shutdown(ctx))
}
