package otelbudget_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/XSAM/otelsql"

	"github.com/querybudget/querybudget/exporters/otelbudget"
)

// fakeDB is a database that answers each query with two rows, unless the text tells
// it otherwise: "declined" wants to be prepared, "fails" and "breaks" fail at once and
// at the first row.
type fakeDB struct{}

func (fakeDB) Connect(context.Context) (driver.Conn, error) { return fakeConn{}, nil }
func (fakeDB) Driver() driver.Driver                        { return fakeDriver{} }

type fakeDriver struct{}

func (fakeDriver) Open(string) (driver.Conn, error) { return fakeConn{}, nil }

// secretError is how drivers quote values.
type secretError struct{}

func (*secretError) Error() string    { return "duplicate key (email)=(secret@example.com)" }
func (*secretError) SQLState() string { return "23505" }

type fakeConn struct{}

func (fakeConn) Prepare(text string) (driver.Stmt, error) { return fakeStmt{text}, nil }
func (fakeConn) Close() error                             { return nil }
func (fakeConn) Begin() (driver.Tx, error)                { return fakeTx{}, nil }

func (fakeConn) QueryContext(ctx context.Context, text string, _ []driver.NamedValue) (driver.Rows, error) {
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case strings.Contains(text, "declined"):
		return nil, driver.ErrSkip
	case strings.Contains(text, "fails"):
		return nil, &secretError{}
	}
	return &fakeRows{breaks: strings.Contains(text, "breaks")}, nil
}

func (fakeConn) ExecContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Result, error) {
	if strings.Contains(text, "fails") {
		return nil, &secretError{}
	}
	return driver.RowsAffected(1), nil
}

type fakeStmt struct{ text string }

func (fakeStmt) Close() error  { return nil }
func (fakeStmt) NumInput() int { return -1 }
func (s fakeStmt) Exec([]driver.Value) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}
func (s fakeStmt) Query([]driver.Value) (driver.Rows, error) { return &fakeRows{}, nil }

type fakeTx struct{}

func (fakeTx) Commit() error   { return nil }
func (fakeTx) Rollback() error { return nil }

type fakeRows struct {
	n      int
	breaks bool
}

func (*fakeRows) Columns() []string { return []string{"id"} }
func (*fakeRows) Close() error      { return nil }
func (r *fakeRows) Next(dest []driver.Value) error {
	if r.breaks {
		return &secretError{}
	}
	if r.n++; r.n > 2 {
		return io.EOF
	}
	dest[0] = int64(r.n)
	return nil
}

// traced is a fake database whose spans are kept.
type traced struct {
	db     *sql.DB
	spans  *tracetest.SpanRecorder
	tracer *sdktrace.TracerProvider
}

func newTraced(t testing.TB, opts ...otelsql.Option) traced {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db := sql.OpenDB(otelbudget.Connector(fakeDB{}, append([]otelsql.Option{otelsql.WithTracerProvider(tracer)}, opts...)...))
	t.Cleanup(func() { _ = db.Close() })
	return traced{db, recorder, tracer}
}

// named returns the ended spans of a name.
func (t traced) named(name string) (out []sdktrace.ReadOnlySpan) {
	for _, s := range t.spans.Ended() {
		if s.Name() == name {
			out = append(out, s)
		}
	}
	return out
}

// attributes are those of a span as a map of their texts.
func attributes(s interface{ Attributes() []attribute.KeyValue }) map[string]string {
	out := map[string]string{}
	for _, a := range s.Attributes() {
		out[string(a.Key)] = a.Value.String()
	}
	return out
}

// drain reads all rows.
func drain(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // a test
	for rows.Next() {
	}
	return rows.Err()
}

// encoder prints labels.
type encoder struct{}

func (encoder) Encode(i attribute.Iterator) string {
	var out []string
	for i.Next() {
		a := i.Attribute()
		out = append(out, string(a.Key)+"="+a.Value.String())
	}
	return strings.Join(out, ",")
}

func (encoder) ID() attribute.EncoderID { return attribute.EncoderID{} }
