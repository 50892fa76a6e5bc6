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
func Limit(b budget.Budget) func(http.Handler) http.Handler {
	if err := b.Validate(); err != nil {
		panic("middleware: Limit: " + err.Error())
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, outer *http.Request) {
			recorder, r := budget.FromContext(outer.Context()), outer
			if recorder == nil {
				ctx, started := budget.NewContext(outer.Context())
				recorder, r = started, outer.WithContext(ctx)
				defer func() { outer.Pattern, outer.MultipartForm = r.Pattern, r.MultipartForm }()
			}
			recorder.SetBudget(b)
			name := nameRoute(recorder, r, next)
			defer name.served()
			next.ServeHTTP(w, r)
		})
	}
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
