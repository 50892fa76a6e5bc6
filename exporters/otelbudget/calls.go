package otelbudget

import (
	"context"
	"errors"
	"fmt"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/budget"
)

// CallTracer makes the spans of package pgxwrap, with the names and attributes that queries
// have with [Open]:
//
//	pgxwrap.Options{Tracer: otelbudget.CallTracer(nil)}.Config(config)
//
// There is one for each query, also in a batch, whose span is their parent, for BEGIN and
// COMMIT, prepares, connects, and waits for a connection of a full pool. A query that the
// budget refuses has none. The text is the statement's shape, and an error is its type and
// its SQLSTATE.
//
// Where another tracer has started a span of the call, such as otelpgx in the configuration
// that pgxwrap was given, that span gets the attributes, and there is no second one.
//
// A nil provider is the global one. It is safe for concurrent use.
func CallTracer(provider trace.TracerProvider) budget.CallTracer {
	if provider == nil {
		provider = otel.GetTracerProvider()
	}
	return callTracer{provider.Tracer("github.com/querybudget/querybudget/exporters/otelbudget")}
}

type callTracer struct{ tracer trace.Tracer }

// callKey is where the context of a call has its *call.
type callKey struct{}

// call is what has begun. The span is nil where another tracer makes those of the call.
type call struct{ span trace.Span }

func (t callTracer) TraceStart(ctx context.Context, c budget.TracedCall) context.Context {
	span := trace.SpanFromContext(ctx)
	if span != trace.SpanFromContext(c.Application) {
		if span.IsRecording() {
			span.SetAttributes(callAttributes(ctx)...)
		}
		return context.WithValue(ctx, callKey{}, &call{})
	}
	if around, ok := ctx.Value(callKey{}).(*call); ok && around.span == nil && !c.Began.IsZero() {
		return ctx // of a batch whose spans are another tracer's
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)}
	if !c.Began.IsZero() {
		options = append(options, trace.WithTimestamp(c.Began))
	}
	ctx, span = t.tracer.Start(ctx, callName(ctx, c.Method), options...)
	if span.IsRecording() {
		span.SetAttributes(callAttributes(ctx)...)
	}
	return context.WithValue(ctx, callKey{}, &call{span})
}

func (callTracer) TraceEnd(ctx context.Context, err error) {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok || c.span == nil {
		return
	}
	if err != nil && c.span.IsRecording() {
		c.span.SetAttributes(ErrorAttributes(err)...)
		c.span.RecordError(withoutText(err))
		c.span.SetStatus(codes.Error, "")
	}
	c.span.End()
}

// callName is the summary of what is sent, and the wrapper's name of everything else.
func callName(ctx context.Context, method string) string {
	if st := budget.RunningQueryFromContext(ctx).Statement(); st != nil && method == "" {
		return st.Summary
	}
	return method
}

// callAttributes are those that otelsql gets, with the database's kind.
func callAttributes(ctx context.Context) []attribute.KeyValue {
	attrs := Attributes(ctx, otelsql.MethodConnQuery, "", nil)
	if system := budget.RunningQueryFromContext(ctx).Database().System(); system != "" {
		attrs = append(attrs, semconv.DBSystemNameKey.String(system))
	}
	return attrs
}

// withoutText is an error as a span may show it: databases quote values in the text.
func withoutText(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	text := fmt.Sprintf("%T", err)
	var state interface{ SQLState() string }
	if errors.As(err, &state) && state.SQLState() != "" {
		text += " (SQLSTATE " + state.SQLState() + ")"
	}
	return hiddenError{text, err}
}

// hiddenError has the type of the error and not its text.
type hiddenError struct {
	text string
	err  error
}

func (e hiddenError) Error() string     { return e.text }
func (e hiddenError) ErrorType() string { return fmt.Sprintf("%T", e.err) }
