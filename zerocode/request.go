package zerocode

import (
	"context"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// Request is one that a server serves. All methods are safe for concurrent use, and on a
// nil Request, which does nothing.
type Request struct {
	method, path string
	scope        *scope
	before       string

	mu       sync.Mutex
	patterns []func() string // of the copies that were made of it
}

type requestKey struct{}

// copiesMax is how many copies of a request are asked for the pattern of its route:
// middleware makes a few.
const copiesMax = 64

// BeginRequest begins a request. Its End must be called in the same goroutine.
func BeginRequest(ctx context.Context, method, path string) (context.Context, *Request) {
	if labels.Get == nil || budget.FromContext(ctx) != nil {
		return ctx, nil
	}
	r := &Request{method: method, path: path, before: labels.Get()}
	r.scope = newScope(method + " " + path)
	r.scope.whole, r.scope.request, r.scope.began = true, true, callsite.Goroutine()
	test := scopeOf(r.before)
	if test == nil { // the server was started outside of tests
		test = process
		if w, ok := process.waiter(); ok {
			test = w.scope
		}
	}
	r.scope.test = test.family()
	ctx, r.scope.unit = bounds().NewContext(context.WithValue(ctx, requestKey{}, r))
	r.scope.chain = 1
	labels.Set(r.scope.label)
	return ctx, r
}

// Copied takes note of a copy of the request that ctx belongs to. Routers set the pattern
// of the route there, which the server does not see.
func Copied(ctx context.Context, pattern func() string) {
	r, _ := ctx.Value(requestKey{}).(*Request)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.patterns) < copiesMax {
		r.patterns = append(r.patterns, pattern)
	}
}

// End ends the request. Without a pattern the route is guessed: its path, with what looks
// like a key as "{}".
func (r *Request) End() {
	if r == nil {
		return
	}
	pattern := r.pattern()
	if pattern == "" {
		pattern = folded(r.path)
	}
	r.scope.unit.SetRoute(budget.Route{Method: r.method, Pattern: strings.TrimPrefix(pattern, r.method+" ")})
	labels.Set(r.before)
	r.scope.test.answered(r.scope)
}

// pattern is that of the innermost copy which has one.
func (r *Request) pattern() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.patterns) - 1; i >= 0; i-- {
		if p := r.patterns[i](); p != "" {
			return p
		}
	}
	return ""
}

// folded is a path with its keys taken out: a guess at its route.
func folded(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.ContainsAny(p, "0123456789") && !isVersion(p) {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

// isVersion reports whether an element of a path is one like "v1".
func isVersion(s string) bool {
	return len(s) <= 3 && s[0] == 'v' && strings.Trim(s[1:], "0123456789") == ""
}
