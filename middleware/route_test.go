package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// refuseAll is a Limit whose errors say the route while the request runs.
var refuseAll = middleware.Limit(budget.Budget{Queries: budget.None, Mode: budget.Enforce})

// copying is a middleware that copies the request, as many do.
func copying(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chimiddleware.RequestIDKey, "1")))
	})
}

// rewriting has another path served.
func rewriting(from, to string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.URL.Path = strings.Replace(r.URL.Path, from, to, 1)
			next.ServeHTTP(w, r)
		})
	}
}

func muxOf(pattern string, h http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle(pattern, h)
	return mux
}

func chiOf(pattern string, h http.Handler, uses ...func(http.Handler) http.Handler) *chi.Mux {
	r := chi.NewRouter()
	r.Use(uses...)
	r.Handle(pattern, h)
	return r
}

func mount(pattern string, h http.Handler, uses ...func(http.Handler) http.Handler) *chi.Mux {
	r := chi.NewRouter()
	r.Use(uses...)
	r.Mount(pattern, h)
	return r
}

// Routers in routers: the error of a refused query, and the report, name the same route,
// which is the innermost one, with what http.StripPrefix took off in front.
func TestRoutersInRouters(t *testing.T) {
	var refused string
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var exceeded *budget.ExceededError
		if errors.As(ask(r.Context()), &exceeded) {
			refused = exceeded.Name
		}
	})
	limited := refuseAll(page)
	strip := http.StripPrefix
	track := middleware.Track
	for name, test := range map[string]struct {
		router     func(track func(http.Handler) http.Handler) http.Handler
		path, want string
	}{
		"chi in mux": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", chiOf("/api/u/{id}", limited)))
		}, "/api/u/7", "/api/u/{id}"},
		"chi in mux, limit before routing": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", chiOf("/api/u/{id}", page, refuseAll)))
		}, "/api/u/7", "/api/u/{id}"},
		"chi in mux, stripped": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("GET /api/", strip("/api", chiOf("/u/{id}", limited))))
		}, "/api/u/7?x=1", "/api/u/{id}"},
		"chi in mux, stripped, limit before routing": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("GET /api/", strip("/api", chiOf("/u/{id}", page, refuseAll))))
		}, "/api/u/7", "/api/u/{id}"},
		"mounted chi in mux, stripped": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", strip("/api", mount("/v1", chiOf("/u/{id}", limited)))))
		}, "/api/v1/u/7", "/api/v1/u/{id}"},
		"mux in mux": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", muxOf("GET /api/u/{id}", limited)))
		}, "/api/u/7", "/api/u/{id}"},
		"mux in mux, stripped": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", strip("/api", muxOf("GET /u/{id}", limited))))
		}, "/api/u/7", "/api/u/{id}"},
		"stripped in mux, no router inside": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", strip("/api", limited)))
		}, "/api/u/7", "/api/"},
		"a catch-all, stripped": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/static/", strip("/static", muxOf("/", limited))))
		}, "/static/a/b.css", "/static/"},
		"three levels, stripped twice": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/a/", strip("/a", muxOf("/b/", strip("/b", muxOf("/c/{id}", limited))))))
		}, "/a/b/c/7", "/a/b/c/{id}"},
		"stripped twice, no router inside": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/a/", strip("/a", muxOf("/b/", strip("/b", limited)))))
		}, "/a/b/c/7", "/a/b/"},
		"stripped around Track": {func(track func(http.Handler) http.Handler) http.Handler {
			return muxOf("/api/", strip("/api", track(muxOf("/u/{id}", limited))))
		}, "/api/u/7", "/api/u/{id}"},
		"stripped without a router": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(strip("/api", muxOf("/u/{id}", limited)))
		}, "/api/u/7", "/api/u/{id}"},
		"mux in chi": {func(track func(http.Handler) http.Handler) http.Handler {
			return mount("/api", muxOf("GET /api/u/{id}", limited), track)
		}, "/api/u/7", "/api/u/{id}"},
		"mux in chi, limit outside": {func(track func(http.Handler) http.Handler) http.Handler {
			return mount("/api", refuseAll(muxOf("GET /api/u/{id}", page)), track)
		}, "/api/u/7", "/api/u/{id}"},
		"mux in chi, stripped": {func(track func(http.Handler) http.Handler) http.Handler {
			return mount("/api", strip("/api", muxOf("/u/{id}", limited)), track)
		}, "/api/u/7", "/api/u/{id}"},
		"mux in chi, ids stripped": {func(track func(http.Handler) http.Handler) http.Handler {
			return mount("/t/{tenant}", strip("/t/42", muxOf("/u/{id}", limited)), track)
		}, "/t/42/u/7", "/t/{tenant}/u/{id}"},
		"chi in chi, stripped": {func(track func(http.Handler) http.Handler) http.Handler {
			return mount("/{tenant}", strip("/42", chiOf("/*", limited)), track)
		}, "/42/u/7", "/{tenant}/*"},
		"Track inside of a copy": {func(track func(http.Handler) http.Handler) http.Handler {
			return copying(track(muxOf("/api/", copying(strip("/api", copying(chiOf("/u/{id}", copying(limited))))))))
		}, "/api/u/7", "/api/u/{id}"},
		"copies between": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(copying(muxOf("/api/{rest...}", copying(muxOf("/api/u/{id}", copying(limited))))))
		}, "/api/u/7", "/api/u/{id}"},
		"Limit around a mux": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(copying(refuseAll(muxOf("/api/", muxOf("GET /api/u/{id}", page)))))
		}, "/api/u/7", "/api/u/{id}"},
		"Limit around chi": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", refuseAll(mount("/api", chiOf("/u/{id}", page)))))
		}, "/api/u/7", "/api/u/{id}"},
		"the root of a mounted router": {func(track func(http.Handler) http.Handler) http.Handler {
			return mount("/api", chiOf("/", page), track, refuseAll)
		}, "/api/", "/api"},
		"the rest": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/a/", strip("/a", muxOf("/b/{rest...}", limited))))
		}, "/a/b/c/d", "/a/b/{rest...}"},
		"exactly": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/a/", strip("/a", muxOf("/b/{$}", limited))))
		}, "/a/b/", "/a/b/{$}"},
		"hosts": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("GET example.com/api/", chiOf("/api/u/{id}", limited)))
		}, "/api/u/7", "/api/u/{id}"},
		"hosts, not found inside": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("GET example.com/api/", limited))
		}, "/api/u/7", "example.com/api/"},
		"escaped": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", strip("/api", muxOf("/u/{id}/x", limited))))
		}, "/api/u/a%2Fb%20c/x", "/api/u/{id}/x"},
		"rewritten": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(rewriting("/old/", "/new/")(muxOf("/new/{id}", limited)))
		}, "/old/7", "/new/{id}"},
		"rewritten after chi's limit": {func(track func(http.Handler) http.Handler) http.Handler {
			r := chiOf("/new/{id}", limited, track, rewriting("/old/", "/new/"))
			return r
		}, "/old/7", "/new/{id}"},
		"a fallback of chi": {func(track func(http.Handler) http.Handler) http.Handler {
			r := chiOf("/other", page, track)
			r.NotFound(muxOf("/u/{id}", limited).ServeHTTP)
			return r
		}, "/u/7", "/u/{id}"},
		"chi's regular expressions": {func(track func(http.Handler) http.Handler) http.Handler {
			return track(muxOf("/api/", strip("/api", chiOf("/u/{id:[0-9]+}-{name}/{x:[a-z]+}", limited))))
		}, "/api/u/7-a/b", "/api/u/{id:[0-9]+}-{name}/{x:[a-z]+}"},
		"the methods of HEAD": {func(track func(http.Handler) http.Handler) http.Handler {
			r := chi.NewRouter()
			r.Use(track, chimiddleware.GetHead, refuseAll)
			r.Get("/u/{id}", page)
			return r
		}, "/u/7", "/u/{id}"},
	} {
		refused = ""
		c := newCollector()
		serve(test.router(track(c)), "GET", test.path)
		if got := c.one(t).Name; got != "GET "+test.want {
			t.Errorf("%s: the report is of %q, want %q", name, got, test.want)
		}
		if refused != "GET "+test.want {
			t.Errorf("%s: the error is of %q, want %q", name, refused, test.want)
		}
	}
}

