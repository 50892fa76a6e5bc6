package middleware

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// matchedPattern returns the pattern of the route that served r, as far as
// routing has come. It is read before chi takes its routing context back.
func matchedPattern(r *http.Request) string {
	if rctx := chi.RouteContext(r.Context()); rctx != nil {
		return rctx.RoutePattern()
	}
	return muxPattern(r.Pattern)
}

// muxPattern takes the method off a pattern of http.ServeMux.
func muxPattern(pattern string) string {
	if _, after, ok := strings.Cut(pattern, " "); ok {
		return strings.TrimLeft(after, " \t")
	}
	return pattern
}

// comingPattern returns the pattern of the route that will serve r. A middleware
// of a chi router runs before its routes are looked at, so this looks ahead.
func comingPattern(r *http.Request) string {
	pattern := matchedPattern(r)
	rctx := chi.RouteContext(r.Context())
	if rctx == nil || rctx.Routes == nil || pattern != "" && !strings.HasSuffix(pattern, "*") {
		return pattern
	}
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	found := rctx.Routes.Find(chi.NewRouteContext(), r.Method, path)
	if found == "" {
		return pattern
	}
	// A mounted router leaves "/*" in the middle.
	for strings.Contains(found, "/*/") {
		found = strings.ReplaceAll(found, "/*/", "/")
	}
	return found
}

// method returns the request's method, "_OTHER" for one that is not standard:
// names are of low cardinality, and clients invent methods.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return r.Method
	case "":
		return http.MethodGet
	default:
		return "_OTHER"
	}
}
