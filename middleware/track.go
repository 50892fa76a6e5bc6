package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// Options are the optional parts of [Options.Track]. The zero value is the
// default, and what the function [Track] uses.
type Options struct {
	// Route returns the pattern of the route of a request that was served, of
	// low cardinality and without ids. Default: the pattern of the innermost router
	// that is known, chi's or http.ServeMux's, with what http.StripPrefix took off the
	// path in front. If other middleware takes a part off that differs from request to
	// request, and no router outside has named it, the route needs this option. Where
	// middleware copies the request between Track and a ServeMux, a [Limit] or another
	// Track inside of the copy tells the pattern, or nobody does. Empty means that no route matched.
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
	// header was written. A response before the first query has none. It tells clients about the inside of the service.
	// Handlers get a ResponseWriter of another type then, that can do what the one
	// of the server can, no more and no less (but for Unwrap, which it always has):
	// http.Flusher, FlushError, http.Hijacker, http.Pusher, io.ReaderFrom,
	// io.StringWriter, CloseNotify, deadlines, full duplex, and closing the connection
	// for http.MaxBytesReader. A writer with another combination of these than the
	// servers of net/http, httptest and usual middleware have is handed on as it is,
	// and its response has no header. So has one that is flushed through the Unwrap of
	// a writer that is no Flusher itself. Default: no header.
	Header bool
	// Alarm tells of requests that hang, while they do. With a nil Tell, Logger is told.
	// Default: none.
	Alarm *budget.Alarm
	// Logger is told of reporters that panic or are slow, of a Track that has no reporter,
	// and of a [Limit] that cannot do what it is for. Default: slog.Default() at that time.
	Logger *slog.Logger
}

// Track starts the account of each request: handlers find its recorder in the
// request's context. When the handler returns or panics, the reporters get the
// report; a panic goes on. See [budget.Delivery] for what happens to a reporter
// that is slow or panics.
//
// A request ends, too, when the handler hijacks its connection, which may live for days:
// the report is delivered, the budget is lifted, and what is asked afterwards comes in
// late reports, see [budget.Needs]. A [budget.Job] makes each message a unit of its own.
// This is seen if the request has an Upgrade header or is a CONNECT, or with
// [Options.Header]; otherwise the request ends when the handler returns, as it does if
// the writer is no http.Hijacker itself but only unwraps to one.
//
// Inside of another Track it tells the route, as [Limit] does, and nothing else: the
// outer one counts and reports.
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
	if o.Alarm != nil {
		alarm := *o.Alarm
		if alarm.Tell == nil {
			alarm.Tell = func(hangs []budget.Hang) { t.warn(errors.New(budget.HangText(hangs))) }
		}
		t.delivery.Alarm = &alarm
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.serve(next, w, r) })
	}
}

type tracker struct {
	options  Options
	delivery budget.Delivery
	mute     atomic.Bool // whether it was told that there is no reporter
}

// sayMute tells once that nothing comes of what is counted. A Track without a reporter is
// right inside of another unit, and for a header.
func (t *tracker) sayMute() {
	if len(t.delivery.Reporters) == 0 && !t.options.Header && t.mute.CompareAndSwap(false, true) {
		t.warn(errors.New("middleware: Track has no reporter, so nobody is told of what it counts: " +
			"pass one, such as slogbudget.Reporter(logger)"))
	}
}

func (t *tracker) warn(err error) {
	logger := t.options.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Warn(oneline.Text(err.Error()))
}

func (t *tracker) serve(next http.Handler, w http.ResponseWriter, outer *http.Request) {
	if around := budget.FromContext(outer.Context()); around.Route().Method != "" {
		name := nameRoute(around, outer, next)
		defer name.served()
		next.ServeHTTP(w, outer)
		return
	}
	ctx, recorder := t.start(outer)
	recorder.SetRoute(budget.Route{Method: method(outer)})
	t.delivery.Begin(ctx, recorder)
	r := outer.WithContext(ctx)
	before := r.Pattern
	var watched *watchedWriter
	if t.options.Header || mayHijack(r) {
		if w, watched = watch(w, r, recorder); watched != nil {
			watched.header = t.options.Header
			watched.end = func() { t.report(r, recorder, before) }
		}
	}
	defer func() {
		// Routers and form parsers write to the request they are given. The
		// middleware outside of this one must see that too.
		outer.Pattern, outer.MultipartForm = r.Pattern, r.MultipartForm
		if watched != nil {
			watched.returned()
		} else {
			t.report(r, recorder, before)
		}
	}()
	next.ServeHTTP(w, r)
}

// mayHijack reports whether the client asks for the connection itself.
func mayHijack(r *http.Request) bool {
	return len(r.Header["Upgrade"]) > 0 || r.Method == http.MethodConnect
}

// watch returns w in a form that is watched, or as it is if that would show.
func watch(w http.ResponseWriter, r *http.Request, recorder *budget.Recorder) (http.ResponseWriter, *watchedWriter) {
	watched := &watchedWriter{ResponseWriter: w, recorder: recorder}
	form := watched.form()
	if form == nil {
		return w, nil
	}
	if watched.body = limitBody(r.Body); watched.body != nil {
		r.Body = watched.body
	}
	return form, watched
}

// report names the unit and delivers its report. A panic here, such as one of
// Options.Route, is not the request's: only the handler's goes on.
func (t *tracker) report(r *http.Request, recorder *budget.Recorder, before string) {
	defer func() {
		if p := recover(); p != nil {
			t.warn(fmt.Errorf("middleware: no report of %s: panic: %v", recorder.Route().Method, p))
		}
	}()
	if pattern := t.pattern(r, recorder, before); pattern != "" {
		recorder.SetRoute(budget.Route{Method: method(r), Pattern: pattern})
	}
	t.delivery.End(r.Context(), recorder)
}

func (t *tracker) start(r *http.Request) (context.Context, *budget.Recorder) {
	if budget.FromContext(r.Context()) != nil {
		return budget.With(r.Context(), "", budget.Budget{})
	}
	t.sayMute()
	bounds := t.options.Bounds
	if t.options.Detail != nil && !t.options.Detail(r) {
		bounds.Queries = budget.None
	}
	return bounds.NewContext(r.Context())
}

func (t *tracker) pattern(r *http.Request, recorder *budget.Recorder, before string) string {
	if t.options.Route != nil {
		return t.options.Route(r)
	}
	return finalPattern(r, recorder.Route().Pattern, before)
}
