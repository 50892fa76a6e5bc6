package budgettest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
)

// A page that is bad must not pass because the test saw something else.
func TestNoFalsePass(t *testing.T) {
	full, empty := newShop(t, 5), newShop(t, 0)
	for name, test := range map[string]struct {
		page  http.HandlerFunc
		want  budgettest.Want
		fails []string // nil: passes
	}{
		"a page":                      {answer(200, full.joined), budgettest.Want{}, nil},
		"no content, which is a page": {answer(204, full.joined), budgettest.Want{}, nil},
		"not found":                   {answer(404, full.joined), budgettest.Want{}, []string{"status  the answer is 404 Not Found", "Want.Status"}},
		"redirect to login":           {answer(303, full.joined), budgettest.Want{}, []string{"the answer is 303 See Other"}},
		"unauthorized":                {answer(401, full.joined), budgettest.Want{}, []string{"the answer is 401"}},
		"not modified":                {answer(304, full.joined), budgettest.Want{}, []string{"the answer is 304"}},
		"error":                       {answer(500, full.joined), budgettest.Want{}, []string{"the answer is 500"}},
		"wanted":                      {answer(303, full.joined), budgettest.Want{Status: 303}, nil},
		"another wanted":              {answer(200, full.joined), budgettest.Want{Status: 303}, []string{"the answer is 200 OK, 303 was wanted"}},
		"the only query fails and nobody says so": {answer(200, full.failing), budgettest.Want{}, []string{"errors", "1 query failed", "Want.Errors", "SELECT nowhere at "}},
		"a query may fail":                        {answer(200, full.failing), budgettest.Want{Errors: budgettest.AtMost(1), Empty: true}, nil},
		"fewer failures than wanted":              {answer(200, full.joined), budgettest.Want{Errors: budgettest.Exactly(1)}, []string{"exactly 1 wanted, 0 queries failed"}},
		"no data":                                 {answer(200, empty.slowly), budgettest.Want{}, []string{"no rows", "seed rows", "Want.Empty"}},
		"no data, as said":                        {answer(200, empty.slowly), budgettest.Want{Empty: true}, nil},
		"no rows wanted":                          {answer(200, empty.slowly), budgettest.Want{Rows: budgettest.Exactly(0)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.Budget.Queries = 100
			f := try(t, func(tb *fakeTB) { test.want.Check(tb, test.page, get("/page")) })
			if test.fails == nil {
				f.passes(t)
			} else {
				f.fails(t, test.fails...)
			}
		})
	}
}

// answer is a page that asks and answers with a status, whatever it got.
func answer(status int, ask func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = ask(r.Context())
		w.WriteHeader(status)
	}
}

// failing asks for a table that is not there.
func (s *shop) failing(ctx context.Context) error {
	_, err := s.ints(ctx, "SELECT id FROM nowhere")
	return err
}

// A limit that refuses would cut the loop below what makes an n+1: in a test it is
// observed, unless the test is about the refusal.
func TestEnforceHidesNothing(t *testing.T) {
	s := newShop(t, 5)
	limit := budget.Budget{Queries: 2, Mode: budget.Enforce}
	f := try(t, func(tb *fakeTB) { budgettest.Check(tb, s.routes(limit), get("/bad/authors")) })
	f.fails(t, "n+1", "5x SELECT books", "2 allowed, 6 seen")
	f = try(t, func(tb *fakeTB) {
		budgettest.Want{Enforce: true, Status: 503}.Check(tb, s.routes(limit), get("/bad/authors"))
	})
	f.fails(t, "2 allowed, number 3 was refused")
	if strings.Contains(f.text.String(), "n+1") {
		t.Errorf("the loop was cut:\n%s", f.text.String())
	}
}

// Most statements of a page have no rows: it is said, and fails nothing.
func TestFewRowsAreSaid(t *testing.T) {
	full, empty := newShop(t, 5), newShop(t, 0)
	page := func(w http.ResponseWriter, r *http.Request) {
		_ = full.joined(r.Context())
		for _, query := range []string{"SELECT id FROM authors", "SELECT name FROM authors"} {
			_, _ = empty.ints(r.Context(), query)
		}
	}
	f := try(t, func(tb *fakeTB) {
		budgettest.Want{Budget: budget.Budget{Queries: 9}}.Check(tb, http.HandlerFunc(page), get("/"))
	})
	f.passes(t)
	if !strings.Contains(f.logged.String(), "2 of 3 statements returned no row: seed rows, or use Scale") {
		t.Errorf("logged %q", f.logged.String())
	}
}

// What ran before a panic is shown.
func TestPanicShowsWhatRan(t *testing.T) {
	s := newShop(t, 5)
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = s.joined(r.Context())
		panic("oops")
	})
	f := try(t, func(tb *fakeTB) {
		defer func() {
			if p := recover(); p != "oops" {
				t.Errorf("recovered %v", p)
			}
		}()
		budgettest.Check(tb, page, get("/"))
	})
	if !strings.Contains(f.logged.String(), "What ran (1 query)") {
		t.Errorf("logged %q", f.logged.String())
	}
}

// Queries of a goroutine that outlives the request are seen by no limit.
func TestLateQueriesFail(t *testing.T) {
	s := newShop(t, 5)
	answered, done := make(chan struct{}), make(chan struct{})
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = s.joined(r.Context())
		ctx := context.WithoutCancel(r.Context())
		go func() {
			defer close(done)
			<-answered
			_ = s.joined(ctx)
		}()
	})
	try(t, func(tb *fakeTB) {
		budgettest.Want{Budget: budget.Budget{Queries: 1}}.Check(tb, page, get("/late"))
		close(answered)
		<-done
	}).fails(t, "GET /late: 1 query came after the answer")
}

// A wrong set-up inside of a handler fails the test of its page, by its cause.
func TestWrongSetUps(t *testing.T) {
	s := newShop(t, 5)
	one := budget.Budget{Queries: 1, Mode: budget.Enforce}
	for name, test := range map[string]struct {
		page  http.HandlerFunc
		want  budgettest.Want
		fails []string // nil: passes, but for the refusal
	}{
		"refused and 200":          {answer(200, s.slowly), budgettest.Want{Enforce: true, Budget: one}, []string{"a query was refused and the answer is 200", "middleware.AnswerExceeded"}},
		"refused and 200 as it is": {answer(200, s.slowly), budgettest.Want{Enforce: true, Budget: one, Status: 200}, nil},
		"refused and 503":          {answer(503, s.slowly), budgettest.Want{Enforce: true, Budget: one, Status: 503}, nil},
		"an invalid budget": {func(_ http.ResponseWriter, r *http.Request) {
			budget.FromContext(r.Context()).SetBudget(budget.Budget{Queries: -5})
			_ = s.joined(r.Context())
		}, budgettest.Want{}, []string{"the limit of queries is -5"}},
		"an invalid allowance": {func(_ http.ResponseWriter, r *http.Request) {
			_ = s.slowly(budget.Allow(r.Context(), budget.Allowance{Kind: "nplusone", Max: 9, Reason: "x"}))
		}, budgettest.Want{}, []string{`an allowance of kind "nplusone"`, "n+1"}},
	} {
		f := try(t, func(tb *fakeTB) { test.want.Check(tb, test.page, get("/page")) })
		if text := f.text.String(); test.fails == nil && strings.Contains(text, "and the answer is") {
			t.Errorf("%s: %s", name, text)
		}
		f.fails(t, test.fails...)
	}
}
