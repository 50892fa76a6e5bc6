package otelbudget

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/querybudget/querybudget/budget"
)

// scope is the name of this package's instrumentation.
const scope = "github.com/querybudget/querybudget/exporters/otelbudget"

// The labels of metrics. All are of low cardinality: a route is a router's pattern, a
// job's name is a constant.
const (
	outcomeKey    = attribute.Key("querybudget.budget.outcome")
	kindKey       = attribute.Key("querybudget.finding.kind")
	confidenceKey = attribute.Key("querybudget.finding.confidence")
	jobKey        = attribute.Key("querybudget.job.name")
)

// Metrics is a reporter that records metrics. Requests have the labels
// http.request.method and http.route, which is missing where no route matched; jobs
// have querybudget.job.name.
//
//	querybudget.request.queries          histogram  {query}    queries of a request
//	querybudget.request.query.duration   histogram  s          time with a query under way
//	querybudget.job.queries              histogram  {query}    the same of a job
//	querybudget.job.query.duration       histogram  s
//	querybudget.findings                 counter    {finding}  also by querybudget.finding.kind and .confidence
//	querybudget.budget.requests          counter    {request}  requests that have a budget, by querybudget.budget.outcome
//	querybudget.budget.jobs              counter    {job}      the same of jobs
//
// Findings that are allowed are not counted. It is safe for concurrent use.
type Metrics struct {
	provider        metric.MeterProvider
	meter           metric.Meter
	requests, jobs  unitInstruments
	findings        metric.Int64Counter
	unattributed    metric.Int64ObservableCounter
	unattributedErr metric.Int64ObservableCounter
}

// unitInstruments are those of requests, or of jobs.
type unitInstruments struct {
	queries  metric.Int64Histogram
	duration metric.Float64Histogram
	outcomes metric.Int64Counter
}

// NewMetrics makes the instruments. It returns an error if the provider is nil or
// refuses one. For the global provider use otel.GetMeterProvider().
func NewMetrics(provider metric.MeterProvider) (*Metrics, error) {
	if provider == nil {
		return nil, errors.New(
			"otelbudget: NewMetrics with a nil metric.MeterProvider: use otel.GetMeterProvider() for the global one",
		)
	}
	m := &Metrics{provider: provider, meter: provider.Meter(scope)}
	var errs [5]error
	m.requests, errs[0] = newUnitInstruments(m.meter, "request")
	m.jobs, errs[1] = newUnitInstruments(m.meter, "job")
	m.findings, errs[2] = m.meter.Int64Counter("querybudget.findings", metric.WithUnit("{finding}"),
		metric.WithDescription("Wastes found in units of work, such as n+1 loops"))
	m.unattributed, errs[3] = m.meter.Int64ObservableCounter(
		"querybudget.unattributed.queries",
		metric.WithUnit("{query}"),
		metric.WithDescription("Queries whose context carried no recorder"),
	)
	m.unattributedErr, errs[4] = m.meter.Int64ObservableCounter(
		"querybudget.unattributed.errors",
		metric.WithUnit("{query}"),
		metric.WithDescription("Queries whose context carried no recorder, and that failed"),
	)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return m, nil
}

func newUnitInstruments(meter metric.Meter, unit string) (u unitInstruments, err error) {
	var errs [3]error
	u.queries, errs[0] = meter.Int64Histogram("querybudget."+unit+".queries", metric.WithUnit("{query}"),
		metric.WithDescription("Database queries of a "+unit),
		metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000))
	// The boundaries that the conventions give for db.client.operation.duration.
	u.duration, errs[1] = meter.Float64Histogram("querybudget."+unit+".query.duration", metric.WithUnit("s"),
		metric.WithDescription("Time of a "+unit+" during which at least one query was under way"),
		metric.WithExplicitBucketBoundaries(.001, .005, .01, .05, .1, .5, 1, 5, 10))
	u.outcomes, errs[2] = meter.Int64Counter("querybudget.budget."+unit+"s", metric.WithUnit("{"+unit+"}"),
		metric.WithDescription("Units of work with a query budget, by outcome"))
	return u, errors.Join(errs[:]...)
}

// Report records a report, with the span in ctx as exemplar.
func (m *Metrics) Report(ctx context.Context, r *budget.Report) {
	u, labels := &m.requests, routeLabels(r.Route)
	if r.Route == (budget.Route{}) {
		u, labels = &m.jobs, []attribute.KeyValue{jobKey.String(r.Name)}
	}
	set := metric.WithAttributeSet(attribute.NewSet(labels...))
	if r.Stage != budget.Late { // which is no request of its own
		u.record(ctx, r, set)
	}
	for kind, n := range countFindings(r) {
		m.findings.Add(
			ctx,
			n,
			set,
			metric.WithAttributes(kindKey.String(string(kind.kind)), confidenceKey.String(string(kind.confidence))),
		)
	}
}

// record records a unit that has ended.
func (u *unitInstruments) record(ctx context.Context, r *budget.Report, set metric.MeasurementOption) {
	u.queries.Record(ctx, r.Totals.Queries, set)
	u.duration.Record(ctx, r.Totals.WallTime.Seconds(), set)
	if exceeded := r.AllExceeded(); r.Verdict.Outcome != budget.NoBudget || len(exceeded) > 0 {
		u.outcomes.Add(ctx, 1, set, metric.WithAttributes(outcomeKey.String(outcome(r, exceeded))))
	}
}

// Needs asks for totals and what was found, also of what came late.
func (m *Metrics) Needs() budget.Needs {
	return budget.Needs{Content: budget.WhatIsFound, Late: true, Quick: true}
}

func routeLabels(r budget.Route) []attribute.KeyValue {
	labels := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(r.Method)}
	if r.Pattern != "" {
		labels = append(labels, semconv.HTTPRoute(r.Pattern))
	}
	return labels
}

type foundKind struct {
	kind       budget.FindingKind
	confidence budget.Confidence
}

// countFindings counts the findings that are not allowed; a loop that reads and writes under both kinds, so
// that an alert on n+1 hears of it. It is nil for most.
func countFindings(r *budget.Report) map[foundKind]int64 {
	var counts map[foundKind]int64
	for f := range r.Statements() {
		if f.Allowed == nil {
			if counts == nil {
				counts = map[foundKind]int64{}
			}
			counts[foundKind{f.Kind, f.Confidence}]++
		}
	}
	return counts
}
