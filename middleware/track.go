package middleware

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// Options are the optional parts of [Options.Track]. The zero value is the
// default, and what the function [Track] uses.
type Options struct {
	// Route returns the pattern of the route of a request that was served, of
	// low cardinality and without ids. Default: chi's route pattern, or the
	// pattern of http.ServeMux. Empty means that no route matched.
	Route func(*http.Request) string
	// Detail decides whether the queries of a request are kept one by one.
	// Without them, counts, groups, budgets and call sites stay the same; findings
	// lose their parents, and those of two statements are not made.
	// Default: for every request.
	Detail func(*http.Request) bool
	// Bounds are the bounds of what is kept.
	Bounds budget.Bounds
	// Header adds a Server-Timing header to responses, which browsers show in
	// their developer tools: the number of queries and their time until the
	// header was written. It tells clients about the inside of the service.
	// Default: no header.
	Header bool
	// Logger is told of reporters that panic or are slow. Default:
	// slog.Default() at that time.
	Logger *slog.Logger
}

// Track starts the account of each request: handlers find its recorder in the
// request's context. When the handler returns or panics, the reporters get the
// report; a panic goes on. See [budget.Delivery] for what happens to a reporter
// that is slow or panics.
//
// Inside of another Track it does nothing: the outer one counts and reports.
// Inside of a unit of another kind, such as a test's, the request counts in both.
// It panics if a reporter is nil.
func Track(reporters ...budget.Reporter) func(http.Handler) http.Handler {
	return Options{}.Track(reporters...)
}

// Track is like the function of that name, with the options of o.
func (o Options) Track(reporters ...budget.Reporter) func(http.Handler) http.Handler {
	for _, r := range reporters {
		if r == nil {
			panic("middleware: Track with a nil budget.Reporter")
		}
	}
	t := &tracker{options: o}
	t.delivery.Reporters, t.delivery.OnError = reporters, t.warn
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.serve(next, w, r) })
	}
}

type tracker struct {
	options  Options
	delivery budget.Delivery
}

func (t *tracker) warn(err error) {
	logger := t.options.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Warn(oneline.Text(err.Error()))
}

func (t *tracker) serve(next http.Handler, w http.ResponseWriter, outer *http.Request) {
	if budget.FromContext(outer.Context()).Route().Method != "" {
		next.ServeHTTP(w, outer)
		return
	}
	ctx, recorder := t.start(outer)
	recorder.SetRoute(budget.Route{Method: method(outer)})
	t.delivery.Begin(ctx, recorder)
	r := outer.WithContext(ctx)
	if t.options.Header {
		w = withHeader(w, recorder)
	}
	defer func() {
		// Routers and form parsers write to the request they are given. The
		// middleware outside of this one must see that too.
		outer.Pattern, outer.MultipartForm = r.Pattern, r.MultipartForm
		t.report(ctx, recorder, r)
	}()
	next.ServeHTTP(w, r)
}

// report names the unit and delivers its report. A panic here, such as one of
// Options.Route, is not the request's: only the handler's goes on.
func (t *tracker) report(ctx context.Context, recorder *budget.Recorder, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			t.warn(fmt.Errorf("middleware: no report of %s: panic: %v", recorder.Route().Method, p))
		}
	}()
	if pattern := t.pattern(r); pattern != "" {
		recorder.SetRoute(budget.Route{Method: method(r), Pattern: pattern})
	}
	t.delivery.End(ctx, recorder)
}

func (t *tracker) start(r *http.Request) (context.Context, *budget.Recorder) {
	if budget.FromContext(r.Context()) != nil {
		return budget.With(r.Context(), "", budget.Budget{})
	}
	bounds := t.options.Bounds
	if t.options.Detail != nil && !t.options.Detail(r) {
		bounds.Queries = budget.None
	}
	return bounds.NewContext(r.Context())
}

func (t *tracker) pattern(r *http.Request) string {
	if t.options.Route != nil {
		return t.options.Route(r)
	}
	return matchedPattern(r)
}
