package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/XSAM/otelsql"
	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/pgxwrap"
)

// tracedPool is a pool of one connection whose spans are kept.
type tracedPool struct {
	*pgxpool.Pool
	spans    *tracetest.SpanRecorder
	provider *sdktrace.TracerProvider
}

// newTracedPool makes a pool with our tracer, and with another one below it if there is one.
func newTracedPool(t *testing.T, below func(trace.TracerProvider) pgx.QueryTracer) tracedPool {
	t.Helper()
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set: in CI no database may be left out")
	}
	if dsn == "" {
		t.Skip("QUERYBUDGET_POSTGRES_DSN is not set")
	}
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	config, err := pgxpool.ParseConfig(dsn)
	must(t, err)
	config.MaxConns = 1
	if below != nil {
		config.ConnConfig.Tracer = below(provider)
	}
	pgxwrap.Options{Tracer: otelbudget.CallTracer(provider)}.Config(config)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	must(t, err)
	t.Cleanup(pool.Close)
	return tracedPool{pool, recorder, provider}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// request runs what a request does, in a server span, and returns the ended spans below it,
// by the path of their names.
func (p tracedPool) request(t *testing.T, b budget.Budget, run func(ctx context.Context)) []string {
	t.Helper()
	before := len(p.spans.Ended())
	ctx, r := budget.NewContext(t.Context())
	r.SetBudget(b)
	ctx, server := p.provider.Tracer("server").Start(ctx, "server")
	run(ctx)
	server.End()
	if started := p.spans.Started(); len(started) != len(p.spans.Ended()) {
		t.Errorf("%d spans have not ended", len(started)-len(p.spans.Ended()))
	}
	ended := p.spans.Ended()[before:]
	byID := map[trace.SpanID]sdktrace.ReadOnlySpan{}
	for _, s := range ended {
		byID[s.SpanContext().SpanID()] = s
	}
	var out []string
	for _, s := range ended {
		path := s.Name()
		for up := byID[s.Parent().SpanID()]; up != nil; up = byID[up.Parent().SpanID()] {
			path = up.Name() + " > " + path
		}
		if path != "server" {
			out = append(out, strings.TrimPrefix(path, "server > "))
		}
	}
	return out
}

// last returns the span of a name that ended last, with its attributes as text.
func (p tracedPool) last(t *testing.T, name string) (sdktrace.ReadOnlySpan, map[string]string) {
	t.Helper()
	for _, s := range slices.Backward(p.spans.Ended()) {
		if s.Name() == name {
			attributes := map[string]string{}
			for _, a := range s.Attributes() {
				attributes[string(a.Key)] = a.Value.String()
			}
			return s, attributes
		}
	}
	t.Fatalf("no span is named %s", name)
	return nil, nil
}

// each compares attributes: what is wanted may be the beginning.
func each(t *testing.T, got, want map[string]string) {
	t.Helper()
	for key, beginning := range want {
		if value, ok := got[key]; !ok || !strings.HasPrefix(value, beginning) {
			t.Errorf("%s is %q, not %q", key, value, beginning)
		}
	}
}

