package otelbudget_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/sqlwrap"
)

const books = "SELECT title FROM books WHERE author_id = ? AND kind = 'secret'"

// next is the number of the line after the one that calls it.
func next() string {
	_, _, line, _ := runtime.Caller(1)
	return fmt.Sprint(line + 1)
}

// each checks some attributes of a span.
func each(t *testing.T, s sdktrace.ReadOnlySpan, want map[string]string) {
	t.Helper()
	got := attributes(s)
	for key, value := range want {
		if v, ok := got[key]; v != value || ok != (value != "") {
			t.Errorf("%s: %s is %q, want %q", s.Name(), key, v, value)
		}
	}
}

// allSpans are the options with spans of rows.
func allSpans() otelsql.SpanOptions {
	o := otelbudget.SpanOptions()
	o.OmitRows = false
	return o
}

func TestQuerySpan(t *testing.T) {
	tr := newTraced(t, otelsql.WithSpanOptions(allSpans()))
	ctx, _ := budget.NewContext(t.Context())
	if err := drain(tr.db.QueryContext(ctx, "SELECT 1")); err != nil {
		t.Fatal(err)
	}
	var line string
	for range 3 { // of which two are duplicates
		line = next()
		err := drain(tr.db.QueryContext(ctx, books, 7))
		if err != nil {
			t.Fatal(err)
		}
	}
	spans, rows := tr.named("SELECT books"), tr.named("sql.rows")
	if len(spans) != 3 || len(rows) != 4 {
		t.Fatalf("%d spans and %d of rows", len(spans), len(rows))
	}
	for i, s := range spans {
		want := map[string]string{
			"db.query.text":                 "SELECT title FROM books WHERE author_id = ? AND kind = ?",
			"db.query.summary":              "SELECT books",
			"querybudget.query.position":    fmt.Sprint(i + 2),
			"querybudget.query.duplicate":   []string{"", "1", "2"}[i],
			"code.function.name":            "github.com/querybudget/querybudget/exporters/otelbudget_test.TestQuerySpan",
			"code.file.path":                "attributes_test.go",
			"code.line.number":              line,
			"querybudget.query.fingerprint": attributes(spans[0])["querybudget.query.fingerprint"],
			"querybudget.database":          "",
			"error.type":                    "",
		}
		each(t, s, want)
		each(t, rows[i+1], want)
		if s.SpanKind() != trace.SpanKindClient || s.Status().Code != codes.Unset {
			t.Errorf("kind %v, status %v", s.SpanKind(), s.Status())
		}
	}
	if f := attributes(spans[0])["querybudget.query.fingerprint"]; len(f) != 16 {
		t.Errorf("fingerprint %q", f)
	}
	noSecrets(t, tr.spans.Ended())
}

// noSecrets looks for what must not leave the process.
func noSecrets(t *testing.T, spans []sdktrace.ReadOnlySpan) {
	t.Helper()
	for _, s := range spans {
		if text := fmt.Sprintf("%+v", tracetest.SpanStubFromReadOnlySpan(s)); strings.Contains(text, "secret@") || strings.Contains(text, "'secret'") {
			t.Errorf("%s leaks: %s", s.Name(), text)
		}
	}
}

// Without a recorder the span has the statement and the line, and no position.
func TestSpanWithoutRecorder(t *testing.T) {
	tr := newTraced(t)
	line := next()
	err := drain(tr.db.QueryContext(t.Context(), books, 7))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"db.query.summary": "SELECT books", "querybudget.query.position": "", "code.line.number": line}
	each(t, tr.named("SELECT books")[0], want)
	if n := len(tr.named("sql.rows")); n != 0 {
		t.Errorf("%d spans of rows, which say nothing new", n)
	}
}

