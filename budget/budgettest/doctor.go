package budgettest

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
	"github.com/querybudget/querybudget/statement"
)

// Doctor proves the wiring of an application, and fails the test with what to do about each
// part that does not hold:
//
//   - db was opened with sqlwrap;
//   - wrap, the application's own middleware, has middleware.Track in it, outside of what
//     sends queries, and passes the request's context on;
//   - an n+1 that Doctor plants below wrap is found, at a call site of the application. It
//     consists of statements that need no table;
//   - each request to handler, the application itself, is tracked, answered with a page,
//     known by the pattern of its route, under a budget, and passes its context on to db.
//
// A request to each page that matters makes the last part worth something; without one,
// handler is not asked. The handle must not be in use by others meanwhile.
func Doctor(t TB, handler http.Handler, wrap func(http.Handler) http.Handler, db *sql.DB, requests ...*http.Request) {
	t.Helper()
	var handle Handle
	if db != nil {
		handle = sqlHandle{db}
	}
	DoctorOf(t, handler, wrap, handle, requests...)
}

// DoctorOf is like [Doctor], for a handle that is no *sql.DB:
//
//	budgettest.DoctorOf(t, application, wrap, pgxwrap.Handle(pool), request)
func DoctorOf(t TB, handler http.Handler, wrap func(http.Handler) http.Handler, handle Handle, requests ...*http.Request) {
	t.Helper()
	if handler == nil || wrap == nil || handle == nil {
		t.Fatalf("budgettest: Doctor needs the application's handler, its middleware and its database")
	}
	d := &doctor{}
	if d.opens(t.Context(), handle) {
		d.plants(t.Context(), wrap, handle)
		for _, r := range requests {
			d.asks(handler, r)
		}
	}
	if len(d.problems) > 0 {
		t.Errorf("budgettest: the wiring has %s:\n%s", plural(int64(len(d.problems)), "fault", "faults"), d.text())
	}
}

// doctor collects what is wrong.
type doctor struct {
	database *budget.Database
	problems []problem
}

// add takes a fault: what was looked at, what is wrong, and what to do.
func (d *doctor) add(name, what, todo string) {
	d.problems = append(d.problems, problem{name: name, text: what, more: []string{"-> " + todo}})
}

func (d *doctor) text() string {
	var b strings.Builder
	f := failure{problems: d.problems}
	f.writeProblems(&b)
	return strings.TrimRight(b.String(), "\n")
}

const trackTodo = "put middleware.Track first: router.Use(middleware.Track(reporters...)) before everything else"

func (d *doctor) opens(ctx context.Context, handle Handle) bool {
	database, err := handle.Account(ctx)
	if err != nil {
		todo := "call pgxwrap.Config(config), the last line before the pool is made"
		if _, ok := handle.(sqlHandle); ok {
			todo = "open it with sqlwrap.Open, or sql.OpenDB(sqlwrap.Connector(connector))"
		}
		d.add("handle", strings.TrimPrefix(err.Error(), "budgettest: "), todo)
		return false
	}
	d.database = database
	return true
}

// unit begins a unit that also sees what db sends without a context.
func (d *doctor) unit(ctx context.Context, name string) (context.Context, *budget.Recorder) {
	bounds := options
	bounds.Databases = []*budget.Database{d.database}
	ctx, r := bounds.NewContext(ctx)
	r.SetName(name)
	return ctx, r
}

// planted is the number of queries of the n+1.
const planted = 5

// plants serves a handler with an n+1 behind the application's middleware.
func (d *doctor) plants(ctx context.Context, wrap func(http.Handler) http.Handler, handle Handle) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx, unit := d.unit(ctx, "Doctor")
	served, carried := false, false
	var err error
	h := wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		served = true
		carried = budget.FromContext(r.Context()) != nil
		for i := range planted {
			if e := handle.Ask(r.Context(), fmt.Sprintf("SELECT %d", i+1)); e != nil {
				err = e
			}
		}
	}))
	response := httptest.NewRecorder()
	serve(h, response, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	report := finalReport(unit)
	switch {
	case !served:
		d.add("middleware", fmt.Sprintf("the middleware answered GET / itself, with %d", response.Code), "give Doctor the part of it that every page passes, without what asks for a login")
		return
	case err != nil:
		d.add("planted", "the database refused a SELECT: "+oneline.Text(err.Error()), "give Doctor a database that answers")
		return
	case !carried:
		d.add("context", "a middleware replaced the request's context by one of its own", "let it make its context from r.Context()")
		return
	}
	d.tracked(report, "the planted page")
	d.findsPlanted(report)
}

// tracked looks whether Track saw a request, and all of it.
func (d *doctor) tracked(report *budget.Report, page string) *budget.Scope {
	for i := range report.Scopes {
		s := &report.Scopes[i]
		if s.Route.Method == "" {
			continue
		}
		if outside := report.Totals.Queries - s.Totals.Queries; outside > 0 {
			d.add("track", fmt.Sprintf("%s: %s ran outside of middleware.Track", page, plural(outside, "query", "queries")), trackTodo)
		}
		return s
	}
	d.add("track", fmt.Sprintf("%s is not tracked: middleware.Track is not in the middleware", page), trackTodo)
	return nil
}

// findsPlanted applies the rules to the planted queries. They have no table, and one is
// lent to them: a statement without one is no loop over rows.
func (d *doctor) findsPlanted(report *budget.Report) {
	for i := range report.Groups {
		g := &report.Groups[i]
		if g.Shape != "SELECT ?" || g.Queries < planted {
			continue
		}
		lent := *g.Statement
		lent.Tables, lent.Kind = []string{"planted"}, statement.Read
		g.Statement = &lent
	}
	for _, f := range options.Rules.Findings(report) {
		if f.Kind != budget.NPlusOne || len(f.Shape) == 0 || f.Count < planted {
			continue
		}
		if site := f.CallSite(); site.IsZero() || site.Library {
			d.add("call sites", "the planted n+1 has no line of the application", "name the packages of the application in AppPackages of sqlwrap.Config or pgxwrap.Options")
		}
		return
	}
	d.add("planted", fmt.Sprintf("the planted n+1 was not found: %s seen of %d", plural(report.Totals.Queries, "query", "queries"), planted), "let the middleware pass the request's context on, and no cache stand before the database")
}

// asks serves a request of the application.
func (d *doctor) asks(handler http.Handler, r *http.Request) {
	if r == nil {
		d.add("request", "a nil *http.Request", "use httptest.NewRequest")
		return
	}
	page := oneline.Text(r.Method + " " + r.URL.Path)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	ctx, unit := d.unit(ctx, page)
	response := httptest.NewRecorder()
	serve(handler, response, r.WithContext(ctx))
	report := finalReport(unit)
	scope := d.tracked(report, page)
	if response.Code >= 300 {
		d.add("answer", fmt.Sprintf("%s was answered with %d", page, response.Code), "give Doctor a request that is answered with the page: what else it says is about that answer")
	}
	if n := report.Unattributed; n > 0 {
		d.add("context", fmt.Sprintf("%s: %s without the request's context, at %s", page, plural(n, "query", "queries"), report.Lost[0].CallSite()), "use the methods that end in Context, with r.Context()")
	}
	if scope == nil {
		return
	}
	if scope.Route.Pattern == "" {
		d.add("route", page+": the pattern of its route is not known", "register it at a chi router or a ServeMux below Track, or set middleware.Options.Route")
	}
	if scope.Budget.IsZero() {
		d.add("budget", page+" has no budget", "add middleware.Limit(budget.Budget{...}) to its route")
	}
}
