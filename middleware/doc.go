// Package middleware counts the database queries of HTTP requests and holds
// routes to budgets, for chi and net/http.
//
//	r := chi.NewRouter()
//	r.Use(middleware.Track(slogbudget.Reporter(logger)))
//	r.With(middleware.Limit(budget.Budget{Queries: 3})).Get("/authors", listAuthors)
//
// [Track] starts the account of a request and reports it, [Limit] sets the
// budget of a route. The queries themselves are recorded by a wrapped driver,
// see package sqlwrap; the two packages meet in the request's context only.
//
// Neither changes a response: status, body, headers, flushing, hijacking and
// trailers are the handler's. A header with the totals is opt-in, see [Options].
package middleware