func TestStatementAndTransactionSpans(t *testing.T) {
	tr := newTraced(t)
	ctx, r := budget.NewContext(t.Context())
	began := next()
	tx, err := tr.db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	prepared := next()
	stmt, err := tx.PrepareContext(ctx, "UPDATE books SET stock = ? WHERE id = 9")
	if err != nil {
		t.Fatal(err)
	}
	executed := next()
	_, err = stmt.ExecContext(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := stmt.Close(); err != nil {
		t.Fatal(err)
	}
	committed := next()
	err = tx.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.db.ExecContext(ctx, "SAVEPOINT a"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]map[string]string{
		"sql.conn.begin_tx": {"code.line.number": began, "db.query.summary": ""},
		"sql.conn.prepare":  {"code.line.number": prepared, "db.query.summary": "UPDATE books", "querybudget.query.position": ""},
		"UPDATE books":      {"code.line.number": executed, "querybudget.query.position": "1", "db.query.text": "UPDATE books SET stock = ? WHERE id = ?"},
		"sql.tx.commit":     {"code.line.number": committed},
		"SAVEPOINT":         {"querybudget.query.position": "", "db.query.summary": "SAVEPOINT"},
	} {
		spans := tr.named(name)
		if len(spans) != 1 {
			t.Errorf("%d spans of %s", len(spans), name)
			continue
		}
		each(t, spans[0], want)
	}
	if n := r.Totals().Queries; n != 1 {
		t.Errorf("%d queries", n)
	}
}

// A driver that wants a statement prepared is no error, and the query is one.
func TestDeclinedQuery(t *testing.T) {
	tr := newTraced(t)
	ctx, r := budget.NewContext(t.Context())
	if err := drain(tr.db.QueryContext(ctx, "SELECT declined FROM books", 1)); err != nil {
		t.Fatal(err)
	}
	spans := tr.named("SELECT books")
	if len(spans) != 2 || r.Totals().Queries != 1 {
		t.Fatalf("%d spans, %d queries", len(spans), r.Totals().Queries)
	}
	for _, s := range spans {
		each(t, s, map[string]string{"querybudget.query.position": "1"})
		if s.Status().Code != codes.Unset || len(s.Events()) > 0 {
			t.Errorf("status %v, events %v", s.Status(), s.Events())
		}
	}
}

// An error is its type and its SQLSTATE, on spans, in the event and in the status.
// The application gets it as it is.
func TestErrorSpan(t *testing.T) {
	tr := newTraced(t, otelsql.WithSpanOptions(allSpans()))
	ctx, r := budget.NewContext(t.Context())
	for _, text := range []string{"SELECT fails FROM books", "SELECT breaks FROM books"} {
		err := drain(tr.db.QueryContext(ctx, text))
		var secret *secretError
		if !errors.As(err, &secret) || err.Error() != secret.Error() {
			t.Errorf("%s: got %v", text, err)
		}
	}
	_, err := tr.db.ExecContext(ctx, "DELETE fails FROM books")
	if _, ok := err.(*secretError); !ok { //nolint:errorlint // it must be the very one
		t.Errorf("got %T", err)
	}
	failed := 0
	for _, s := range tr.spans.Ended() {
		if s.Status().Code != codes.Error {
			continue
		}
		failed++
		each(t, s, map[string]string{"error.type": "*otelbudget_test.secretError", "db.response.status_code": "23505"})
		if len(s.Events()) != 1 || !strings.Contains(fmt.Sprint(s.Events()[0].Attributes), "*otelbudget_test.secretError (SQLSTATE 23505)") {
			t.Errorf("%s: events %v", s.Name(), s.Events())
		}
	}
	if failed != 3 || r.Totals().Errors != 3 {
		t.Errorf("%d failed spans, %d errors", failed, r.Totals().Errors)
	}
	noSecrets(t, tr.spans.Ended())
}

func TestErrorTextByOptIn(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db := sql.OpenDB(sqlwrap.Config{Database: "main", ErrorText: true, Inner: otelbudget.Inner(otelsql.WithTracerProvider(tracer))}.Connector(fakeDB{}))
	defer db.Close() //nolint:errcheck // a test
	_, err := db.ExecContext(t.Context(), "DELETE fails FROM books")
	if err == nil {
		t.Fatal("no error")
	}
	spans := recorder.Ended()
	s := spans[len(spans)-1]
	if len(s.Events()) != 1 || !strings.Contains(fmt.Sprint(s.Events()[0].Attributes), "secret@example.com") {
		t.Errorf("events %v", s.Events())
	}
	each(t, s, map[string]string{"querybudget.database": "main"})
}

// A cancelled context and one that is refused: the first is an error, the second
// never reaches otelsql.
func TestCancelledAndRefused(t *testing.T) {
	tr := newTraced(t)
	ctx, r := budget.NewContext(t.Context())
	if err := drain(tr.db.QueryContext(ctx, "SELECT 1")); err != nil { // connects
		t.Fatal(err)
	}
	conn, err := tr.db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test
	err = conn.Raw(func(raw any) error {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		_, err := raw.(driver.QueryerContext).QueryContext(cancelled, books, nil)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if s := tr.named("SELECT books"); len(s) != 1 || s[0].Status().Code != codes.Error {
		t.Errorf("spans %v", s)
	}
	r.SetBudget(budget.Budget{Queries: 1, Mode: budget.Enforce})
	if err := drain(tr.db.QueryContext(ctx, "SELECT refused FROM books")); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("got %v", err)
	}
	if n := len(tr.named("SELECT books")); n != 1 {
		t.Errorf("%d spans", n)
	}
}

// The caller's options win.
func TestCallersOptions(t *testing.T) {
	spans := otelbudget.SpanOptions()
	spans.OmitRows = false
	tr := newTraced(t,
		otelsql.WithSpanOptions(spans),
		otelsql.WithAttributes(attribute.String("db.system.name", "mine")),
		otelsql.WithSpanNameFormatter(func(_ context.Context, m otelsql.Method, _ string) string {
			if m == otelsql.MethodRows {
				return string(m)
			}
			return "mine"
		}),
		otelsql.WithAttributesGetter(func(ctx context.Context, m otelsql.Method, q string, args []driver.NamedValue) []attribute.KeyValue {
			return append(otelbudget.Attributes(ctx, m, q, args), attribute.String("tenant", "7"))
		}))
	if err := drain(tr.db.QueryContext(t.Context(), books, 7)); err != nil {
		t.Fatal(err)
	}
	got := tr.named("mine")
	if len(got) != 2 || len(tr.named("sql.rows")) != 1 { // connect and query
		t.Fatalf("%d spans", len(got))
	}
	each(t, got[1], map[string]string{"tenant": "7", "db.query.summary": "SELECT books", "db.system.name": "mine"})
	noSecrets(t, tr.spans.Ended())
}

// A service that has otelsql outside of the account passes the two functions to
// it. Its spans know the line. Whatever it leaves out, nothing lands on the span of
// the application.
func TestOtelsqlOutside(t *testing.T) {
	for name, o := range map[string]otelsql.SpanOptions{
		"all":     {DisableQuery: true},
		"omitted": {OmitConnQuery: true, OmitRows: true},
		"filtered": {SpanFilter: func(context.Context, otelsql.Method, string, []driver.NamedValue) bool {
			return false
		}},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := tracetest.NewSpanRecorder()
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
			db := otelsql.OpenDB(sqlwrap.Connector(fakeDB{}), otelsql.WithTracerProvider(tracer), otelsql.WithSpanOptions(o),
				otelsql.WithAttributesGetter(otelbudget.Attributes), otelsql.WithSpanNameFormatter(otelbudget.SpanName))
			defer db.Close() //nolint:errcheck // a test
			ctx, r := budget.NewContext(t.Context())
			ctx, application := tracer.Tracer("application").Start(ctx, "handler")
			line := next()
			err := drain(db.QueryContext(ctx, books, 7))
			if err != nil {
				t.Fatal(err)
			}
			application.End()
			for _, s := range recorder.Ended() {
				switch s.Name() {
				case "handler":
					if len(s.Attributes()) > 0 {
						t.Errorf("the application's span has %v", s.Attributes())
					}
				case "sql.conn.query":
					each(t, s, map[string]string{"code.line.number": line, "db.query.summary": ""})
				}
			}
			if n := r.Totals().Queries; n != 1 {
				t.Errorf("%d queries", n)
			}
		})
	}
}

