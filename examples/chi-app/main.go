// Chi-app is a small bookshop service that shows querybudget at work: pages that
// ask too much of their database, each beside its repair, with budgets on their
// routes.
//
//	go run ./examples/chi-app          # serve on localhost:8080
//	go run ./examples/chi-app -demo    # ask for every page once and print a table
//
// Its data lives in a temporary SQLite database, or where -db says. -demo -trace
// bad/authors prints one trace. The main package in exporting has the same pages, and
// sends traces and metrics.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/XSAM/otelsql"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/exporters/textbudget"
	"github.com/querybudget/querybudget/sqlwrap"
)

func main() { shop.Main("chi-app", run) }

// run is the program, until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("chi-app", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "localhost:8080", "address to serve on")
	dsn := flags.String("db", "", shop.FormsOfDSN+" (default: a temporary SQLite file)")
	arguments := flags.Bool("arguments", false, "keep the arguments of queries: the panel shows them, and proves repairs")
	demo := flags.Bool("demo", false, "ask for every page once, print a table and exit")
	page := flags.String("trace", "", "with -demo: print the trace of this page as a tree, such as /authors/in")
	if err := shop.Parse(flags, args); err != nil {
		return err
	}
	if *page != "" && !*demo {
		return errors.New("-trace wants -demo; examples/chi-app/exporting sends traces to a collector")
	}
	warnOfExporters(os.Environ(), stderr)

	var kept spans
	sampled := sdktrace.WithSampler(sdktrace.NeverSample())
	if *page != "" {
		sampled = sdktrace.WithSyncer(&kept)
	}
	tracer := sdktrace.NewTracerProvider(sampled)
	defer func() { err = errors.Join(err, shop.StopWithin(ctx, tracer.Shutdown)) }()
	fmt.Fprintln(stderr, "Making a database of 20 authors, 100 books and 1200 reviews, unless it is there ...")
	db, err := shop.Open(ctx, *dsn, 20, sqlwrap.Config{Inner: otelbudget.Inner(otelsql.WithTracerProvider(tracer)), Arguments: *arguments})
	if err != nil {
		return fmt.Errorf("-db: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	s := store.New(db.DB)
	if *demo {
		return demoAndTrace(ctx, s, tracer, &kept, *page, stdout, stderr)
	}
	recent := panel.New(panel.Options{Planner: explain.SQL(db.DB.DB), Explain: explain.Options{TryIndexes: true}})
	return serve(ctx, s, tracer, recent, *addr, stdout, stderr)
}

// demoAndTrace runs the demo, and prints the trace of a page if one is named.
func demoAndTrace(ctx context.Context, s *store.Store, tracer trace.TracerProvider, kept *spans, traced string, stdout, stderr io.Writer) error {
	path, err := pageOf(shop.Pages(s), traced)
	if err != nil {
		return err
	}
	fmt.Fprintln(stderr, "Asking for each page once ...")
	if err := runDemo(ctx, s, tracer, stdout); err != nil || path == "" {
		return err
	}
	return kept.printTrace(stdout, path)
}

// pageOf returns the path of the page that somebody names, with or without its slash
// and its query: shells of Windows replace a slash in front.
func pageOf(pages []shop.Page, named string) (path string, err error) {
	if named == "" {
		return "", nil
	}
	named, _, _ = strings.Cut("/"+strings.TrimPrefix(named, "/"), "?")
	var known []string
	for _, p := range pages {
		path, _, _ := strings.Cut(p.Path, "?")
		if path == named {
			return path, nil
		}
		known = append(known, path)
	}
	return "", fmt.Errorf("-trace: there is no page %s: take one of %s", named, strings.Join(known, ", "))
}

// warnOfExporters says that nothing is sent, to whoever has asked OpenTelemetry for it.
func warnOfExporters(environ []string, stderr io.Writer) {
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "OTEL_EXPORTER_") || strings.HasPrefix(name, "OTEL_") && strings.HasSuffix(name, "_EXPORTER") {
			fmt.Fprintf(stderr, "%s is set, but nothing is sent: the program with exporters is examples/chi-app/exporting.\n", name)
		}
	}
}

// productionPages are the commands for those that are watched.
func productionPages(address string) string {
	return strings.ReplaceAll(shop.ProductionPages, `"/`, `"http://`+address+"/")
}

func serve(ctx context.Context, s *store.Store, tracer trace.TracerProvider, recent *panel.Panel, addr string, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("-addr: %w (choose another address)", err)
	}
	// Quotes make the commands the same in every shell.
	fmt.Fprintf(stdout, `The bookshop is open at http://%[1]s/, which lists its pages: each bad one beside its repair. For example:

  curl -i "http://%[1]s/bad/authors"
  curl -i "http://%[1]s/authors"

What each request did is shown at http://%[1]s/debug/queries/, to browsers on this machine. Their profile:

  go tool pprof -http=: "http://%[1]s/debug/pprof/queries"

What production is watched for:

%[2]s
Each request is a line here, and a block if it is over its budget or has findings. Ctrl-C ends.
`, listener.Addr(), productionPages(listener.Addr().String()))
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	return shop.Serve(ctx, listener, shop.Handler(s, logger, traced(tracer), recent, textbudget.Reporter(stderr)))
}
