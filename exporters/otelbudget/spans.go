package otelbudget

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/querybudget/querybudget/budget"
)

const (
	// maxFindings is the number of findings that a span lists, maxLines that of
	// other lists. Their totals are attributes of their own.
	maxFindings = 10
	maxLines    = 5
	// maxText is the length of an entry of a list, in bytes.
	maxText = 500
)

// Spans returns a reporter that writes the report on the span which is in the
// context of the unit of work: the server span of a request, if Track is inside of
// what started it. It writes attributes, one event if a budget was exceeded or an
// n+1 was found, and nothing to a span that is not recorded or has ended.
//
// The status of the span is left alone, unless the budget refused a query: then it
// is Error. Jobs want a span of their own: in that of a request, the request's
// report comes last.
func Spans() budget.Reporter { return spans{} }

type spans struct{}

// Needs asks for totals and what was found. A span has ended when more comes late.
func (spans) Needs() budget.Needs { return budget.Needs{Content: budget.WhatIsFound, Quick: true} }

func (spans) Report(ctx context.Context, r *budget.Report) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	exceeded := r.AllExceeded()
	findings, nPlusOne := noteworthy(r)
	attrs := totals(r)
	if r.Route.Pattern != "" {
		attrs = append(attrs, semconv.HTTPRoute(r.Route.Pattern))
	}
	attrs = append(attrs, verdict(r, exceeded)...)
	attrs = append(attrs, attribute.Int("querybudget.findings", len(findings)+r.Truncated.Findings))
	if len(findings) > 0 {
		attrs = append(attrs,
			attribute.StringSlice("querybudget.finding.kinds", kinds(findings)),
			attribute.StringSlice("querybudget.finding.list", lines(findings, maxFindings, (*budget.Finding).String)))
	}
	if len(r.Groups) > 0 {
		attrs = append(
			attrs,
			attribute.StringSlice("querybudget.query.top", lines(pointers(r.Groups), maxLines, groupLine)),
		)
	}
	if len(r.Scopes) > 0 {
		attrs = append(
			attrs,
			attribute.StringSlice("querybudget.scopes", lines(pointers(r.Scopes), maxLines, scopeLine)),
		)
	}
	span.SetAttributes(attrs...)
	event(span, exceeded, nPlusOne)
	if r.Totals.Blocked > 0 && len(exceeded) > 0 {
		span.SetStatus(codes.Error, cut(exceeded[0].Error()))
	}
}

// totals are the sums of the unit. Times are in seconds, as the conventions have
// it.
func totals(r *budget.Report) []attribute.KeyValue {
	t := &r.Totals
	attrs := []attribute.KeyValue{
		attribute.Int64("querybudget.queries", t.Queries),
		attribute.Int64("querybudget.reads", t.Reads),
		attribute.Int64("querybudget.writes", t.Writes),
		attribute.Int64("querybudget.duplicates", t.Duplicates),
		attribute.Int64("querybudget.rows", t.Rows),
		attribute.Int64("querybudget.errors", t.Errors),
		attribute.Int64("querybudget.transactions", t.Transactions),
		attribute.Float64("querybudget.time", t.Time.Seconds()),
		attribute.Float64("querybudget.wall_time", t.WallTime.Seconds()),
	}
	// What is 0 nearly always is said when it is not.
	for _, rare := range []struct {
		key string
		n   int64
	}{
		{"querybudget.rows_affected", t.RowsAffected}, {"querybudget.blocked", t.Blocked}, {"querybudget.retries", t.Retries},
		{"querybudget.prepares", t.Prepares}, {"querybudget.connects", t.Connects}, {"querybudget.open_rows", t.OpenRows},
	} {
		if rare.n != 0 {
			attrs = append(attrs, attribute.Int64(rare.key, rare.n))
		}
	}
	return attrs
}

