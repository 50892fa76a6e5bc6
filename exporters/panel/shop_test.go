package panel_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/statement"
)

// shop sends queries as a wrapped driver would, and reports its units to a panel.
type shop struct {
	t        testing.TB
	panel    *panel.Panel
	delivery *budget.Delivery
	database *budget.Database
	reader   *statement.Reader
	hasher   *statement.Hasher
}

func newShop(t testing.TB, o panel.Options) *shop {
	p := panel.New(o)
	h := statement.NewHasher()
	return &shop{t, p, &budget.Delivery{Reporters: []budget.Reporter{p}}, budget.NewDatabase(budget.DatabaseOptions{System: "postgresql"}),
		statement.NewReader(statement.PostgreSQL, h, 2048), h}
}

// request is a unit of work with a route.
func (s *shop) request(route budget.Route, serve func(*unit)) budget.ID {
	s.t.Helper()
	u := s.begin(route)
	serve(u)
	return u.end()
}

type unit struct {
	*shop
	ctx      context.Context
	recorder *budget.Recorder
}

func (s *shop) begin(route budget.Route) *unit {
	ctx, r := budget.NewContext(context.Background())
	r.SetRoute(route)
	s.delivery.Begin(ctx, r)
	return &unit{s, ctx, r}
}

func (u *unit) end() budget.ID {
	u.delivery.End(u.ctx, u.recorder)
	return u.recorder.Report().ID
}

// start sends a query from a line of its own function.
func (u *unit) start(line int, sql string, args ...any) budget.Execution {
	u.t.Helper()
	st := u.reader.Read(sql)
	var a statement.Arguments
	for _, arg := range args {
		a.Add(st, u.hasher, arg)
	}
	a.End(st)
	site := callsite.CallSite{Frame: callsite.Frame{Function: "example.com/shop/store.(*Books).List", File: "store/books.go", Line: line},
		Outer: []callsite.Frame{{Function: "example.com/shop.listBooks", File: "handlers.go", Line: 40}}}
	x, err := u.recorder.Start(budget.Call{Database: u.database, Statement: st, Arguments: a, Stack: callsite.New(site)})
	if err != nil {
		u.t.Fatal(err)
	}
	return x
}

// read sends a query and closes its rows.
func (u *unit) read(line int, sql string, rows int64, args ...any) {
	u.t.Helper()
	x := u.start(line, sql, args...)
	x.Open()
	x.Close(rows, nil)
}

func (u *unit) write(line int, sql string, args ...any) {
	u.t.Helper()
	x := u.start(line, sql, args...)
	x.End(1, nil)
}

var authors = budget.Route{Method: "GET", Pattern: "/authors"}

// loop is a request with an n+1.
func (u *unit) loop() {
	u.read(10, "SELECT id, name FROM authors", 6)
	for id := range 6 {
		u.read(12, "SELECT title FROM books WHERE author_id = $1", 5, id+1)
	}
}

func (u *unit) joined() {
	u.read(20, "SELECT a.name, b.title FROM authors a JOIN books b ON b.author_id = a.id", 30)
}

var loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}

// asked is a request as a browser on this machine sends it.
func asked(method, target string, change ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host, r.RemoteAddr = "localhost:8080", "127.0.0.1:54321"
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(loopback)))
	for _, f := range change {
		f(r)
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// get answers with the body of a page, which has to be there.
func (s *shop) get(path string) string {
	s.t.Helper()
	w := serve(s.panel, asked("GET", path))
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// everyPath has each page, each part of the API, the assets and what changes something.
func everyPath(id budget.ID) []string {
	return []string{
		"/debug/queries", "/debug/queries/", "/debug/queries/?q=a", "/debug/queries/requests/" + id.String(), "/debug/queries/requests/0123456789abcdef",
		"/debug/queries/routes", "/debug/queries/statements", "/debug/queries/compare", "/debug/queries/compare?a=" + id.String() + "&b=" + id.String(),
		"/debug/queries/api/requests", "/debug/queries/api/requests/" + id.String(), "/debug/queries/api/running", "/debug/queries/api/routes",
		"/debug/queries/api/statements", "/debug/queries/api/compare?a=" + id.String() + "&b=" + id.String(),
		"/debug/queries/assets/panel.css", "/debug/queries/assets/panel.js", "/debug/queries/assets/icon.svg", "/debug/queries/assets/nothing",
		"/debug/queries/clear", "/debug/queries/explain", "/debug/queries/api/explain", "/debug/queries/prove", "/debug/queries/api/prove", "/debug/queries/events",
	}
}

func mustContain(t testing.TB, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("%q is missing", part)
		}
	}
}
