package budgettest_test

import (
	"context"
	"database/sql"
	"net/http"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/middleware"
)

func TestDoctor(t *testing.T) {
	session := func(s *shop) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := s.ints(r.Context(), "SELECT id FROM sessions WHERE token = ?", 7); err != nil {
					t.Error(err)
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	track := middleware.Track()
	limit := budget.Budget{Queries: 10}
	for name, test := range map[string]struct {
		wrap     func(*shop) func(http.Handler) http.Handler
		requests []*http.Request
		fails    []string
	}{
		"all is well": {wrap: func(s *shop) func(http.Handler) http.Handler {
			return func(h http.Handler) http.Handler { return track(session(s)(h)) }
		}, requests: []*http.Request{get("/authors")}},
		"no Track": {wrap: session, fails: []string{"1 fault:", "track  the planted page is not tracked", "-> put middleware.Track first"}},
		"Track comes second": {wrap: func(s *shop) func(http.Handler) http.Handler {
			return func(h http.Handler) http.Handler { return session(s)(track(h)) }
		}, fails: []string{"1 fault:", "track  the planted page: 1 query ran outside of middleware.Track"}},
		"another context": {wrap: func(*shop) func(http.Handler) http.Handler {
			return func(h http.Handler) http.Handler {
				return track(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r.WithContext(context.Background())) }))
			}
		}, fails: []string{"1 fault:", "context  a middleware replaced the request's context"}},
		"a login": {wrap: func(*shop) func(http.Handler) http.Handler {
			return func(http.Handler) http.Handler {
				return track(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
			}
		}, fails: []string{"middleware  the middleware answered GET / itself, with 401"}},
		"no budget":      {requests: []*http.Request{get("/unlimited/7")}, fails: []string{"1 fault:", "budget  GET /unlimited/7 has no budget", "-> add middleware.Limit"}},
		"no page":        {requests: []*http.Request{get("/no/such/route")}, fails: []string{"answer  GET /no/such/route was answered with 404", "route   GET /no/such/route: the pattern"}},
		"a context lost": {requests: []*http.Request{get("/lost")}, fails: []string{"1 fault:", "context  GET /lost: 1 query without the request's context, at budget/budgettest/shop_test.go:"}},
		"nil":            {requests: []*http.Request{nil}, fails: []string{"request  a nil *http.Request"}},
	} {
		s := newShop(t, 5)
		wrap := track
		if test.wrap != nil {
			wrap = test.wrap(s)
		}
		f := try(t, func(tb *fakeTB) { budgettest.Doctor(tb, s.routes(limit), wrap, s.db, test.requests...) })
		t.Run(name, func(t *testing.T) {
			if test.fails == nil {
				f.passes(t)
			} else {
				f.fails(t, test.fails...)
			}
		})
	}
	try(t, func(tb *fakeTB) {
		budgettest.Doctor(tb, http.NewServeMux(), track, sql.OpenDB(&fakeDB{func(string) int { return 1 }}))
	}).fails(t, "handle  Want.DB was not opened with sqlwrap")
	try(t, func(tb *fakeTB) { budgettest.Doctor(tb, nil, track, nil) }).fails(t, "Doctor needs the application's handler")
}

// The tracked page of an application that is not tracked itself is not enough.
func TestDoctorLooksAtTheApplication(t *testing.T) {
	s := newShop(t, 5)
	try(t, func(tb *fakeTB) {
		page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = s.joined(r.Context()) })
		budgettest.Doctor(tb, page, middleware.Track(), s.db, get("/authors"))
	}).fails(t, "track  GET /authors is not tracked")
}
