package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
)

// runDemo serves on a free port, asks for every page, and prints what the
// reports say.
func runDemo(ctx context.Context, s *store.Store, tracer trace.TracerProvider, stdout io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	reports := make(chan *budget.Report, 1)
	keep := budget.ReporterFunc(func(_ context.Context, r *budget.Report) { reports <- r })
	handler := shop.Handler(s, slog.New(slog.DiscardHandler), traced(tracer), nil, keep)

	serving, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- shop.Serve(serving, listener, handler) }()
	err = askAll(ctx, s, "http://"+listener.Addr().String(), reports, stdout)
	stop()
	if served := <-done; err == nil {
		err = served
	}
	return err
}

func askAll(ctx context.Context, s *store.Store, base string, reports <-chan *budget.Report, stdout io.Writer) error {
	paint := painter(stdout)
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ROUTE\tSTATUS\tQUERIES\tREPEATS\tROWS\tDB TIME\tVERDICT\tFINDINGS\tWORST LINE")
	for _, p := range shop.Pages(s) {
		status, err := ask(ctx, p.Method, base+p.Path)
		if err != nil {
			return err
		}
		r := <-reports
		worst, repeats := worstLine(r)
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%v\t%s\t%s\t%s\n", r.Name, status, r.Totals.Queries, repeats, r.Totals.Rows,
			r.Totals.WallTime.Round(10*time.Microsecond), paint(r), kinds(r.Findings), worst)
	}
	return table.Flush()
}

func ask(ctx context.Context, method, url string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// kinds lists the kinds of findings.
func kinds(findings []budget.Finding) string {
	var out []string
	for i := range findings {
		out = append(out, string(findings[i].Kind))
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ", ")
}

// worstLine names the line that a reader should look at first: that of a finding,
// or of an exceeded limit, otherwise of the most frequent query.
func worstLine(r *budget.Report) (line string, repeats int64) {
	var site callsite.CallSite
	if len(r.Groups) > 0 {
		site, repeats = r.Groups[0].CallSite(), r.Groups[0].Queries
	}
	if len(r.Findings) > 0 {
		site = r.Findings[0].CallSite()
		return fmt.Sprintf("%s:%d", site.File, site.Line), repeats
	}
	for _, e := range r.AllExceeded() {
		if over := e.CallSite(); !over.IsZero() {
			site = over
			break
		}
	}
	if site.IsZero() {
		return "", repeats
	}
	return fmt.Sprintf("%s:%d", site.File, site.Line), repeats
}

// painter colours verdicts on a terminal. The colour has the same length for
// each, so that columns stay in line.
func painter(w io.Writer) func(*budget.Report) string {
	f, ok := w.(*os.File)
	if ok {
		info, err := f.Stat()
		ok = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
	}
	return func(r *budget.Report) string {
		text, isFine := verdict(r)
		switch {
		case !ok:
			return text
		case isFine:
			return "\x1b[32m" + text + "\x1b[0m"
		default:
			return "\x1b[31m" + text + "\x1b[0m"
		}
	}
}

// verdict says both: a page can keep to its budget and have a finding.
func verdict(r *budget.Report) (text string, isFine bool) {
	text = string(r.Verdict.Outcome)
	if len(r.Verdict.Exceeded) > 0 {
		text += " " + string(r.Verdict.Exceeded[0].Limit)
	}
	switch n := len(r.Findings); n {
	case 0:
		return text, len(r.Verdict.Exceeded) == 0
	case 1:
		return text + ", 1 finding", false
	default:
		return fmt.Sprintf("%s, %d findings", text, n), false
	}
}
