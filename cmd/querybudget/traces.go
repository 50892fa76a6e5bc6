package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
	"github.com/querybudget/querybudget/cmd/querybudget/traces"
)

const tracesText = `
Traces applies the rules of findings to OpenTelemetry traces, of any language: files of
OTLP, as JSON or protobuf, such as the file exporter of the Collector writes, or what
exporters send to -listen by OTLP/HTTP. Each span of a request that was served, or of a
message that was handled, is a unit; the queries below it are judged together.

Where a statement has placeholders and the span has no db.query.parameter attributes, its
arguments are unknown: a loop is a candidate that says so, and duplicates are not told. A
list with one placeholder, IN (?), may have been shortened and makes no loop then.

  querybudget traces -budgets budgets.json traces.json
  querybudget traces -listen localhost:4318      # until it is interrupted

A file of budgets has limits by route, -1 for none allowed:

  {"GET /authors": {"queries": 3, "n_plus_one": -1}, "*": {"queries": 50}}

The exit code is 1 if a budget of the file was exceeded.
`

// maxTraced is the number of routes that are told apart.
const maxTraced = 10_000

func runTraces(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newFlags("traces", "[flags] files...", tracesText)
	outputs := f.outputs()
	listen := f.String("listen", "", "take traces by OTLP/HTTP on an `address` of this machine, such as localhost:4318")
	budgets := f.String("budgets", "", "a `file` of budgets by route")
	reports := f.String("reports", "", "write the report of each unit to a `file`, a line each, for querybudget show and learn")
	spans := f.Int("max-spans", 0, "keep this `number` of spans while their traces are not whole (default 250000)")
	wait := f.Duration("wait", 10*time.Second, "with -listen, judge a trace when no span of it has come for this `time`")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	if (f.NArg() == 0) == (*listen == "") {
		return f.wrong("name files, or an address with -listen")
	}
	o := traces.Options{MaxSpans: *spans}
	if *budgets != "" {
		b, err := traces.ReadBudgets(*budgets)
		if err != nil {
			return err
		}
		o.Budget = b.Of
	}
	t := tracer{stderr: stderr, live: *listen != "", found: map[result.Key]bool{}}
	t.collector.Max = maxTraced
	if err := t.writeTo(*reports); err != nil {
		return err
	}
	o.Report = t.report
	j := traces.NewJudge(o)
	err := errors.Join(t.read(ctx, j, *listen, *wait, f.Args()), t.close())
	if err != nil {
		return err
	}
	return t.conclude(&j.Stats, outputs, stdout)
}

// tracer takes the reports of units.
type tracer struct {
	collector result.Collector
	stderr    io.Writer
	live      bool
	found     map[result.Key]bool // what was told already
	file      *os.File            // nil writes no reports
	writeErr  error
}

func (t *tracer) read(ctx context.Context, j *traces.Judge, listen string, wait time.Duration, files []string) error {
	if listen != "" {
		l, err := traces.Listen(listen)
		if err != nil {
			return err
		}
		fmt.Fprintf(t.stderr, "listening on http://%s/v1/traces: interrupt to end\n", l.Addr())
		return traces.NewServer(j, wait).Serve(ctx, l)
	}
	for _, name := range files {
		if err := traces.ReadFile(name, func(s *traces.Span) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return j.Add(s)
		}); err != nil {
			return err
		}
	}
	j.End()
	return nil
}

// writeTo writes reports to a file, too.
func (t *tracer) writeTo(name string) (err error) {
	if name != "" {
		t.file, err = os.Create(name)
	}
	return err
}

func (t *tracer) close() error {
	if t.file == nil {
		return nil
	}
	return errors.Join(t.writeErr, t.file.Close())
}

func (t *tracer) report(r *budget.Report) {
	t.collector.Add(result.Origin{}, r)
	if t.file != nil && t.writeErr == nil {
		t.writeErr = json.NewEncoder(t.file).Encode(r)
	}
	if t.live {
		t.tell(r)
	}
}

// tell says at once what is found for the first time.
func (t *tracer) tell(r *budget.Report) {
	for i := range r.Findings {
		f := &r.Findings[i]
		key := result.Key{Unit: r.Name, Kind: string(f.Kind), Function: f.CallSite().Function, Shape: f.Shape}
		if f.Confidence == budget.Hint || t.found[key] || len(t.found) >= maxTraced {
			continue
		}
		t.found[key] = true
		fmt.Fprintf(t.stderr, "in %s: %s\n", format.Line(r.Name), format.Line(f.String()))
	}
}

// conclude says how much was seen, and what.
func (t *tracer) conclude(s *traces.Stats, outputs *format.Outputs, stdout io.Writer) error {
	r, err := t.collector.Result()
	if err != nil {
		return err
	}
	if len(*outputs) == 0 {
		*outputs = format.Outputs{{Kind: "text"}}
	}
	if err := outputs.Write(stdout, r); err != nil {
		return err
	}
	writeStats(t.stderr, s, t.collector.Skipped)
	if s.Databases == 0 {
		return exit.Gatef("no span of a database was seen: does the service trace its database?")
	}
	exceeded := 0
	for _, e := range r.Failing() {
		if len(e.Kind) > len(result.Limit) && e.Kind[:len(result.Limit)] == result.Limit {
			exceeded++
		}
	}
	if exceeded > 0 {
		return exit.Gatef("%s of the file exceeded", format.Plural(exceeded, "budget"))
	}
	return nil
}

// writeStats says how much there was to judge: no finding is good news only then.
func writeStats(out io.Writer, s *traces.Stats, skipped int64) {
	fmt.Fprintf(out, "%s in %s: %s, %s of databases\n", format.Plural(s.Spans, "span"), format.Plural(s.Traces, "trace"), format.Plural(s.Units, "unit"), format.Plural(s.Databases, "span"))
	for _, part := range []struct {
		n    int64
		text string
	}{
		{s.NoText, "have no statement: not judged"}, {s.NotSQL, "are of databases without SQL: not judged"},
		{s.Inner, "are inside of the span of the same query: counted once"},
		{s.Orphans, "have no request around them: its spans are missing, or came too late"},
		{s.Late, "came after their trace was judged"}, {s.Unknown, "have arguments that are not known"},
	} {
		if part.n > 0 {
			fmt.Fprintf(out, "  %d %s\n", part.n, part.text)
		}
	}
	if skipped > 0 {
		fmt.Fprintf(out, "  %s of more routes or statements than are told apart: do their names hold ids?\n", format.Plural(skipped, "report"))
	}
}