// A service that wraps a connector of its own otelsql: the query is known there too.
func TestOtelsqlInside(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	d := otelsql.WrapDriver(fakeContext{}, otelsql.WithTracerProvider(tracer),
		otelsql.WithAttributesGetter(otelbudget.Attributes), otelsql.WithSpanNameFormatter(otelbudget.SpanName))
	c, err := d.(driver.DriverContext).OpenConnector("")
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(sqlwrap.Connector(c))
	defer db.Close() //nolint:errcheck // a test
	ctx, _ := budget.NewContext(t.Context())
	line := next()
	err = drain(db.QueryContext(ctx, books, 7))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range recorder.Ended() {
		if s.Name() == "SELECT books" {
			found++
			each(t, s, map[string]string{"code.line.number": line, "querybudget.query.position": "1"})
		}
	}
	if found != 1 {
		t.Errorf("%d spans", found)
	}
}

type fakeContext struct{ fakeDriver }

func (fakeContext) OpenConnector(string) (driver.Connector, error) { return fakeDB{}, nil }

func TestSampling(t *testing.T) {
	for name, test := range map[string]struct {
		sampler sdktrace.Sampler
		parent  trace.TraceFlags
		spans   int
	}{
		"on":                   {sdktrace.AlwaysSample(), 0, 2}, // connect, query
		"off":                  {sdktrace.NeverSample(), trace.FlagsSampled, 0},
		"parent is sampled":    {sdktrace.ParentBased(sdktrace.NeverSample()), trace.FlagsSampled, 2},
		"parent isn't sampled": {sdktrace.ParentBased(sdktrace.AlwaysSample()), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := tracetest.NewSpanRecorder()
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder), sdktrace.WithSampler(test.sampler))
			db := sql.OpenDB(otelbudget.Connector(fakeDB{}, otelsql.WithTracerProvider(tracer)))
			defer db.Close() //nolint:errcheck // a test
			ctx, r := budget.NewContext(trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: test.parent,
			})))
			if err := drain(db.QueryContext(ctx, books, 7)); err != nil {
				t.Fatal(err)
			}
			if n := len(recorder.Ended()); n != test.spans {
				t.Errorf("%d spans, want %d", n, test.spans)
			}
			if n := r.Totals().Queries; n != 1 {
				t.Errorf("%d queries", n)
			}
		})
	}
}

