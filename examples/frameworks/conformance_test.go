package frameworks

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// subject is a framework with the recipe for it.
type subject struct {
	name  string
	start start
	// unit is the name of the unit of a page: with %s for its path or method.
	unit string
	// id is how the framework writes the path of a book.
	id string
	// rpc is set where pages are methods.
	rpc bool
	// isGraphQL is set where pages are fields.
	isGraphQL bool
	// isWorker is set where nobody waits for an answer: nothing is streamed or refused to
	// a client.
	isWorker bool
	// context is the type of the framework's own context, if it has one.
	context string
	// sendsLate is set where the handler has returned when it streams.
	sendsLate bool
}

var subjects = []subject{
	{name: "ServeMux", start: overHTTP("", serveMux), unit: "GET %s", id: "{id}"},
	{name: "ServeMux in ServeMux", start: overHTTP("/shop", nestedMux), unit: "GET /shop%s", id: "{id}"},
	{name: "gorilla/mux", start: overHTTP("", gorilla), unit: "GET %s", id: "{id}"},
	{name: "httprouter", start: overHTTP("", httpRouter), unit: "GET %s", id: ":id"},
	{name: "gin", start: overHTTP("", ginEngine), unit: "GET %s", id: ":id", context: "*gin.Context"},
	{name: "echo v4", start: overHTTP("", echo4), unit: "GET %s", id: ":id"},
	{name: "echo v5", start: overHTTP("", echo5), unit: "GET %s", id: ":id"},
	{name: "huma on chi", start: overHTTP("", humaAPI), unit: "GET %s", id: "{id}"},
	{name: "oapi-codegen strict", start: overHTTP("", strictServer), unit: "GET %s", id: "{id}"},
	{name: "fiber", start: overFiber, unit: "GET %s", id: ":id", context: "*fiber.DefaultCtx", sendsLate: true},
	{name: "gRPC", start: overGRPC, unit: "%s", rpc: true},
	{name: "Connect", start: overConnect, unit: "POST %s", rpc: true},
	{name: "gqlgen", start: overGraphQL, unit: "POST %s", rpc: true, isGraphQL: true},
	{name: "asynq", start: asWorker, unit: "%s", rpc: true, isWorker: true},
}

// unitOf is the name that the unit of a page should have.
func (s subject) unitOf(page string) string {
	switch {
	case s.isWorker:
		return page
	case s.isGraphQL && page == "export":
		return "POST Subscription.export"
	case s.isGraphQL:
		return "POST Query." + page
	case s.rpc:
		return fmt.Sprintf(s.unit, method(page))
	case page == "book":
		return fmt.Sprintf(s.unit, "/books/"+s.id)
	case page == "lost":
		return fmt.Sprintf(s.unit, "/lost/"+s.id)
	}
	return fmt.Sprintf(s.unit, "/"+page)
}

// collector takes the reports of units, also those of what comes late.
type collector chan *budget.Report

func (c collector) Report(_ context.Context, r *budget.Report) { c <- r }
func (c collector) Needs() budget.Needs                        { return budget.Needs{Late: true, Quick: true} }

// running is a shop that is served by a framework.
type running struct {
	subject
	t       *testing.T
	ask     client
	reports collector
	shown   chan struct{}
}

func run(t *testing.T, s subject) *running {
	gin.SetMode(gin.ReleaseMode)
	db := sql.OpenDB(sqlwrap.Config{System: "sqlite", Arguments: true}.Connector(fakeDB{}))
	t.Cleanup(func() { _ = db.Close() })
	r := &running{subject: s, t: t, reports: make(collector, 100), shown: make(chan struct{}, 1)}
	r.ask = s.start(t, &shop{db: db, shown: r.shown}, r.reports)
	return r
}

// page asks for a page and returns its report.
func (r *running) page(page string) (answered, *budget.Report) {
	r.t.Helper()
	a := r.ask(page, "7", func() {})
	rep := <-r.reports
	if want := r.unitOf(page); rep.Name != want {
		r.t.Errorf("the unit is called %q, want %q", rep.Name, want)
	}
	return a, rep
}