// What a request sends through a pool has spans with the names, parents and attributes that
// it has through database/sql.
func TestSpansOfPgx(t *testing.T) {
	p := newTracedPool(t, nil)
	quiet := budget.Without(t.Context())
	_, err := p.Exec(quiet, "DROP TABLE IF EXISTS span_books")
	must(t, err)
	_, err = p.Exec(quiet, "CREATE TABLE span_books (id bigint PRIMARY KEY, title text)")
	must(t, err)
	t.Cleanup(func() {
		_, err := p.Exec(context.WithoutCancel(quiet), "DROP TABLE span_books")
		must(t, err)
	})
	const insert = "INSERT INTO span_books (id, title) VALUES ($1, $2)"
	for _, test := range []struct {
		name string
		b    budget.Budget
		run  func(ctx context.Context) error
		want []string
	}{
		{"exec", budget.Budget{}, func(ctx context.Context) error {
			_, err := p.Exec(ctx, insert, 1, "one")
			return err
		}, []string{"INSERT span_books > pgx.prepare", "INSERT span_books"}},
		{"query", budget.Budget{}, func(ctx context.Context) error {
			return p.QueryRow(ctx, "SELECT title FROM span_books WHERE id = $1", 1).Scan(new(string))
		}, []string{"SELECT span_books > pgx.prepare", "SELECT span_books"}},
		{"transaction", budget.Budget{}, func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, p, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, insert, 2, "two")
				return err
			})
		}, []string{"BEGIN", "INSERT span_books", "COMMIT"}},
		{"batch", budget.Budget{}, func(ctx context.Context) error {
			b := &pgx.Batch{}
			b.Queue(insert, 3, "three")
			b.Queue(insert, 4, "four")
			return p.SendBatch(ctx, b).Close()
		}, []string{"pgx.batch > INSERT span_books", "pgx.batch > INSERT span_books", "pgx.batch"}},
		{"a batch that fails", budget.Budget{}, func(ctx context.Context) error {
			b := &pgx.Batch{}
			b.Queue(insert, 5, "five")
			b.Queue(insert, 1, "secret")
			b.Queue(insert, 6, "six")
			if err := p.SendBatch(ctx, b).Close(); err == nil {
				return errors.New("it did not fail")
			}
			return nil
		}, []string{"pgx.batch > INSERT span_books", "pgx.batch > INSERT span_books", "pgx.batch"}},
		{"copy", budget.Budget{}, func(ctx context.Context) error {
			_, err := p.CopyFrom(ctx, pgx.Identifier{"span_books"}, []string{"id"}, pgx.CopyFromRows([][]any{{7}, {8}}))
			return err
		}, []string{"COPY span_books > pgx.prepare", "COPY span_books"}},
		{"error", budget.Budget{}, func(ctx context.Context) error { // after which pgx prepares anew
			if _, err := p.Exec(ctx, insert, 1, "secret"); err == nil {
				return errors.New("it did not fail")
			}
			return nil
		}, []string{"INSERT span_books > pgx.prepare", "INSERT span_books"}},
		{"refused", budget.Budget{Queries: budget.None, Mode: budget.Enforce}, func(ctx context.Context) error {
			b := &pgx.Batch{}
			b.Queue(insert, 9, "nine")
			_, execErr := p.Exec(ctx, insert, 9, "nine")
			_, copyErr := p.CopyFrom(ctx, pgx.Identifier{"span_books"}, []string{"id"}, pgx.CopyFromRows([][]any{{9}}))
			for _, err := range []error{execErr, copyErr, p.SendBatch(ctx, b).Close()} {
				if !errors.Is(err, budget.ErrExceeded) {
					return fmt.Errorf("not refused: %w", err)
				}
			}
			return nil
		}, nil},
		{"without a unit", budget.Budget{}, func(ctx context.Context) error {
			_, err := p.Exec(budget.Without(ctx), "SELECT 1 FROM span_books")
			return err
		}, []string{"SELECT span_books"}},
		{"a wait", budget.Budget{}, func(ctx context.Context) error {
			held, err := p.Acquire(ctx)
			if err != nil {
				return err
			}
			done := make(chan error)
			go func() {
				_, err := p.Exec(ctx, "SELECT 1 FROM span_books") // which is counted here, too
				done <- err
			}()
			for len(p.spans.Started()) == len(p.spans.Ended())+1 { // it has not come to the wait
				runtime.Gosched()
			}
			held.Release()
			return <-done
		}, []string{"pgxpool.acquire", "SELECT span_books"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := p.request(t, test.b, func(ctx context.Context) { must(t, test.run(ctx)) })
			if !slices.Equal(got, test.want) {
				t.Errorf("spans are %q, not %q", got, test.want)
			}
		})
	}
}

