package budgettest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"

	"github.com/querybudget/querybudget/budget"
)

// Check serves a request with h and holds it to the budget that stands at its
// route, see middleware.Limit. It fails the test if the budget broke, if there are
// findings that nobody allowed, if no query was seen, and if the route has no budget; and
// if the answer is not the page: another status than 200 to 299, a query that failed, or
// no row that was read. A [Want] says what else is right.
//
// It returns the report of the request and the recorded response, also when the
// test failed. The request's context is passed on with a recorder in it, and
// is cancelled once the request was served.
func Check(t TB, h http.Handler, r *http.Request) (*budget.Report, *httptest.ResponseRecorder) {
	t.Helper()
	return Want{}.Check(t, h, r)
}

// Check is like the function of that name, and also fails the test if something is not
// as w asks. A w with limits stands in for a budget at the route.
func (w Want) Check(t TB, h http.Handler, r *http.Request) (*budget.Report, *httptest.ResponseRecorder) {
	t.Helper()
	if h == nil {
		t.Fatalf("budgettest: Check with a nil http.Handler")
	}
	if r == nil {
		t.Fatalf("budgettest: Check with a nil *http.Request: use httptest.NewRequest")
	}
	if err := w.validate(); err != nil {
		t.Fatalf("%v", err)
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // as a server does: it closes rows that were left open
	ctx, unit := begin(ctx, t.Name(), w.Enforce)
	unit.SetBudget(w.Budget)
	// The request is a scope of its own, because the route sets a budget, too.
	ctx, request := budget.With(ctx, "", budget.Budget{})
	for _, a := range w.Allow {
		ctx = budget.Allow(ctx, a)
	}
	watch := observe(t, &w, budget.FromContext(ctx))
	response := httptest.NewRecorder()
	func() {
		defer watch.end()
		defer showPanic(t, request)()
		serve(h, response, r.WithContext(ctx))
	}()

	report, problems := w.plan(t, requestReport(request))
	problems = append(problems, watch.problems()...)
	if report.Budget.IsZero() && !w.limits() {
		problems = append(
			problems,
			problem{
				name: "no budget",
				text: "the route has none: add middleware.Limit to it, or limits to the test's Want",
			},
		)
	}
	problems = append(problems, w.judgeAnswer(t, report, response.Code)...)
	problems = append(problems, exceeded(unit.Report().Verdict.Exceeded)...)
	problems = append(problems, w.judge(report)...)
	conclude(t, "check", subject(report, r), report, problems)
	watchLate(t, subject(report, r), request, report.Totals.Queries)
	return report, response
}

// subject names the request: by its route, or by its path where no route is known.
func subject(report *budget.Report, r *http.Request) string {
	if report.Route.Pattern == "" {
		return r.Method + " " + r.URL.Path
	}
	return report.Name
}

// serve lets a handler abort its response, as a server does.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) {
	defer func() {
		p := recover()
		if err, ok := p.(error); p != nil && (!ok || !errors.Is(err, http.ErrAbortHandler)) {
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
}

// requestReport returns the report of a request. Inside of a test's unit,
// middleware.Track opens a scope; its name, route and budget are the request's.
func requestReport(r *budget.Recorder) *budget.Report {
	report := finalReport(r)
	if len(report.Scopes) != 1 || report.Scopes[0].Route.Method == "" {
		return report
	}
	s := &report.Scopes[0]
	report.Name, report.Route, report.Budget, report.Verdict, report.Scopes = s.Name, s.Route, s.Budget, s.Verdict, s.Scopes
	return report
}

// conclude fails the test if there are problems, and saves the report.
func conclude(t TB, check, subject string, report *budget.Report, problems []problem) {
	t.Helper()
	saveReport(t, entry{Check: check, Failed: len(problems) > 0, Report: report})
	if len(problems) > 0 {
		t.Errorf("%v", &failure{subject: subject, problems: problems, report: report})
	}
}
