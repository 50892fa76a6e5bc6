package panel_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/exporters/panel"
)

// planner is an SQLite database that takes note of what is sent to it.
type planner struct {
	sent []string
	err  error
	hold chan struct{} // a session waits until it is closed; nil for none
	busy chan struct{} // is closed when one waits
}

func (p *planner) Session(ctx context.Context, use func(func(context.Context, string, ...any) ([]string, [][]any, error)) error) error {
	if p.hold != nil {
		close(p.busy)
		<-p.hold
	}
	if p.err != nil {
		return p.err
	}
	if budget.FromContext(ctx) != nil {
		return errors.New("the plan would count")
	}
	return use(func(_ context.Context, query string, _ ...any) ([]string, [][]any, error) {
		p.sent = append(p.sent, query)
		switch {
		case query == "SELECT sqlite_version()":
			return nil, [][]any{{"3.50.0"}}, nil
		case strings.HasPrefix(query, "EXPLAIN QUERY PLAN"):
			return nil, [][]any{{1, 0, 0, "SCAN books"}}, nil
		case strings.HasPrefix(query, "SELECT 'column'"):
			return nil, [][]any{
				{"column", "id", "INTEGER", 1, "table", "CREATE TABLE books (...)", 0, "books", ""},
				{"column", "author_id", "INTEGER", 0, "table", "CREATE TABLE books (...)", 0, "books", ""},
			}, nil
		}
		return nil, nil, errors.New("no such function")
	})
}

// ofBooks is a request whose text is kept.
func (s *shop) ofBooks(name string) budget.ID {
	bounds := budget.Bounds{Texts: true}
	ctx, r := bounds.NewContext(s.t.Context())
	r.SetRoute(authors)
	s.delivery.Begin(ctx, r)
	d := budget.NewDatabase(budget.DatabaseOptions{Name: name})
	const sql = "SELECT id FROM books WHERE author_id = 7"
	x, err := r.Start(budget.Call{Database: d, Statement: s.reader.Read(sql), Detail: &budget.CallDetail{SQL: sql}})
	if err != nil {
		s.t.Fatal(err)
	}
	x.End(0, nil)
	s.delivery.End(ctx, r)
	return r.Report().ID
}

// explain posts the form of a statement.
func (s *shop) explain(path string, form url.Values, change ...func(*http.Request)) (int, string) {
	s.t.Helper()
	if !form.Has("token") {
		form.Set("token", tokenInPage.FindStringSubmatch(s.get("/debug/queries/"))[1])
	}
	r, err := http.NewRequest("POST", path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := serve(s.panel, asked("POST", path, append([]func(*http.Request){func(to *http.Request) {
		to.Body, to.ContentLength, to.Header = r.Body, r.ContentLength, r.Header
	}}, change...)...))
	return w.Code, w.Body.String()
}

func TestPlan(t *testing.T) {
	db := &planner{}
	s := newShop(t, panel.Options{Planner: db})
	id := s.ofBooks("")
	mustContain(t, s.get("/debug/queries/requests/"+id.String()), `action="../explain"`)
	form := url.Values{"request": {id.String()}, "group": {"0"}, "sql": {"DELETE FROM books"}, "query": {"DELETE FROM books"}}
	status, page := s.explain("/debug/queries/explain", form)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, page)
	}
	mustContain(t, page, "not indexed", "no index begins with author_id", `id="plan"`, "SCAN")
	if strings.Contains(page, "author_id = 7") || strings.Contains(page, "author_id=7") {
		t.Error("a literal shows")
	}
	if all := strings.Join(db.sent, "\n"); strings.Contains(all, "DELETE") || !strings.Contains(all, "EXPLAIN QUERY PLAN SELECT id FROM books") {
		t.Errorf("sent %s", all)
	}
	status, text := s.explain("/debug/queries/api/explain", form)
	if status != http.StatusOK || decode[struct{ Verdict string }](t, text).Verdict != "not indexed" {
		t.Errorf("%d %s", status, text)
	}
}

