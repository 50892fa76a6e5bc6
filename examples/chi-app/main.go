// Chi-app is a small bookshop service that shows querybudget at work: pages that
// ask too much of their database, each beside its repair, with budgets on their
// routes.
//
//	go run ./examples/chi-app          # serve on localhost:8080
//	go run ./examples/chi-app -demo    # ask for every page once and print a table
//
// Its data lives in a temporary SQLite database, or where -db says. Traces and metrics
// go where OpenTelemetry's environment variables say; -demo -trace /bad/authors
// prints one trace.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/sqlwrap"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "chi-app:", err)
		os.Exit(1)
	}
}

// run is the program, until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("chi-app", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "localhost:8080", "address to serve on")
	dsn := flags.String("db", "", "database: postgres://..., user@tcp(host)/name for MySQL or MariaDB, or a SQLite file (default: a temporary one)")
	arguments := flags.Bool("arguments", false, "keep the arguments of queries: the panel shows them, and proves repairs")
	demo := flags.Bool("demo", false, "ask for every page once, print a table and exit")
	traced := flags.String("trace", "", "with -demo: print the trace of this page as a tree, such as /authors/in")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}

	if *traced != "" && !*demo {
		return errors.New("-trace wants -demo; to send traces somewhere, set OTEL_TRACES_EXPORTER or OTEL_EXPORTER_OTLP_ENDPOINT")
	}

	var kept spans
	var processors []sdktrace.SpanProcessor
	if *traced != "" {
		processors = append(processors, sdktrace.NewSimpleSpanProcessor(&kept))
	}
	t, err := newTelemetry(ctx, processors...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopWithin(ctx, t.shutdown)) }()
	db, err := openDatabaseOf(ctx, *dsn, 20, sqlwrap.Config{Inner: otelbudget.Inner(t.options()...), Arguments: *arguments})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	s := store.New(db.DB)
	if *traced != "" && !slices.ContainsFunc(pages(s), func(p page) bool { return p.path == *traced }) {
		return fmt.Errorf("-trace: there is no page %s: take one of those that the service prints at its start", *traced)
	}
	if *demo {
		if err := runDemo(ctx, s, t, stdout); err != nil || *traced == "" {
			return err
		}
		return kept.printTrace(stdout, *traced)
	}
	unwatch, err := t.metrics.Watch(ctx, db.DB.DB)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unwatch()) }()
	recent := panel.New(panel.Options{Planner: explain.SQL(db.DB.DB), Explain: explain.Options{TryIndexes: true}})
	return serve(ctx, s, t, recent, *addr, stdout, stderr)
}

func serve(ctx context.Context, s *store.Store, t *telemetry, recent *panel.Panel, addr string, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w (choose another address with -addr)", err)
	}
	fmt.Fprintln(stdout, "The bookshop is open. Try:")
	for _, p := range pages(s) {
		method := ""
		if p.method != http.MethodGet {
			method = "-X " + p.method + " "
		}
		fmt.Fprintf(stdout, "  %-62s # %s\n", "curl -i "+method+"http://"+listener.Addr().String()+p.path, p.about)
	}
	fmt.Fprint(stdout, "What production is watched for:\n", strings.ReplaceAll(productionPages, "'/", "'http://"+listener.Addr().String()+"/"))
	fmt.Fprintf(stdout, "What each request did is shown at http://%s/debug/queries/, to browsers on this machine.\n", listener.Addr())
	fmt.Fprintf(stdout, "Their profile: go tool pprof -http=: http://%s/debug/pprof/queries\n", listener.Addr())
	fmt.Fprintf(stdout, "Metrics are at http://%s/metrics. Requests over their budget, or with findings, are logged. Ctrl-C ends.\n", listener.Addr())
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	return serveOn(ctx, listener, t.handler(s, logger, recent))
}

// stopWithin stops something whose context has ended already.
func stopWithin(ctx context.Context, stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return stop(ctx)
}

// serveOn serves until ctx ends, and lets running requests finish.
func serveOn(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	err := stopWithin(ctx, server.Shutdown)
	if served := <-stopped; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
