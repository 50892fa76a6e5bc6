// Exporting is the bookshop of this module with exporters: OTLP, to a collector, and
// Prometheus, at /metrics. They pull gRPC and more, which the example itself can do
// without.
//
//	go run ./examples/chi-app/exporting
//
// Where spans and metrics go is said by the environment, as everywhere:
//
//	OTEL_EXPORTER_OTLP_ENDPOINT   sends both to a collector
//	OTEL_TRACES_EXPORTER          otlp, console or none
//	OTEL_METRICS_EXPORTER         otlp, console or none
//
// Without any of them nothing is sent, and metrics are at /metrics only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/sqlwrap"
)

func main() { shop.Main("exporting", run) }

// run is the program, until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("exporting", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "localhost:8080", "address to serve on")
	dsn := flags.String("db", "", shop.FormsOfDSN+" (default: a temporary SQLite file)")
	if err := shop.Parse(flags, args); err != nil {
		return err
	}
	t, err := newTelemetry(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shop.StopWithin(ctx, t.shutdown)) }()
	db, err := shop.Open(ctx, *dsn, 20, sqlwrap.Config{Inner: otelbudget.Inner(t.options()...)})
	if err != nil {
		return fmt.Errorf("-db: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	unwatch, err := t.metrics.Watch(ctx, db.DB.DB)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unwatch()) }()

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("-addr: %w (choose another address)", err)
	}
	base := "http://" + listener.Addr().String()
	fmt.Fprintf(stdout, "The bookshop is open at %s/, its metrics are at %s/metrics. Ctrl-C ends.\n", base, base)
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	return shop.Serve(ctx, listener, t.handler(store.New(db.DB), logger, panel.New(panel.Options{})))
}
