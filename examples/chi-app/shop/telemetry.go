package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/XSAM/otelsql"
	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
)

// Telemetry is the service's OpenTelemetry: its spans and metrics. Where they go is
// said by the main package, which knows the exporters.
type Telemetry struct {
	tracer  *sdktrace.TracerProvider
	meter   *sdkmetric.MeterProvider
	metrics *otelbudget.Metrics
}

// NewTelemetry starts it. Without traces no span is sampled.
func NewTelemetry(ctx context.Context, traces []sdktrace.TracerProviderOption, metrics []sdkmetric.Option) (*Telemetry, error) {
	about, err := resource.New(ctx, resource.WithAttributes(semconv.ServiceName("chi-app")), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	if len(traces) == 0 {
		traces = append(traces, sdktrace.WithSampler(sdktrace.NeverSample()))
	}
	t := Telemetry{
		tracer: sdktrace.NewTracerProvider(append(traces, sdktrace.WithResource(about))...),
		meter:  sdkmetric.NewMeterProvider(append(metrics, sdkmetric.WithResource(about))...),
	}
	if t.metrics, err = otelbudget.NewMetrics(t.meter); err != nil {
		return nil, errors.Join(err, t.Shutdown(ctx))
	}
	return &t, nil
}

// Options are those of the database's spans and metrics.
func (t *Telemetry) Options() []otelsql.Option {
	return []otelsql.Option{otelsql.WithTracerProvider(t.tracer), otelsql.WithMeterProvider(t.meter)}
}

// Watch measures the pool of a database until stop is called.
func (t *Telemetry) Watch(ctx context.Context, db *Database) (stop func() error, err error) {
	return t.metrics.Watch(ctx, db.DB.DB)
}

// Handler is the service with a span around each request, the list of its pages at /,
// and the panel and a profile unless recent is nil. The span is started in the router, so that otelhttp learns the
// route that it is named by.
func (t *Telemetry) Handler(s *store.Store, logger *slog.Logger, recent *panel.Panel, reporters ...budget.Reporter) http.Handler {
	r := chi.NewRouter()
	r.Use(otelhttp.NewMiddleware("chi-app",
		otelhttp.WithTracerProvider(t.tracer), otelhttp.WithMeterProvider(t.meter), otelhttp.WithPropagators(propagation.TraceContext{})))
	reporters = append(reporters, otelbudget.Spans(), t.metrics)
	queries := pprofbudget.New(pprofbudget.Options{})
	if recent != nil {
		reporters = append(reporters, recent, queries)
	}
	AddRoutes(r, s, logger, reporters...)
	if recent != nil {
		r.Mount("/debug/queries", recent)
		r.Handle("/debug/pprof/queries", queries)
	}
	// The list of pages is no page of the shop: it is neither counted nor traced.
	index := Index(Pages(s))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/" {
			index(w, req)
			return
		}
		r.ServeHTTP(w, req)
	})
}

// Shutdown sends what is left.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	return errors.Join(t.tracer.Shutdown(ctx), t.meter.Shutdown(ctx))
}
