// Package otelbudget shows the account of a service's queries in OpenTelemetry:
// which line sent a query on its span, what a request did on its server span, and
// metrics for each route.
//
// # Database spans
//
// [Open] and [Connector] put XSAM/otelsql between the account and the driver.
// Spans are named by what is done to what ("SELECT books"), and say which line of
// the application did it. The text of a statement on a span is its shape, without
// literals, and an error is its type: see [sqlwrap.Config.ErrorText].
//
// Options of otelsql that are passed come after those of this package, so they
// win. A service that has its own otelsql can pass [Attributes] and [SpanName] to
// it.
//
// # Requests and jobs
//
// [Spans] and [Metrics] are reporters, for [middleware.Track] and [budget.Job]:
//
//	metrics, err := otelbudget.NewMetrics(otel.GetMeterProvider())
//	...
//	r.Use(middleware.Track(otelbudget.Spans(), metrics))
//
// Spans writes totals, findings and the verdict on the span that is in the context
// of the unit of work: Track belongs inside of what starts the server span.
// Metrics records with that context too, so that exemplars lead to the trace.
//
// # Names
//
// What OpenTelemetry's semantic conventions name is named so (db.query.summary,
// code.line.number, http.route); everything else starts with "querybudget.".
//
// [middleware.Track]: https://pkg.go.dev/github.com/querybudget/querybudget/middleware#Track
package otelbudget