// A provider that was shut down while the service works changes nothing for it.
func TestShutdown(t *testing.T) {
	tr := newTraced(t)
	ctx, r := budget.NewContext(t.Context())
	rows, err := tr.db.QueryContext(ctx, books, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // a test
	if err := tr.tracer.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
	}
	if err := errors.Join(rows.Err(), rows.Close(), drain(tr.db.QueryContext(ctx, books, 8))); err != nil {
		t.Fatal(err)
	}
	if n := r.Totals(); n.Queries != 2 || n.Rows != 4 {
		t.Errorf("%+v", n)
	}
}

func TestBadInput(t *testing.T) {
	for name, do := range map[string]func(){
		"otelbudget: Connector of a nil driver.Connector": func() { otelbudget.Connector(nil) },
		"otelbudget: option 2 of otelsql is nil":          func() { otelbudget.Inner(otelsql.WithTracerProvider(nil), nil) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != name {
					t.Errorf("got %q, want %q", got, name)
				}
			}()
			do()
		}()
	}
	if _, err := otelbudget.Open("nothing", ""); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("got %v", err)
	}
	if _, err := otelbudget.NewMetrics(nil); err == nil || !strings.HasPrefix(err.Error(), "otelbudget: ") {
		t.Errorf("got %v", err)
	}
}
