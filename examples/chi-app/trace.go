package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// traced starts a span for each request, named by its route. The main package in
// exporting has OpenTelemetry's own middleware, otelhttp, which does more.
func traced(provider trace.TracerProvider) func(http.Handler) http.Handler {
	tracer := provider.Tracer("chi-app")
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, span := tracer.Start(r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("url.path", r.URL.Path)))
			defer span.End()
			next.ServeHTTP(w, r.WithContext(ctx))
			span.SetName(r.Method + " " + chi.RouteContext(ctx).RoutePattern())
		})
	}
}

// spans keeps the spans of a demo.
type spans struct {
	mu    sync.Mutex
	ended []sdktrace.ReadOnlySpan
}

// ExportSpans and Shutdown implement the exporter of OpenTelemetry's SDK.
func (s *spans) ExportSpans(_ context.Context, ended []sdktrace.ReadOnlySpan) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, ended...)
	return nil
}

func (s *spans) Shutdown(context.Context) error { return nil }

// printTrace prints the trace of a page as a tree, with the line that each span of
// the database comes from.
func (s *spans) printTrace(w io.Writer, path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.ended, func(span sdktrace.ReadOnlySpan) bool {
		return span.SpanKind() == trace.SpanKindServer && attributeOf(span, "url.path") == strings.SplitN(path, "?", 2)[0]
	})
	if at < 0 {
		return fmt.Errorf("there is no trace of %s", path)
	}
	children := map[trace.SpanID][]sdktrace.ReadOnlySpan{}
	for _, span := range s.ended {
		children[span.Parent().SpanID()] = append(children[span.Parent().SpanID()], span)
	}
	for _, of := range children {
		slices.SortFunc(of, func(a, b sdktrace.ReadOnlySpan) int {
			return cmp.Or(a.StartTime().Compare(b.StartTime()), a.EndTime().Compare(b.EndTime()))
		})
	}
	fmt.Fprintf(w, "\ntrace %s\n", s.ended[at].SpanContext().TraceID())
	printSpan(w, s.ended[at], children, "", "")
	return nil
}

func printSpan(w io.Writer, span sdktrace.ReadOnlySpan, children map[trace.SpanID][]sdktrace.ReadOnlySpan, first, rest string) {
	took := span.EndTime().Sub(span.StartTime()).Round(time.Microsecond)
	fmt.Fprintf(w, "%-34s %8v  %s\n", first+span.Name(), took, spanLine(span))
	below := children[span.SpanContext().SpanID()]
	for i, child := range below {
		if i == len(below)-1 {
			printSpan(w, child, children, rest+"└─ ", rest+"   ")
		} else {
			printSpan(w, child, children, rest+"├─ ", rest+"│  ")
		}
	}
}

// spanLine is what the attributes of a span say: the line of a query, the account of
// a request.
func spanLine(span sdktrace.ReadOnlySpan) string {
	if span.SpanKind() == trace.SpanKindServer {
		line := fmt.Sprintf("%s queries, budget %s", attributeOf(span, "querybudget.queries"), attributeOf(span, "querybudget.budget.outcome"))
		if kinds := attributeOf(span, "querybudget.finding.kinds"); kinds != "" {
			line += ", findings " + kinds
		}
		return line
	}
	file := attributeOf(span, "code.file.path")
	if file == "" {
		return ""
	}
	function := attributeOf(span, "code.function.name")
	line := fmt.Sprintf("%s:%s %s", file, attributeOf(span, "code.line.number"), function[strings.LastIndexByte(function, '/')+1:])
	if n := attributeOf(span, "querybudget.query.position"); n != "" {
		line += ", query " + n
	}
	if n := attributeOf(span, "querybudget.query.duplicate"); n != "" {
		line += ", repetition " + n
	}
	return line
}

func attributeOf(span sdktrace.ReadOnlySpan, key attribute.Key) string {
	for _, a := range span.Attributes() {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}
