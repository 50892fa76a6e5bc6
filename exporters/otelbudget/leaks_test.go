package otelbudget_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/XSAM/otelsql"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// A marker in every literal and argument of each kind of database, and of one that is
// not known: it is in no span, report, log, finding or error.
func TestNothingLeaks(t *testing.T) {
	literals := map[string][]string{
		"postgresql":           {"'acme'", `E'it\'s acme'`, "E'a'\n'b\\' acme'", "$$it's acme$$", "U&'acme'", "735190042761", "X'735190042761'"},
		"mysql":                {`'it\'s acme'`, `"acme"`, "/*! 'acme' */", "_utf8'acme'", "0x735190042761", "/*M!100100 735190042761 */"},
		"sqlite":               {"'it''s acme'", `'\acme'`, "735190042761"},
		"microsoft.sql_server": {"N'acme'", "$735190042761.1", "€735190042761"},
		"": {
			`'it\'s acme'`, `"acme"`, "q'[it's acme]'", "$$it's acme$$", "'''it's acme'''", "/*! 'acme' */", "'a' -- it's\n'acme'",
		},
	}
	statements := []string{
		"SELECT a FROM t WHERE b = %s AND c = ?",
		"SELECT a FROM breaks WHERE b = %s AND c = ?",
		"SELECT a FROM fails WHERE b = %s AND c = ?",
		"INSERT INTO t (a, b) VALUES (%s, ?)",
		"SET app.user = %s",
		"SET app.user TO acme",
	}
	for system, texts := range literals {
		t.Run("system "+system, func(t *testing.T) {
			spans := tracetest.NewSpanRecorder()
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
			var out bytes.Buffer
			db := sql.OpenDB(sqlwrap.Config{
				System: system, Inner: otelbudget.Inner(otelsql.WithTracerProvider(tracer)), Logger: slog.New(slog.NewTextHandler(&out, nil)),
			}.Connector(fakeDB{}))
			defer db.Close() //nolint:errcheck // a test
			ctx, span := tracer.Tracer("test").Start(t.Context(), "request")
			ctx, r := budget.Bounds{TrackValues: true, Rules: budget.Rules{NPlusOne: 3}}.NewContext(ctx)
			r.SetBudget(budget.Budget{Queries: 30, Mode: budget.Enforce})
			for _, statement := range statements {
				for range 3 {
					for i, literal := range texts {
						text := statement
						if strings.Contains(text, "%s") {
							text = fmt.Sprintf(text, literal)
						}
						err := drain(db.QueryContext(ctx, text, fmt.Sprint("acme735190042761", i)))
						if errors.Is(err, budget.ErrExceeded) {
							fmt.Fprintln(&out, err)
						}
					}
				}
			}
			report := r.Report()
			report.Stage = budget.Final
			otelbudget.Spans().Report(ctx, report)
			slogbudget.Options{Hints: true, Groups: 20}.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(ctx, report)
			slogbudget.Options{Hints: true, Groups: 20}.Reporter(slog.New(slog.NewJSONHandler(&out, nil))).Report(ctx, report)
			if err := json.NewEncoder(&out).Encode(report); err != nil {
				t.Fatal(err)
			}
			for i := range report.Findings {
				fmt.Fprintln(&out, &report.Findings[i])
			}
			span.End()
			for _, s := range spans.Ended() {
				fmt.Fprintf(&out, "%+v\n", tracetest.SpanStubFromReadOnlySpan(s))
			}
			if len(spans.Ended()) < 10 || report.Totals.Queries < 10 {
				t.Fatalf("%d spans, %d queries", len(spans.Ended()), report.Totals.Queries)
			}
			for line := range strings.Lines(out.String()) {
				for _, marker := range []string{"acme", "735190042761", "secret@"} {
					if strings.Contains(line, marker) {
						t.Fatalf("%s in %s", marker, line)
					}
				}
			}
		})
	}
}