// each runs a test for each framework.
func each(t *testing.T, test func(t *testing.T, r *running)) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) { test(t, run(t, s)) })
	}
}

func TestRouteAndItsBudget(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		a, rep := r.page("book")
		if a.failed || a.refused || rep.Totals.Queries != 1 || rep.Budget != few || rep.Verdict.Outcome != budget.Within {
			t.Errorf("%+v: %d queries, budget %+v, %s", a, rep.Totals.Queries, rep.Budget, rep.Verdict.Outcome)
		}
	})
}

// Over its budget, a page is answered all the same: the report says it, with the loop at
// its line.
func TestOverTheBudget(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		a, rep := r.page("books")
		if a.failed || a.refused || rep.Verdict.Outcome != budget.Exceeded || rep.Totals.Queries != 21 {
			t.Errorf("%+v: %d queries, %s", a, rep.Totals.Queries, rep.Verdict.Outcome)
		}
		found := find(rep, budget.NPlusOne)
		if found == nil {
			t.Fatalf("no n+1 in %v", rep.Findings)
		}
		if at := found.CallSite(); at.Line != lineOf(t, "// loops") || !strings.HasSuffix(at.File, "shop.go") {
			t.Errorf("the loop is at %v", at)
		}
	})
}

// A query that is refused fails in the handler, with the route in its error. The client
// learns that it was refused and nothing else, the second time too, when Limit looks at the
// answer.
func TestRefusal(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		first, _ := r.page("strict")
		a, rep := r.page("strict")
		if a != first {
			t.Errorf("the second answer is %+v, the first one %+v", a, first)
		}
		if !a.refused || rep.Verdict.Outcome != budget.Blocked || rep.Totals.Queries != 3 {
			t.Fatalf("%+v: %d queries, %s", a, rep.Totals.Queries, rep.Verdict.Outcome)
		}
		if e := rep.Verdict.Exceeded[0]; e.Name != r.unitOf("strict") || !e.Refused {
			t.Errorf("%v", e)
		}
		if r.isWorker {
			return
		}
		for _, inside := range []string{"SELECT", "books", "author", "shop.go", "budget:"} {
			if strings.Contains(a.text, inside) {
				t.Errorf("the client is told %q", a.text)
			}
		}
	})
}

// A handler that panics is reported, and the next request is served.
func TestPanic(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		a, rep := r.page("broken")
		if !a.failed || rep.Totals.Queries != 1 {
			t.Errorf("%+v: %d queries", a, rep.Totals.Queries)
		}
		if a, rep := r.page("book"); a.failed || rep.Totals.Queries != 1 {
			t.Errorf("and then %+v: %d queries", a, rep.Totals.Queries)
		}
	})
}

// What is flushed reaches the client while the handler runs, and all queries count.
func TestStreaming(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		if r.isWorker {
			t.Skip("a worker has no client")
		}
		once := false
		a := r.ask("export", "7", func() {
			if !once {
				once = true
				r.shown <- struct{}{}
			}
		})
		if a.failed || a.text != "value 1value 1" {
			t.Fatalf("%+v", a)
		}
		queries, stages := int64(0), []budget.Stage{}
		for len(stages) == 0 || r.sendsLate && queries < 2 {
			rep := <-r.reports
			queries += rep.Totals.Queries
			stages = append(stages, rep.Stage)
			if want := r.unitOf("export"); rep.Name != want {
				t.Errorf("the unit is called %q, want %q", rep.Name, want)
			}
		}
		if isLate := slices.Contains(stages, budget.Late); queries != 2 || isLate != r.sendsLate {
			t.Errorf("%d queries in %v", queries, stages)
		}
	})
}

// A query whose context is not the request's is a finding, with its line and, if it is
// the framework's own context, with the name of that.
func TestLostContext(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		a, rep := r.page("lost")
		if a.failed || rep.Totals.Queries != 1 || rep.Unattributed != 1 {
			t.Fatalf("%+v: %d queries, %d unattributed", a, rep.Totals.Queries, rep.Unattributed)
		}
		found := find(rep, budget.Unattributed)
		if found == nil {
			t.Fatalf("it is not found: %v", rep.Findings)
		}
		if at := found.CallSite(); at.Line != lineOf(t, "// asks") || !strings.HasSuffix(at.File, "shop.go") {
			t.Errorf("it is at %v", at)
		}
		if !strings.Contains(found.Repair, r.context) {
			t.Errorf("%q does not name %s", found.Repair, r.context)
		}
	})
}

