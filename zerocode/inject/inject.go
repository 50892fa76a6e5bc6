// Package inject counts the queries of a service that nobody changed, in production: an
// engine that weaves code into Go programs as they are compiled calls it. Rules for the
// engines lie beside this file, docs/inject.md says how to use them.
//
// Nothing is linked and nothing is counted in a program that is built without an engine.
//
// # Settings
//
// They are variables of the environment, read once.
//
//	QUERYBUDGET          "off" switches everything off
//	QUERYBUDGET_LOG      what is logged to slog.Default: "exceeded" (the default) for requests
//	                     over their budget, at WARN; "all"; "off"
//	QUERYBUDGET_BUDGETS  a file of budgets by route: {"GET /authors/{id}": {"queries": 5}}
//	QUERYBUDGET_SAMPLE   the share of requests whose queries are kept one by one, which
//	                     findings of two statements need: from 0 to 1, 0.1 by default
//
// A setting that cannot be read is said once, at ERROR, and its default is used. Budgets are
// observed and never enforced: a query of a service that nobody changed is not refused.
package inject

import (
	"context"
	"database/sql/driver"
	"net/http"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Connector wraps the connector of a handle. Rules call it at the beginning of sql.OpenDB,
// where sql.Open ends, too.
func Connector(c driver.Connector) driver.Connector {
	if c == nil || !current().on {
		return c
	}
	return sqlwrap.Connector(c)
}

// Serve serves a request as a unit of work, with next, and reports whether it did. Rules call
// it at the beginning of what a server calls for each request, which goes on where it is
// false: the request is counted already, or nothing is.
func Serve(next func(http.ResponseWriter, *http.Request), w http.ResponseWriter, r *http.Request) bool {
	if !current().on || budget.FromContext(r.Context()) != nil {
		return false
	}
	tracked().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nextKey{}, next)))
	return true
}

type nextKey struct{}

// tracked is one handler for all requests: what comes next is in the context.
var tracked = sync.OnceValue(func() http.Handler {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next, ok := r.Context().Value(nextKey{}).(func(http.ResponseWriter, *http.Request)); ok {
			next(w, r)
		}
	})
	s := current()
	return middleware.Options{Detail: s.detail}.Track(s)(next)
})
