package main

import (
	"context"
	"os"
	"testing"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/pgxwrap"
)

// tracers are those of pgx that are compared.
var tracers = []struct {
	name    string
	install func(*pgxpool.Config)
	request func() context.Context
}{
	{"none", func(*pgxpool.Config) {}, background},
	{"no-op", func(c *pgxpool.Config) { c.ConnConfig.Tracer = noTracer{} }, background},
	{"querybudget, no recorder", func(c *pgxpool.Config) { pgxwrap.Config(c) }, background},
	{"querybudget", func(c *pgxpool.Config) { pgxwrap.Config(c) }, recording},
	{"querybudget, enforced", func(c *pgxpool.Config) { pgxwrap.Config(c) }, enforcing},
	{"querybudget with spans, sampled", withSpans, func() context.Context {
		ctx, _ := spans.Tracer("bench").Start(recording(), "request")
		return ctx
	}},
	{"otelpgx, no span in the request", traced, background},
	{"otelpgx, sampled", traced, func() context.Context {
		ctx, _ := spans.Tracer("bench").Start(context.Background(), "request")
		return ctx
	}},
}

func withSpans(c *pgxpool.Config) {
	pgxwrap.Options{Tracer: otelbudget.CallTracer(spans)}.Config(c)
}

// spans samples everything, and exports nothing.
var spans = sdktrace.NewTracerProvider()

func traced(c *pgxpool.Config) {
	c.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithTracerProvider(spans))
}

// noTracer does nothing.
type noTracer struct{}

func (noTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (noTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func poolFor(b testing.TB, install func(*pgxpool.Config)) *pgxpool.Pool {
	b.Helper()
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" {
		b.Skip("QUERYBUDGET_POSTGRES_DSN is not set")
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		b.Fatal(err)
	}
	install(config)
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// What a tracer costs by itself: its two calls for a query with an argument and a row, as
// pgx makes them, in requests of 20 queries.
func BenchmarkTracers(b *testing.B) {
	tag := pgconn.NewCommandTag("SELECT 1")
	for _, s := range tracers[1:] {
		b.Run(s.name, func(b *testing.B) {
			conn, err := poolFor(b, s.install).Acquire(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Release()
			tracer, ctx, n := conn.Conn().Config().Tracer, s.request(), 0
			b.ReportAllocs()
			for b.Loop() {
				if n++; n%perRequest == 0 {
					ctx = s.request()
				}
				data := pgx.TraceQueryStartData{SQL: "SELECT name FROM authors WHERE id = $1", Args: []any{n}}
				tracer.TraceQueryEnd(tracer.TraceQueryStart(ctx, conn.Conn(), data), conn.Conn(), pgx.TraceQueryEndData{CommandTag: tag})
			}
		})
	}
}

// A query of the pool on a real server, with what its tracer does for the pool.
func BenchmarkPgxPool(b *testing.B) {
	for _, s := range tracers {
		b.Run(s.name, func(b *testing.B) {
			pool, ctx, n := poolFor(b, s.install), s.request(), 0
			b.ReportAllocs()
			for b.Loop() {
				if n++; n%perRequest == 0 {
					ctx = s.request()
				}
				if err := pool.QueryRow(ctx, "SELECT $1::int", n).Scan(new(int)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
