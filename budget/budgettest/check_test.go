package budgettest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/middleware"
)

func get(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }

func TestCheck(t *testing.T) {
	three := budget.Budget{Queries: 3}
	for name, test := range map[string]struct {
		path  string
		limit budget.Budget
		want  budgettest.Want
		fails []string // nil: passes
	}{
		"within":        {"/authors", three, budgettest.Want{}, nil},
		"over":          {"/bad/authors", three, budgettest.Want{}, []string{"GET /bad/authors", "queries  3 allowed, 6 seen", "n+1      5x SELECT books at budget/budgettest/shop_test.go:"}},
		"finding alone": {"/bad/authors", budget.Budget{Queries: 100}, budgettest.Want{}, []string{"n+1", "for the 5 rows of SELECT authors"}},
		"allowed": {"/bad/authors", budget.Budget{Queries: 100}, budgettest.Want{
			Allow: []budget.Allowance{{Kind: budget.NPlusOne, Max: 5, Reason: "a test"}},
		}, nil},
		"allowed less": {"/bad/authors", budget.Budget{Queries: 100}, budgettest.Want{
			Allow: []budget.Allowance{{Kind: budget.NPlusOne, Max: 4, Reason: "a test"}},
		}, []string{"n+1", "its allowance is for 4 executions"}},
		"allowed in vain": {"/authors", three, budgettest.Want{
			Allow: []budget.Allowance{{Kind: budget.NPlusOne, Max: 4, Reason: "a test"}},
		}, []string{`stale  nothing of kind n+1 was found for the allowance "a test"`}},
		"reads and writes": {"/counted", budget.Budget{Queries: 100}, budgettest.Want{}, []string{
			"write-loop  5x UPDATE authors at", "the same loop sends 5x SELECT books at", "-> one query for all", "-> one UPDATE for all",
			"{{Kind: budget.WriteLoop, Max: 5, Reason: \"...\"}, {Kind: budget.NPlusOne, Max: 5, Reason: \"...\"}}",
		}},
		"the writes allowed": {"/counted", budget.Budget{Queries: 100}, budgettest.Want{
			Allow: []budget.Allowance{{Kind: budget.WriteLoop, Max: 5, Reason: "a test"}},
		}, []string{"n+1  5x SELECT books"}},
		"both allowed": {"/counted", budget.Budget{Queries: 100}, budgettest.Want{
			Allow: []budget.Allowance{{Kind: budget.WriteLoop, Max: 5, Reason: "a test"}, {Kind: budget.NPlusOne, Max: 5, Reason: "a test"}},
		}, nil},
		"refused":        {"/bad/authors", budget.Budget{Queries: 3, Mode: budget.Enforce}, budgettest.Want{Enforce: true}, []string{"3 allowed, number 4 was refused", "(1 refused)"}},
		"no budget":      {"/unlimited/7", three, budgettest.Want{}, []string{"GET /unlimited/{id}", "no budget  the route has none"}},
		"budget of want": {"/unlimited/7", three, budgettest.Want{Budget: three}, nil},
		"over want":      {"/authors", three, budgettest.Want{Budget: budget.Budget{Rows: 9}}, []string{"rows  9 allowed, 10 seen"}},
		"counts":         {"/authors", three, budgettest.Want{Queries: budgettest.Exactly(2)}, []string{"queries  exactly 2 wanted, 1 seen"}},
		"nothing":        {"/nothing", three, budgettest.Want{}, []string{"0 queries were seen: does it use a database opened with sqlwrap"}},
		"nothing wanted": {"/nothing", three, budgettest.Want{Queries: budgettest.Exactly(0)}, nil},
		"context lost":   {"/lost", three, budgettest.Want{}, []string{"0 queries were seen"}},
		"none allowed":   {"/nothing", budget.Budget{Queries: budget.None}, budgettest.Want{Budget: budget.Budget{Queries: budget.None}}, nil},
		"no route":       {"/no/such/route", three, budgettest.Want{}, []string{"GET /no/such/route is not", "no budget"}},
		"aborted":        {"/aborted", three, budgettest.Want{Queries: budgettest.Exactly(0)}, nil},
		"time":           {"/authors", budget.Budget{Time: time.Microsecond}, budgettest.Want{}, nil},
		"time refused":   {"/bad/authors", budget.Budget{Time: time.Microsecond, Mode: budget.Enforce}, budgettest.Want{Enforce: true}, []string{"the time was up"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var report *budget.Report
			var response *httptest.ResponseRecorder
			f := try(t, func(tb *fakeTB) {
				report, response = test.want.Check(tb, newShop(t, 5).routes(test.limit), get(test.path))
			})
			if test.fails == nil {
				f.passes(t)
			} else {
				f.fails(t, test.fails...)
			}
			if name == "allowed less" && strings.Contains(f.text.String(), "stale") {
				t.Errorf("an allowance that is too small is not stale:\n%s", f.text.String())
			}
			if report == nil || response == nil || name != "no route" && report.Route.Method != "GET" {
				t.Errorf("report %+v, response %v", report, response)
			}
		})
	}
}