// A plan is made for the panel's own pages, of statements that it keeps, and of nothing
// else.
func TestPlanIsRefused(t *testing.T) {
	db := &planner{}
	s := newShop(t, panel.Options{Planner: db})
	id := s.ofBooks("")
	good := func() url.Values { return url.Values{"request": {id.String()}, "group": {"0"}} }
	with := func(name, value string) url.Values {
		v := good()
		v.Set(name, value)
		return v
	}
	for _, test := range []struct {
		name   string
		form   url.Values
		change []func(*http.Request)
		want   int
	}{
		{"no token", with("token", ""), nil, 403},
		{"another token", with("token", "x"), nil, 403},
		{"another origin", good(), []func(*http.Request){header("Origin", "http://evil.example")}, 403},
		{"another site", good(), []func(*http.Request){header("Sec-Fetch-Site", "cross-site")}, 403},
		{"a site beside", good(), []func(*http.Request){header("Sec-Fetch-Site", "same-site")}, 403},
		{"rebinding", good(), []func(*http.Request){host("evil.example")}, 403},
		{"no request", with("request", "ffffffffffffffff"), nil, 404},
		{"no id", with("request", "1 OR 1=1"), nil, 404},
		{"no group", with("group", "1"), nil, 404},
		{"a group before the first", with("group", "-1"), nil, 404},
		{"a group that is no number", with("group", "0;DROP"), nil, 404},
	} {
		test.form.Set("finding", test.form.Get("group"))
		for _, what := range []string{"explain", "prove", "api/explain", "api/prove"} {
			if status, body := s.explain("/debug/queries/"+what, test.form, test.change...); status != test.want {
				t.Errorf("%s: %s: %d %s", test.name, what, status, body)
			}
		}
	}
	for _, what := range []string{"explain", "prove"} {
		if w := serve(s.panel, asked("GET", "/debug/queries/"+what+"?request="+id.String()+"&group=0&finding=0")); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", what, w.Code)
		}
	}
	if len(db.sent) != 0 {
		t.Errorf("sent %v", db.sent)
	}
}

// What cannot be planned says why.
func TestNoPlan(t *testing.T) {
	other := &planner{err: errors.New("the database is <away>")}
	s := newShop(t, panel.Options{Planner: &planner{}, Planners: map[string]explain.Planner{"orders": other, "logs": nil}})
	noText := s.request(authors, (*unit).joined)
	for name, test := range map[string]struct {
		id   budget.ID
		want string
	}{
		"a database that is away":       {s.ofBooks("orders"), "the database is &lt;away&gt;"},
		"a database without a planner":  {s.ofBooks("logs"), "panel.Options.Planner"},
		"a text that was not kept":      {noText, "set Texts in the Bounds"},
		"a database of the planner for": {s.ofBooks("all others"), "not indexed"},
	} {
		status, page := s.explain("/debug/queries/explain", url.Values{"request": {test.id.String()}, "group": {"0"}})
		if status != http.StatusOK || !strings.Contains(page, test.want) {
			t.Errorf("%s: %d %s", name, status, page)
		}
	}
	bare := newShop(t, panel.Options{})
	if page := bare.get("/requests/" + bare.ofBooks("").String()); strings.Contains(page, "Explain") {
		t.Error("a button without a planner")
	}
}

// What cannot be proven says why; only a finding with one query for it has the button.
func TestNoProof(t *testing.T) {
	s := newShop(t, panel.Options{Planner: &planner{}})
	id := s.request(authors, (*unit).loop)
	mustContain(t, s.get("/debug/queries/requests/"+id.String()), "Prove the repair", `action="../prove"`)
	status, page := s.explain("/debug/queries/prove", url.Values{"request": {id.String()}, "finding": {"0"}})
	if status != http.StatusOK || !strings.Contains(page, "explain: ") || strings.Contains(page, "the same rows") {
		t.Errorf("%d %s", status, page)
	}
	none := newShop(t, panel.Options{})
	if page := none.get("/requests/" + none.request(authors, (*unit).loop).String()); strings.Contains(page, "Prove") {
		t.Error("a button without a planner")
	}
}

// One plan at a time: a page that asks again and again keeps no connections.
func TestOnePlanAtATime(t *testing.T) {
	db := &planner{hold: make(chan struct{}), busy: make(chan struct{})}
	s := newShop(t, panel.Options{Planner: db})
	form := url.Values{"request": {s.ofBooks("").String()}, "group": {"0"}}
	form.Set("token", tokenInPage.FindStringSubmatch(s.get("/debug/queries/"))[1])
	first := make(chan int)
	go func() {
		status, _ := s.explain("/debug/queries/explain", form)
		first <- status
	}()
	<-db.busy
	if status, _ := s.explain("/debug/queries/explain", form); status != http.StatusTooManyRequests {
		t.Errorf("%d while another one is made", status)
	}
	close(db.hold)
	if status := <-first; status != http.StatusOK {
		t.Errorf("%d", status)
	}
}
