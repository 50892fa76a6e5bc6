package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/querybudget/querybudget/examples/chi-app/shop"
)

// newTelemetry makes what the environment asks for, and the handler of /metrics.
func newTelemetry(ctx context.Context) (_ *shop.Telemetry, scrape http.Handler, err error) {
	var traces []sdktrace.TracerProviderOption
	if sends("TRACES") {
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("telemetry: OTEL_TRACES_EXPORTER=%s: %w", os.Getenv("OTEL_TRACES_EXPORTER"), err)
		}
		traces = append(traces, sdktrace.WithBatcher(exporter))
	}
	var metrics []sdkmetric.Option
	if sends("METRICS") {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("telemetry: OTEL_METRICS_EXPORTER=%s: %w", os.Getenv("OTEL_METRICS_EXPORTER"), err)
		}
		metrics = append(metrics, sdkmetric.WithReader(reader))
	}
	registry := prometheus.NewRegistry()
	pulled, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: %w", err)
	}
	t, err := shop.NewTelemetry(ctx, traces, append(metrics, sdkmetric.WithReader(pulled)))
	// Exemplars are part of OpenMetrics only.
	return t, promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}), err
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