// Without a Limit, Track knows what chi did, and what was written to its own request.
func TestRoutersInRoutersWithoutLimit(t *testing.T) {
	c := newCollector()
	track, strip := middleware.Track(c), http.StripPrefix
	for name, h := range map[string]http.Handler{
		"Track in chi in mux":              muxOf("/api/", chiOf("/api/u/{id}", page(1), track)),
		"copied":                           muxOf("/api/", chiOf("/api/u/{id}", page(1), track, copying)),
		"copied, stripped":                 muxOf("/api/", strip("/api", chiOf("/u/{id}", page(1), track, copying))),
		"mounted":                          mount("/api", chiOf("/u/{id}", page(1)), track, copying),
		"mux in mux":                       track(muxOf("/api/", muxOf("GET /api/u/{id}", page(1)))),
		"a Track in a copy":                track(muxOf("/api/", strip("/api", middleware.Track(c)(muxOf("/u/{id}", page(1)))))),
		"mux in chi":                       mount("/api", muxOf("GET /api/u/{id}", page(1)), track),
		"a limit outside of a copied mux":  track(copying(refuseAll(muxOf("/api/u/{id}", page(0))))),
		"a limit outside of a changed one": track(copying(refuseAll(plain{muxOf("/api/u/{id}", page(0))}))),
	} {
		serve(h, "GET", "/api/u/7")
		if got := c.one(t).Name; got != "GET /api/u/{id}" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// plain hides what kind of handler it is.
type plain struct{ http.Handler }

// A Limit that looked ahead, and middleware that then has another route served: what chi
// did in the end counts.
func TestRewrittenAfterALimit(t *testing.T) {
	c := newCollector()
	r := chiOf("/new/{id}", page(0), middleware.Track(c), refuseAll, rewriting("/old/", "/new/"))
	r.Handle("/old/{x}", page(0))
	serve(r, "GET", "/old/7")
	if got := c.one(t).Name; got != "GET /new/{id}" {
		t.Errorf("got %q", got)
	}
}

// What no router knows is not made up.
func TestNotFoundInside(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"/api/":  muxOf("/api/", chiOf("/api/u/{id}", page(0))),
		"/api/*": mount("/api", chiOf("/u/{id}", page(0))),
		"/v1/":   muxOf("/v1/", refuseAll(muxOf("/v1/u/{id}", page(0)))),
	} {
		c := newCollector()
		if _, ok := h.(*chi.Mux); ok {
			r := chi.NewRouter()
			r.Use(middleware.Track(c))
			r.Mount("/", h)
			h = r
		} else {
			h = middleware.Track(c)(h)
		}
		serve(h, "GET", strings.TrimRight(name, "*")+"nothing/here")
		if got := c.one(t).Name; got != "GET "+name {
			t.Errorf("got %q, want %q", got, name)
		}
	}
}

// A request that no server has read has no other path than that of its URL; one for a
// proxy has a host in front.
func TestRequestURI(t *testing.T) {
	h := http.StripPrefix("/api", muxOf("/u/{id}", refuseAll(page(0))))
	for uri, want := range map[string]string{
		"":                 "GET /u/{id}",
		"http://x/api/u/7": "GET /api/u/{id}",
		"*":                "GET", // which ServeMux answers by itself
	} {
		c := newCollector()
		r := httptest.NewRequest("GET", "/api/u/7", nil)
		r.RequestURI = uri
		middleware.Track(c)(h).ServeHTTP(httptest.NewRecorder(), r)
		if got := c.one(t).Name; got != want {
			t.Errorf("%q: got %q, want %q", uri, got, want)
		}
	}
}