// Limit alone, without Track around it, and Track as a reporter: both see the
// request as in production.
func TestCheckFindsTheBudget(t *testing.T) {
	s := newShop(t, 5)
	page := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = s.slowly(r.Context()) })
	limited := middleware.Limit(budget.Budget{Queries: 3})(page)
	try(t, func(tb *fakeTB) { budgettest.Check(tb, limited, get("/x")) }).fails(t, "GET /x", "3 allowed, 6 seen")

	var name string
	tracked := middleware.Track(budget.ReporterFunc(func(_ context.Context, r *budget.Report) { name = string(r.Verdict.Outcome) }))
	mux := http.NewServeMux()
	mux.Handle("GET /y", limited)
	try(t, func(tb *fakeTB) { budgettest.Check(tb, tracked(mux), get("/y")) }).fails(t, "GET /y", "3 allowed, 6 seen")
	if name != "exceeded" {
		t.Errorf("the reporter got %q", name)
	}
}

// What a handler leaves open is closed, as by a server.
func TestCheckEndsTheRequest(t *testing.T) {
	var ctx context.Context
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })
	budgettest.Want{Queries: budgettest.Exactly(0)}.Check(t, h, get("/"))
	if ctx.Err() == nil {
		t.Error("the request's context lives on")
	}
}

func TestCheckInAnotherUnit(t *testing.T) {
	s := newShop(t, 5)
	ctx, outer := budget.NewContext(t.Context())
	try(t, func(tb *fakeTB) {
		report, _ := budgettest.Check(tb, s.routes(budget.Budget{Queries: 3}), get("/authors").WithContext(ctx))
		if report.Totals.Queries != 1 {
			t.Errorf("%+v", report.Totals)
		}
	}).passes(t)
	if outer.Totals().Queries != 1 {
		t.Error("the unit around the check did not count")
	}
}

func TestCheckLetsPanicsThrough(t *testing.T) {
	defer func() {
		if p := recover(); p != "oops" {
			t.Errorf("recovered %v", p)
		}
	}()
	budgettest.Check(t, newShop(t, 1).routes(budget.Budget{Queries: 1}), get("/panics"))
}

func TestCheckBadInput(t *testing.T) {
	h := newShop(t, 1).routes(budget.Budget{Queries: 1})
	try(t, func(tb *fakeTB) { budgettest.Check(tb, nil, get("/")) }).fails(t, "nil http.Handler")
	try(t, func(tb *fakeTB) { budgettest.Check(tb, h, nil) }).fails(t, "nil *http.Request")
	for want, w := range map[string]budgettest.Want{
		"the limit of queries is -2":                             {Budget: budget.Budget{Queries: -2}},
		"Want.Queries can never be":                              {Queries: budgettest.Between(3, 2)},
		"Want.Rows can never be":                                 {Rows: budgettest.Exactly(-1)},
		"an allowance without a Reason":                          {Allow: []budget.Allowance{{Kind: budget.NPlusOne, Max: 3}}},
		`Want.Allow[0]: budget: an allowance of kind "nplusone"`: {Allow: []budget.Allowance{{Kind: "nplusone", Max: 3, Reason: "x"}}},
		"the limit of time is 50ns":                              {Budget: budget.Budget{Time: 50}},
		"an empty text in Want.Runs":                             {Never: []string{" "}},
		"Want.Attributed needs Want.DB":                          {Attributed: true},
		"Want.DB: sql: database is closed":                       {DB: closedDB(t)},
		"Want.DB was not opened with sqlwrap:":                   {DB: bareDB(t)},
		"Want.DB and Want.Handle are both set":                   {DB: bareDB(t), Handle: struct{ budgettest.Handle }{}},
	} {
		try(t, func(tb *fakeTB) { w.Check(tb, h, get("/authors")) }).fails(t, want)
		try(t, func(tb *fakeTB) { budgettest.Run(tb, w, func(context.Context) {}) }).fails(t, want)
		if w.DB == nil {
			if err := w.Verify(&budget.Report{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Verify: %v", err)
			}
		}
	}
}
