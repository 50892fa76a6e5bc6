package otelbudget

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// The attributes of database spans that the semantic conventions do not name.
const (
	// FingerprintKey identifies the statement's shape, the same in every process:
	// 16 hexadecimal digits.
	FingerprintKey = attribute.Key("querybudget.query.fingerprint")
	// PositionKey is the query's place among those of the request, from 1, in the
	// order in which they were started.
	PositionKey = attribute.Key("querybudget.query.position")
	// DuplicateKey is the query's place among the repetitions of a read that was
	// answered before, from 1. It is missing for the first one.
	DuplicateKey = attribute.Key("querybudget.query.duplicate")
	// DatabaseKey is the name of the handle, where it has one.
	DatabaseKey = attribute.Key("querybudget.database")
)

// SpanName names a span by what its statement does to what: "SELECT books". Spans of
// other driver calls, and of queries that no account saw before otelsql did, keep
// the name of otelsql's method. It is for [otelsql.WithSpanNameFormatter].
func SpanName(ctx context.Context, method otelsql.Method, _ string) string {
	if st := budget.RunningQueryFromContext(ctx).Statement(); st != nil && isQuery(method) {
		return st.Summary
	}
	return string(method)
}

func isQuery(method otelsql.Method) bool {
	switch method {
	case otelsql.MethodConnExec, otelsql.MethodConnQuery, otelsql.MethodStmtExec, otelsql.MethodStmtQuery:
		return true
	}
	return false
}

// Attributes describes what is running and the line it comes from. otelsql calls it
// for spans that are recorded only. If no account saw the query before otelsql
// did, it knows the line and nothing else. It is for
// [otelsql.WithAttributesGetter]; a getter of your own may call it.
func Attributes(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) []attribute.KeyValue {
	running := budget.RunningQueryFromContext(ctx)
	if running == nil {
		return appendSite(nil, callsite.Here())
	}
	same := running.Kept(attributesOwner{}, func() any { return statementAttributes(running) }).([]attribute.KeyValue)
	attrs := append(make([]attribute.KeyValue, 0, len(same)+2), same...)
	if n := running.Position(); n > 0 {
		attrs = append(attrs, PositionKey.Int64(n))
	}
	if n := running.Duplicate(); n > 0 {
		attrs = append(attrs, DuplicateKey.Int64(n))
	}
	return attrs
}

// attributesOwner is the owner of what statementAttributes returns.
type attributesOwner struct{}

// statementAttributes are those of each query of one statement from one line.
func statementAttributes(running *budget.RunningQuery) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 8)
	if st := running.Statement(); st != nil {
		attrs = append(attrs,
			semconv.DBQueryText(st.Shape),
			semconv.DBQuerySummary(st.Summary),
			FingerprintKey.String(st.Fingerprint.String()))
	}
	if name := running.Database().Name(); name != "" {
		attrs = append(attrs, DatabaseKey.String(name))
	}
	return appendSite(attrs, running.CallSite())
}

// appendSite adds a call site under the names of the conventions. A stack without
// application code says nothing: the nearest library is not where it comes from.
func appendSite(to []attribute.KeyValue, site callsite.CallSite) []attribute.KeyValue {
	if site.IsZero() || site.Library {
		return to
	}
	return append(to,
		semconv.CodeFunctionName(site.Function),
		semconv.CodeFilePath(site.File),
		semconv.CodeLineNumber(site.Line))
}

// ErrorAttributes describes the error of a span: its type, and the SQLSTATE where the
// driver's error has one. It is for [otelsql.WithSpanErrorAttributesGetter].
func ErrorAttributes(err error) []attribute.KeyValue {
	attrs := []attribute.KeyValue{semconv.ErrorType(err)}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && state.SQLState() != "" {
		attrs = append(attrs, semconv.DBResponseStatusCode(state.SQLState()))
	}
	return attrs
}