// A span has what database/sql's has, with the line that sent the query.
func TestAttributesOfPgxSpans(t *testing.T) {
	p := newTracedPool(t, nil)
	const read = "SELECT relname FROM pg_class WHERE oid = $1 AND relname <> 'secret'"
	p.request(t, budget.Budget{}, func(ctx context.Context) {
		for range 2 {
			must(t, p.QueryRow(ctx, read, 1259).Scan(new(string)))
		}
		_, err := p.Exec(ctx, "SELECT $1::text::int", "secret")
		if err == nil {
			t.Error("it did not fail")
		}
	})
	s, got := p.last(t, "SELECT pg_class")
	db, err := otelbudget.Open("pgx", os.Getenv("QUERYBUDGET_POSTGRES_DSN"), otelsql.WithTracerProvider(p.provider))
	must(t, err)
	defer db.Close() //nolint:errcheck // a test
	ctx, _ := budget.NewContext(t.Context())
	for range 2 {
		must(t, db.QueryRowContext(ctx, read, 1259).Scan(new(string)))
	}
	other, want := p.last(t, "SELECT pg_class")
	if s.SpanKind() != other.SpanKind() || s == other {
		t.Errorf("kind %v, not %v", s.SpanKind(), other.SpanKind())
	}
	for _, attributes := range []map[string]string{got, want} { // they are sent from two lines
		for _, key := range []string{"code.line.number", "code.function.name"} {
			if attributes[key] == "" {
				t.Errorf("no %s in %v", key, attributes)
			}
			delete(attributes, key)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	each(t, got, map[string]string{
		"db.query.text": "SELECT relname FROM pg_class WHERE oid = ? AND relname <> ?", "db.system.name": "postgresql",
		"querybudget.query.position": "2", "querybudget.query.duplicate": "1", "code.file.path": "pgx_spans_test.go",
	})
	failed, attributes := p.last(t, "SELECT")
	each(t, attributes, map[string]string{"error.type": "*pgconn.PgError", "db.response.status_code": "22P02"})
	if text := fmt.Sprint(failed.Events(), failed.Status(), failed.Attributes()); failed.Status().Code != codes.Error || strings.Contains(text, "secret") {
		t.Errorf("got %s", text)
	}
}

// A statement of a batch begins when the server comes to it, and not when its result is read.
func TestBatchSpansBegin(t *testing.T) {
	p := newTracedPool(t, nil)
	var sent time.Time
	p.request(t, budget.Budget{}, func(ctx context.Context) {
		b := &pgx.Batch{}
		b.Queue("SELECT 1 FROM pg_class LIMIT 0")
		results := p.SendBatch(ctx, b)
		sent = time.Now()
		must(t, results.Close())
	})
	batch, _ := p.last(t, "pgx.batch")
	if s, _ := p.last(t, "SELECT pg_class"); !s.StartTime().Before(sent) || s.StartTime().Before(batch.StartTime()) {
		t.Errorf("it began at %v, in a batch from %v that was sent at %v", s.StartTime(), batch.StartTime(), sent)
	}
}

// Beside otelpgx a call has one span: otelpgx's, with our attributes.
func TestSpansBesideOtelpgx(t *testing.T) {
	p := newTracedPool(t, func(provider trace.TracerProvider) pgx.QueryTracer {
		return otelpgx.NewTracer(otelpgx.WithTracerProvider(provider))
	})
	p.request(t, budget.Budget{}, func(ctx context.Context) { must(t, p.Ping(ctx)) }) // which connects
	got := p.request(t, budget.Budget{}, func(ctx context.Context) {
		b := &pgx.Batch{}
		b.Queue("SELECT 2 FROM pg_class LIMIT 0")
		must(t, p.SendBatch(ctx, b).Close())
		_, err := p.Exec(ctx, "SELECT 1 FROM pg_class LIMIT $1", 0)
		must(t, err)
	})
	if want := []string{"pool.acquire", "batch start > SELECT", "batch start", "pool.acquire", "SELECT > SELECT", "SELECT"}; !slices.Equal(got, want) {
		t.Errorf("spans are %q, not %q", got, want)
	}
	_, attributes := p.last(t, "SELECT")
	each(t, attributes, map[string]string{
		"db.query.summary": "SELECT pg_class", "code.file.path": "pgx_spans_test.go", "querybudget.query.position": "2",
	})
}
