package middleware

import (
	"errors"
	"net/http"

	"github.com/querybudget/querybudget/budget"
)

// Limit holds a route to a budget. The whole request counts, also what ran
// before, in the middleware outside. Where Limits nest, the innermost one wins,
// and one with the zero Budget lifts the limit. It ends when the connection is hijacked.
//
// Limit belongs inside of [Track]. Without it, the request still has a budget,
// but nobody gets a report. Limit panics if the budget is not valid, see
// [budget.Budget.Validate].
//
// Of a Limit that cannot do what it is for, [slog.Default] is told once: if there is no
// Track around it, if it limits nothing and lifts nothing, if none of the first 100
// requests of a route showed a query, and if a query was refused and the answer was a
// success all the same. The last one is seen from the second refusal on, and of handlers that write to the
// ResponseWriter which Limit gives them.
func Limit(b budget.Budget) func(http.Handler) http.Handler {
	return Options{}.Limit(b)
}

// Limit is like the function of that name, with the Logger of o: the other options do not
// matter to it.
func (o Options) Limit(b budget.Budget) func(http.Handler) http.Handler {
	if err := b.Validate(); err != nil {
		panic("middleware: Limit: " + err.Error())
	}
	l := &limiter{budget: b, logger: o.Logger}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.serve(next, w, r) })
	}
}

func (l *limiter) serve(next http.Handler, w http.ResponseWriter, outer *http.Request) {
	recorder, r := budget.FromContext(outer.Context()), outer
	if recorder == nil {
		ctx, started := budget.NewContext(outer.Context())
		recorder, r = started, outer.WithContext(ctx)
		defer func() {
			outer.Pattern, outer.MultipartForm = r.Pattern, r.MultipartForm
			l.isOutside(recorder)
		}()
	}
	name := nameRoute(recorder, r, next)
	l.replaces(recorder)
	recorder.SetBudget(l.budget)
	w, answer := l.watch(w, r, recorder)
	defer func() {
		name.served()
		answer.returned()
		l.served(recorder)
	}()
	next.ServeHTTP(w, r)
}

// AnswerExceeded answers a request whose handler gave up because its budget
// refused a query: with 503 Service Unavailable and a short text that names
// nothing of the inside. It reports whether err was such an error; for any
// other it writes nothing.
//
//	if middleware.AnswerExceeded(w, err) {
//		return
//	}
func AnswerExceeded(w http.ResponseWriter, err error) bool {
	if !errors.Is(err, budget.ErrExceeded) {
		return false
	}
	http.Error(w, "This page asks too much of the database.", http.StatusServiceUnavailable)
	return true
}