// verdict is the budget and whether the unit kept to it.
func verdict(r *budget.Report, exceeded []*budget.ExceededError) []attribute.KeyValue {
	attrs := []attribute.KeyValue{outcomeKey.String(outcome(r, exceeded))}
	for limit, n := range r.Budget.Limits() {
		switch limit {
		case budget.LimitTime:
			attrs = append(attrs, attribute.Float64("querybudget.budget.time", time.Duration(n).Seconds()))
		case budget.LimitNPlusOne:
			attrs = append(attrs, attribute.Int64("querybudget.budget.n_plus_one", n))
		default:
			attrs = append(attrs, attribute.Int64("querybudget.budget."+string(limit), n))
		}
	}
	if !r.Budget.IsZero() {
		attrs = append(attrs, attribute.String("querybudget.budget.mode", r.Budget.Mode.String()))
	}
	if len(exceeded) > 0 {
		attrs = append(
			attrs,
			attribute.StringSlice(
				"querybudget.budget.exceeded",
				lines(exceeded, maxLines, (*budget.ExceededError).Error),
			),
		)
	}
	return attrs
}

// outcome is the verdict of the unit, and exceeded also if one of its scopes is.
func outcome(r *budget.Report, exceeded []*budget.ExceededError) string {
	switch o := r.Verdict.Outcome; {
	case o == budget.Blocked || len(exceeded) == 0:
		return string(o)
	case slices.ContainsFunc(exceeded, func(e *budget.ExceededError) bool { return e.Refused }):
		return string(budget.Blocked)
	default:
		return string(budget.Exceeded)
	}
}

// noteworthy returns the findings that are neither hints nor allowed, and the first
// n+1 among them.
func noteworthy(r *budget.Report) (findings []*budget.Finding, nPlusOne *budget.Finding) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Confidence == budget.Hint || f.Allowed != nil {
			continue
		}
		findings = append(findings, f)
		if nPlusOne == nil {
			nPlusOne = f.NPlusOne()
		}
	}
	return findings, nPlusOne
}

// event adds one event at most: where a limit was crossed, else where an n+1 is.
func event(span trace.Span, exceeded []*budget.ExceededError, nPlusOne *budget.Finding) {
	switch {
	case len(exceeded) > 0:
		e := exceeded[0]
		span.AddEvent("querybudget.exceeded", trace.WithAttributes(appendSite([]attribute.KeyValue{
			attribute.String("querybudget.budget.limit", string(e.Limit)),
			attribute.String("querybudget.message", cut(e.Error())),
		}, e.CallSite())...))
	case nPlusOne != nil:
		span.AddEvent("querybudget.n_plus_one", trace.WithAttributes(appendSite([]attribute.KeyValue{
			attribute.String("querybudget.message", cut(nPlusOne.String())),
			attribute.String("querybudget.finding.repair", cut(nPlusOne.Repair)),
		}, nPlusOne.CallSite())...))
	}
}

func groupLine(g *budget.Group) string {
	if g.Overflow {
		return fmt.Sprintf("%dx other queries", g.Queries)
	}
	line := fmt.Sprintf("%dx %s", g.Queries, g.Summary)
	if site := g.CallSite(); !site.IsZero() {
		line += " at " + site.String()
	}
	return line
}

func scopeLine(s *budget.Scope) string {
	queries := "queries"
	if s.Totals.Queries == 1 {
		queries = "query"
	}
	return fmt.Sprintf("%s: %d %s, %s", s.Name, s.Totals.Queries, queries, s.Verdict.Outcome)
}

// kinds are those of findings, and of what their loops read.
func kinds(findings []*budget.Finding) []string {
	var out []string
	add := func(kind budget.FindingKind) {
		if !slices.Contains(out, string(kind)) {
			out = append(out, string(kind))
		}
	}
	for _, f := range findings {
		add(f.Kind)
		if f.Reads != nil {
			add(f.Reads.Kind)
		}
	}
	return out
}

// lines returns the texts of the first few items.
func lines[T any](items []*T, most int, text func(*T) string) []string {
	out := make([]string, 0, min(len(items), most))
	for _, item := range items[:min(len(items), most)] {
		out = append(out, cut(text(item)))
	}
	return out
}

func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}