// What a report keeps is not overwritten by the requests that follow.
func TestNothingIsPooled(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		var reports []*budget.Report
		ids := []string{"first", "other", "third", "again", "later"}
		for _, id := range ids {
			r.ask("book", id, func() {})
			reports = append(reports, <-r.reports)
		}
		for i, rep := range reports {
			if got := rep.Queries[0].Values; len(got) != 1 || got[0] != ids[i] || rep.Name != r.unitOf("book") {
				t.Errorf("report %d of %s has %v, want %s", i, rep.Name, got, ids[i])
			}
		}
	})
}

// A path that no route matches is in no name: it is the client's.
func TestUnknownPath(t *testing.T) {
	each(t, func(t *testing.T, r *running) {
		if r.rpc {
			t.Skip("an unknown method reaches no interceptor")
		}
		r.ask("nonsense-4711", "", func() {})
		r.ask("book", "7", func() {})
		for {
			rep := <-r.reports
			if strings.Contains(rep.Name, "nonsense") {
				t.Errorf("a unit is called %q", rep.Name)
			}
			if rep.Name == r.unitOf("book") {
				return
			}
		}
	})
}

// With its fallback, a gin.Context hands on what is in the request's context.
func TestGinContextWithFallback(t *testing.T) {
	r := run(t, subject{start: overHTTP("", ginWithFallback), unit: "GET %s", id: ":id"})
	if a, rep := r.page("book"); a.failed || rep.Totals.Queries != 1 || rep.Unattributed != 0 {
		t.Errorf("%+v: %d queries, %d unattributed", a, rep.Totals.Queries, rep.Unattributed)
	}
}

// In GraphQL the resolvers of a field are one scope, however many objects there are: it has
// the field's name and budget. The n+1 has the line.
func TestGraphQLFields(t *testing.T) {
	r := run(t, subject{start: overGraphQL})
	a := r.ask("shelf { id author }", "", func() {})
	rep := <-r.reports
	if a.failed || rep.Name != "POST Query.shelf" || rep.Totals.Queries != 21 || len(rep.Scopes) != 1 {
		t.Fatalf("%+v: %s has %d queries, scopes %+v", a, rep.Name, rep.Totals.Queries, rep.Scopes)
	}
	if s := rep.Scopes[0]; s.Name != "Book.author" || s.Totals.Queries != 20 || s.Budget != few || s.Verdict.Outcome != budget.Exceeded {
		t.Errorf("%+v", s)
	}
	found := find(rep, budget.NPlusOne)
	if found == nil || found.Count != 20 || found.CallSite().Line != lineOf(t, "// asks") {
		t.Errorf("%v", rep.Findings)
	}
}

// A job of cron has a name and a budget.
func TestCron(t *testing.T) {
	db := sql.OpenDB(sqlwrap.Connector(fakeDB{}))
	defer func() { _ = db.Close() }()
	reports := make(collector, 1)
	jobs, err := cronJobs(&shop{db: db}, reports)
	if err != nil {
		t.Fatal(err)
	}
	jobs.Entries()[0].WrappedJob.Run()
	if rep := <-reports; rep.Name != "nightly" || rep.Budget != few || rep.Totals.Queries != 21 {
		t.Errorf("%s, %+v: %d queries", rep.Name, rep.Budget, rep.Totals.Queries)
	}
}

func find(rep *budget.Report, kind budget.FindingKind) *budget.Finding {
	for i := range rep.Findings {
		if rep.Findings[i].Kind == kind {
			return &rep.Findings[i]
		}
	}
	return nil
}

// lineOf returns the line of shop.go that ends with a mark.
func lineOf(t *testing.T, mark string) int {
	t.Helper()
	text, err := os.ReadFile("shop.go")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.HasSuffix(line, mark) {
			return i + 1
		}
	}
	t.Fatalf("no line of shop.go has %q", mark)
	return 0
}
