package middleware

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// A router writes the pattern that it matched to the request that it was given
// (http.ServeMux, chi) or to a context of its own (chi). Routers stand in routers, and
// middleware copies requests, so no place knows all of it. The innermost pattern that
// is known names the route: a Limit says what it knows where it stands, and what its
// request says afterwards; Track says at the end what nobody inside of it has said.

// innermost returns the pattern of the innermost router that r has come through, and
// whether that is a chi router. Before is a pattern that r had when it came here: a
// router inside has not written to r as long as that is there.
func innermost(r *http.Request, before string) (pattern string, isChi bool) {
	byChi := chi.RouteContext(r.Context()).RoutePattern()
	if byChi != "" && (r.Pattern == byChi || r.Pattern == before || r.Pattern == "") {
		return byChi, true
	}
	return muxPattern(r.Pattern), false
}

// muxPattern takes the method off a pattern of http.ServeMux.
func muxPattern(pattern string) string {
	if _, after, ok := strings.Cut(pattern, " "); ok {
		return strings.TrimLeft(after, " \t")
	}
	return pattern
}

// finalPattern returns the pattern of the route that served r. Known is what a Limit
// inside has said, which has seen at least as much as r has, unless it looked ahead in
// a chi router: what chi did in the end is in its context. It is read before chi takes
// that back.
func finalPattern(r *http.Request, known, before string) string {
	pattern, isChi := innermost(r, before)
	if known != "" && (!isChi || isOpen(pattern)) {
		return known
	}
	return whole(pattern, r, "")
}

// outerPattern returns what is known of the routers around the place where r is: known,
// or what a chi router says.
func outerPattern(r *http.Request, known string) string {
	if byChi := chi.RouteContext(r.Context()).RoutePattern(); byChi != "" {
		return byChi
	}
	return known
}

// comingPattern returns the pattern of the route that will serve r, which goes to next,
// as far as it is known. Outer is what is known of the routers outside.
func comingPattern(r *http.Request, next http.Handler, outer string) string {
	if found := ahead(next, r); found != "" {
		return whole(found, r, outer)
	}
	pattern, isChi := innermost(r, "")
	rctx := chi.RouteContext(r.Context())
	// A middleware of a chi router runs before its routes are looked at.
	if rctx != nil && rctx.Routes != nil && (rctx.RoutePattern() == "" || isChi && isOpen(pattern)) {
		found := aheadInChi(rctx.Routes, rctx, r)
		if strings.HasPrefix(found+"/", strings.TrimSuffix(rctx.RoutePattern(), "*")) && found != "" {
			pattern = found
		}
	}
	return whole(pattern, r, outer)
}

// ahead returns the pattern that next will match, if it is a router.
func ahead(next http.Handler, r *http.Request) string {
	switch router := next.(type) {
	case *http.ServeMux:
		inner, pattern := router.Handler(r)
		if found := ahead(inner, r); found != "" {
			return found
		}
		return muxPattern(pattern)
	case chi.Routes:
		if chi.RouteContext(r.Context()) == nil {
			return aheadInChi(router, chi.NewRouteContext(), r)
		}
	}
	return ""
}

// aheadInChi returns the pattern that a chi router will match, as RoutePattern will say
// it. Rctx has what middleware has set to have another route searched.
func aheadInChi(routes chi.Routes, rctx *chi.Context, r *http.Request) string {
	method, path := r.Method, r.URL.RawPath
	if rctx.RouteMethod != "" {
		method = rctx.RouteMethod
	}
	if path == "" {
		path = r.URL.Path
	}
	if rctx.RoutePath != "" && len(rctx.RoutePatterns) == 0 {
		path = rctx.RoutePath
	}
	if path == "" {
		path = "/"
	}
	found := &chi.Context{RoutePatterns: []string{routes.Find(chi.NewRouteContext(), method, path)}}
	return found.RoutePattern()
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
