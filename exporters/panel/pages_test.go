package panel_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/statement"
)

// Wherever the panel is mounted, every link of every page leads to a page.
func TestMounts(t *testing.T) {
	for name, mount := range map[string]func(*panel.Panel) (http.Handler, string){
		"ServeMux": func(p *panel.Panel) (http.Handler, string) {
			mux := http.NewServeMux()
			mux.Handle("/debug/queries/", p)
			return mux, "/debug/queries/"
		},
		"StripPrefix": func(p *panel.Panel) (http.Handler, string) {
			return http.StripPrefix("/debug/queries", p), "/debug/queries/"
		},
		"StripPrefix, without a slash": func(p *panel.Panel) (http.Handler, string) {
			return http.StripPrefix("/debug/queries", p), "/debug/queries"
		},
		"chi": func(p *panel.Panel) (http.Handler, string) {
			r := chi.NewRouter()
			r.Mount("/debug/queries", p)
			return r, "/debug/queries"
		},
		"chi in chi": func(p *panel.Panel) (http.Handler, string) {
			inner, outer := chi.NewRouter(), chi.NewRouter()
			inner.Mount("/queries", p)
			outer.Mount("/debug", inner)
			return outer, "/debug/queries"
		},
		"the root":        func(p *panel.Panel) (http.Handler, string) { return p, "/" },
		"below api":       func(p *panel.Panel) (http.Handler, string) { return p, "/api/panel/" },
		"called requests": func(p *panel.Panel) (http.Handler, string) { return p, "/requests" },
		"with spaces and colons": func(p *panel.Panel) (http.Handler, string) {
			return p, "/my%20tools/a:b"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, panel.Options{})
			for range 3 {
				s.request(authors, (*unit).loop)
			}
			h, at := mount(s.panel)
			crawl(t, h, at)
		})
	}
}

var link = regexp.MustCompile(`(?:href|src|action)="([^"#][^"]*)"`)

// crawl follows links until there are no new ones.
func crawl(t *testing.T, h http.Handler, at string) {
	t.Helper()
	seen, kinds := map[string]bool{}, map[string]int{}
	for todo := []string{at}; len(todo) > 0; {
		path := todo[0]
		todo = todo[1:]
		if seen[path] || len(seen) > 300 {
			continue
		}
		seen[path] = true
		w := serve(h, asked("GET", path))
		if strings.HasSuffix(path, "/clear") && w.Code == http.StatusMethodNotAllowed {
			kinds["clear"]++
			continue
		}
		from, err := url.Parse("http://localhost:8080" + path)
		if err != nil {
			t.Fatal(err)
		}
		if w.Code == http.StatusSeeOther {
			todo = append(todo, resolve(t, from, w.Header().Get("Location")))
			continue
		}
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
			continue
		}
		kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		kinds[kind]++
		if kind == "text/html" {
			for _, m := range link.FindAllStringSubmatch(w.Body.String(), -1) {
				todo = append(todo, resolve(t, from, html.UnescapeString(m[1])))
			}
		}
	}
	for kind, least := range map[string]int{"text/html": 8, "text/css": 1, "text/javascript": 1, "image/svg+xml": 1, "application/json": 3, "clear": 1} {
		if kinds[kind] < least {
			t.Errorf("%d of %s among %d", kinds[kind], kind, len(seen))
		}
	}
}

func resolve(t *testing.T, from *url.URL, to string) string {
	t.Helper()
	u, err := from.Parse(to)
	if err != nil || u.Host != from.Host {
		t.Fatalf("%s leads to %q: %v", from, to, err)
	}
	return u.RequestURI()
}

// Paths that lead nowhere show nothing, and lead to no other host.
func TestPathTricks(t *testing.T) {
	s := newShop(t, panel.Options{})
	s.request(authors, (*unit).loop)
	for path, want := range map[string]int{
		"/q/assets/../../../etc/passwd":           303,
		"/q/assets/..%2f..%2fpanel.go":            303,
		"/q/assets/panel.css%00.js":               404,
		"/q/requests/ffffffffffffffff":            404,
		"/q/api/requests/ffffffffffffffff":        404,
		"/q/compare?a=ffffffffffffffff":           404,
		"/q/api/compare?a=ffffffffffffffff&b=%00": 404,
	} {
		if w := serve(s.panel, asked("GET", path)); w.Code != want || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"//evil.example", "/\\evil.example", "/q/javascript:alert(1)", "/q/%0d%0aSet-Cookie:%20a=b", "/q/..%2f..%2fevil"} {
		w := serve(s.panel, asked("GET", "/q", func(r *http.Request) { r.RequestURI, r.URL.Path = path, path }))
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "./") || strings.ContainsAny(to, "\r\n\\") || strings.Contains(to[2:len(to)-1], "/") {
			t.Errorf("%s: %d to %q", path, w.Code, to)
		}
	}
}

// hostile is markup in every place where markup may end: text, attributes, URLs, scripts,
// comments; with bytes that are no UTF-8, with NUL, and with marks that turn the text.
const hostile = "'\"></script><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`${1}`--><!--javascript:alert(1)\xff\x00\x1b[31m\u202e\r\nSet-Cookie: a=b"

// plain is the same without anything that could matter.
const plain = "plain"

// report is a report with s in every field that is text.
func report(t *testing.T, s string) *budget.Report {
	t.Helper()
	d := budget.NewDatabase(budget.DatabaseOptions{Name: s, System: s})
	h := statement.NewHasher()
	st := &statement.Statement{Shape: "SELECT " + s, Summary: s, Fingerprint: 7, Kind: statement.Read, Verb: s, Tables: []string{s}, Keys: []string{s}, Repeatable: true}
	stack := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: s, File: s, Line: 3}, Outer: []callsite.Frame{{Function: s, File: s, Line: 4}}, Library: true})
	ctx, r := budget.NewContext(t.Context())
	r.SetRoute(budget.Route{Method: s, Pattern: s})
	r.SetBudget(budget.Budget{Queries: 1, Repeats: 1})
	_, scope := budget.With(ctx, s, budget.Budget{Queries: 1})
	allowed := scope.Allow(budget.Allowance{Kind: budget.SelectStar, Max: 3, Reason: s})
	for i := range 7 {
		var a statement.Arguments
		a.Add(st, h, i%5)
		a.End(st)
		x, err := allowed.Start(budget.Call{Database: d, Statement: st, Stack: stack, Arguments: a, Detail: &budget.CallDetail{SQL: s, Values: []any{s, []byte(s), i}}})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(2, nil)
	}
	r.Called(s, r.Clock(), nil)
	rep := r.Report()
	rep.Stage, rep.Duration = budget.Final, time.Second
	for i := range rep.Queries { // times decide what is drawn
		q := &rep.Queries[i]
		q.Start, q.Exec, q.Fetch = time.Duration(i+1)*100*time.Millisecond, 50*time.Millisecond, 10*time.Millisecond
	}
	if len(rep.Findings) == 0 || len(rep.Groups) == 0 || len(rep.Scopes) == 0 {
		t.Fatalf("a report without findings, groups or scopes: %+v", rep)
	}
	site := rep.Findings[0]
	for i := range rep.Findings {
		f := &rep.Findings[i]
		*f = site
		f.Kind, f.Confidence, f.Proof, f.Note, f.Repair = budget.FindingKind(s), budget.Confidence(s), s, s, s
		f.Allowed = &budget.Allowance{Reason: s}
		f.Parent = &budget.Related{Shape: s, Summary: s, Why: s}
		f.Also = []budget.Related{{Shape: s, Summary: s, Why: s}}
		f.Reads = &budget.Finding{Kind: budget.FindingKind(s), Shape: s, Summary: s, Repair: s}
	}
	again := site // one that can be copied as a test
	again.Allowed, again.Kind = nil, budget.NPlusOne
	rep.Findings = append(rep.Findings, again)
	rep.Lost = []budget.Lost{{Statement: st, Database: s, System: s, Count: 1}}
	for i := range rep.Queries {
		rep.Queries[i].Failed, rep.Queries[i].Transaction = s, 1
	}
	rep.Scopes[0].Route = budget.Route{Method: s, Pattern: s}
	return rep
}

var (
	tags       = regexp.MustCompile(`<!--|<!|</?[a-zA-Z][^\s>/]*`)
	marked     = regexp.MustCompile(`<span class="[kslc]">([^<]*)</span>`) // words of SQL
	values     = regexp.MustCompile(`\svalue="[^"]*"`)                     // what a form sends back as it was
	whole      = regexp.MustCompile(`<[a-zA-Z][^\s>/]*((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)+)\s*/?>`)
	attributes = regexp.MustCompile(`\s+([a-zA-Z:-]+)(?:="[^"]*")?`)
)

// structure is what a page consists of, without its texts: its tags, and the names of
// their attributes.
func structure(page string) string {
	page = marked.ReplaceAllString(page, "$1")
	out := tags.FindAllString(page, -1)
	names := map[string]int{}
	for _, tag := range whole.FindAllStringSubmatch(page, -1) {
		for _, m := range attributes.FindAllStringSubmatch(tag[1], -1) {
			names[m[1]]++
		}
	}
	keys, err := json.Marshal(names)
	if err != nil {
		panic(err)
	}
	return strings.Join(out, " ") + string(keys)
}

// No name, however hostile, becomes markup: with it a page has the same tags and
// attributes as with a plain one.
func TestHostileNames(t *testing.T) {
	show := func(s string) map[string]string {
		p := panel.New(panel.Options{})
		one, other := report(t, s), report(t, s)
		late := *report(t, s)
		late.ID, late.Stage = one.ID, budget.Late
		for _, r := range []*budget.Report{one, other, &late} {
			p.Report(t.Context(), r)
		}
		_, running := budget.NewContext(t.Context())
		running.SetName(s)
		p.Watch(func() []*budget.Recorder { return []*budget.Recorder{running} })
		q := url.QueryEscape(s)
		out := map[string]string{}
		for name, path := range map[string]string{
			"list": "", "request": "requests/" + one.ID.String(), "routes": "routes", "statements": "statements", "running": "requests/" + running.Report().ID.String(),
			"compare": "compare?a=" + one.ID.String() + "&b=" + other.ID.String(), "filtered": "?q=" + q + "&route=" + q + "&verdict=" + q + "&finding=" + q + "&sort=" + q + "&min=" + q,
			"not found": "requests/" + url.PathEscape(s), "api list": "api/requests", "api request": "api/requests/" + one.ID.String(), "api routes": "api/routes", "api statements": "api/statements",
			"api compare": "api/compare?a=" + one.ID.String() + "&b=" + other.ID.String(),
		} {
			w := serve(p, asked("GET", "/debug/queries/"+path))
			if w.Code != http.StatusOK && name != "not found" {
				t.Fatalf("%s: %d %s", name, w.Code, w.Body)
			}
			for header, values := range w.Header() {
				if strings.ContainsAny(strings.Join(values, ""), "\r\n") || header == "Set-Cookie" {
					t.Errorf("%s: header %s: %q", name, header, values)
				}
			}
			out[name] = values.ReplaceAllString(w.Body.String(), "")
		}
		return out
	}
	bad, good := show(hostile), show(plain)
	for name, page := range bad {
		if !utf8.ValidString(page) || strings.ContainsAny(page, "\x00\x1b") {
			t.Errorf("%s: bytes that are no text", name)
		}
		if strings.HasPrefix(name, "api ") {
			if !json.Valid([]byte(page)) || strings.ContainsAny(page, "<>") {
				t.Errorf("%s: no JSON, or markup in it", name)
			}
			continue
		}
		if strings.Contains(page, "\u202e") {
			t.Errorf("%s: text that turns", name)
		}
		if name == "not found" {
			continue // it leads back to the list
		}
		if got, want := structure(page), structure(good[name]); got != want && name != "filtered" {
			t.Errorf("%s: other markup\n%s\n%s", name, got, want)
		}
		if strings.Contains(page, "<img") || strings.Contains(page, "<script>") || strings.Count(page, "<script") != 1 || strings.Contains(page, `href="javascript`) {
			t.Errorf("%s: %s", name, page)
		}
	}
}

// A statement of 500 KB is cut, and so are the values beside it.
func TestLargeStatement(t *testing.T) {
	s := newShop(t, panel.Options{})
	large := "SELECT a FROM b WHERE c IN (" + strings.Repeat("'12345678', ", 40_000) + "'x')"
	id := s.request(authors, func(u *unit) {
		x, err := u.recorder.Start(budget.Call{Database: u.database, Statement: &statement.Statement{Shape: large, Summary: "SELECT b", Kind: statement.Read},
			Detail: &budget.CallDetail{SQL: large, Values: []any{large, []byte(large)}}})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(1, nil)
	})
	for _, path := range []string{"/", "/requests/" + id.String(), "/statements", "/routes", "/compare?a=" + id.String() + "&b=" + id.String()} {
		if page := s.get(path); len(page) > 120_000 {
			t.Errorf("%s: %d bytes", path, len(page))
		}
	}
	mustContain(t, s.get("/requests/"+id.String()), "KB more")
}

// The list is filtered and sorted by what its URL says.
func TestList(t *testing.T) {
	s := newShop(t, panel.Options{})
	loop := s.request(authors, (*unit).loop)
	joined := s.request(budget.Route{Method: "GET", Pattern: "/books"}, (*unit).joined)
	over := s.request(budget.Route{Method: "POST", Pattern: "/orders"}, func(u *unit) {
		u.recorder.SetBudget(budget.Budget{Writes: 1})
		u.write(30, "INSERT INTO orders (id) VALUES ($1)", 1)
		u.write(31, "INSERT INTO lines (id) VALUES ($1)", 1)
	})
	within := s.request(budget.Route{Method: "GET", Pattern: "/within"}, func(u *unit) {
		u.recorder.SetBudget(budget.Budget{Queries: 5})
		u.joined()
	})
	for query, want := range map[string][]budget.ID{
		"":                       {within, over, joined, loop},
		"route=GET+%2Fauthors":   {loop},
		"verdict=exceeded":       {over},
		"verdict=within":         {within},
		"verdict=none":           {joined, loop},
		"finding=n%2B1":          {loop},
		"finding=any":            {loop},
		"min=2":                  {over, loop},
		"q=BOOKS.GO":             {within, over, joined, loop},
		"q=author_id+%3D+%3F":    {loop},
		"q=/orders":              {over},
		"q=handlers.go":          {within, over, joined, loop},
		"q=" + over.String():     {over},
		"q=nothing":              {},
		"sort=queries":           {loop, over, within, joined},
		"sort=rows&limit=2":      {loop, within},
		"verdict=x&sort=y&min=-": {within, over, joined, loop},
	} {
		var got struct {
			Requests []struct{ ID budget.ID }
		}
		if err := json.Unmarshal([]byte(s.get("/api/requests?"+query)), &got); err != nil {
			t.Fatal(err)
		}
		ids := []budget.ID{}
		for _, r := range got.Requests {
			ids = append(ids, r.ID)
		}
		if !reflect.DeepEqual(ids, want) {
			t.Errorf("%s: %v, want %v", query, ids, want)
		}
	}
	page := s.get("/?q=nothing")
	mustContain(t, page, "No request matches", "4 are kept")
}

// Empty pages say what to do.
func TestEmpty(t *testing.T) {
	s := newShop(t, panel.Options{})
	mustContain(t, s.get("/"), "No request yet", "middleware.Track")
	mustContain(t, s.get("/routes"), "No route yet")
	mustContain(t, s.get("/statements"), "No statement yet", "sqlwrap.Open")
	mustContain(t, s.get("/compare"), "Nothing to compare yet")
	id := s.request(authors, func(*unit) {})
	mustContain(t, s.get("/requests/"+id.String()), "No query", "sqlwrap.Open", "r.Context()")
}

// A request has its budget, findings with their evidence, statements and timeline.
func TestRequest(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, func(u *unit) {
		u.recorder.SetBudget(budget.Budget{Queries: 3, Time: time.Hour})
		u.loop()
	})
	page := s.get("/requests/" + id.String())
	mustContain(t, page,
		"<b>7</b> of 3", "n&#43;1", "6×", "for the 6 rows of", "store/books.go:12", "store.(*Books).List", "handlers.go:40",
		"author_id = ANY($1)", `id="q7"`, `href="#q7"`, `<span class="k">SELECT</span>`, "queries 2 to 7", "different arguments each time",
		"budgettest.Want{Budget: budget.Budget{NPlusOne: budget.None}}", "budget.Allowance{Kind: budget.NPlusOne, Max: 6")
	if strings.Count(page, `class="exec"`) != 7 {
		t.Errorf("%d bars", strings.Count(page, `class="exec"`))
	}
	var api struct {
		Queries int64
		Report  budget.Report
	}
	if err := json.Unmarshal([]byte(s.get("/api/requests/"+id.String())), &api); err != nil || api.Queries != 7 || len(api.Report.Queries) != 7 || api.Report.ID != id {
		t.Errorf("%v: %+v", err, api)
	}
}

// A loop that reads and writes is one finding, with a repair for both, and in the list it is of both kinds.
func TestLoopThatReadsAndWrites(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, func(u *unit) {
		for i := range 6 {
			u.read(12, "SELECT title FROM books WHERE author_id = $1", 1, i+1)
			u.read(14, "UPDATE authors SET best = $1 WHERE id = $2", 0, "title", i+1)
		}
	})
	page := s.get("/requests/" + id.String())
	mustContain(t, page, "Findings <small>1</small>", "write-loop", "instead of</span> 6× <code>SELECT books</code>",
		"budget.Allowance{Kind: budget.WriteLoop, Max: 6", "budget.Allowance{Kind: budget.NPlusOne, Max: 6")
	if list := s.get("/?finding=n%2B1"); !strings.Contains(list, id.String()) {
		t.Error("who looks for an n+1 does not find it")
	}
}

// Jobs stand in the list too, and can be copied as tests of their own kind.
func TestJob(t *testing.T) {
	s := newShop(t, panel.Options{})
	u := s.begin(budget.Route{})
	u.recorder.SetName("nightly report")
	u.loop()
	id := u.end()
	mustContain(t, s.get("/"), "JOB", "nightly report")
	mustContain(t, s.get("/requests/"+id.String()), "func TestNightlyReport", "budgettest.Run(t, want")
}

// What a handle keeps of arguments is shown where it does, and is in no JSON.
func TestValues(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, func(u *unit) {
		x, err := u.recorder.Start(budget.Call{Database: u.database, Statement: u.reader.Read("SELECT 1 FROM users WHERE mail = 'literal@x'"),
			Detail: &budget.CallDetail{SQL: "SELECT 1 FROM users WHERE mail = 'literal@x' AND id = $1", Values: []any{"o'hara@x", nil, 7, struct{ a int }{3}}}})
		if err != nil {
			t.Fatal(err)
		}
		x.End(0, nil)
	})
	page := s.get("/requests/" + id.String())
	mustContain(t, page, "literal@x", "-- 1: &#39;o&#39;&#39;hara@x&#39;", "-- 2: NULL", "-- 3: 7", "-- 4: (struct { a int })")
	for _, path := range []string{"/api/requests/" + id.String(), "/api/statements", "/api/requests", "/api/compare?a=" + id.String() + "&b=" + id.String()} {
		if body := s.get(path); strings.Contains(body, "hara@x") || strings.Contains(body, "literal@x") {
			t.Errorf("%s has a value", path)
		}
	}
}

// A report that is not kept any more is a page that says so.
func TestNotKept(t *testing.T) {
	s := newShop(t, panel.Options{Requests: 1})
	id := s.request(authors, (*unit).loop)
	s.request(authors, (*unit).loop)
	w := httptest.NewRecorder()
	s.panel.ServeHTTP(w, asked("GET", "/q/requests/"+id.String()))
	mustContain(t, w.Body.String(), "not kept any more")
	mustContain(t, s.get("/"), "<b>1</b> older ones dropped")
}

// A budget that is not valid is said in the list and on the page of the request, for a
// scope too.
func TestInvalidBudget(t *testing.T) {
	s := newShop(t, panel.Options{})
	own := s.request(authors, func(u *unit) { u.recorder.SetBudget(budget.Budget{Queries: -5}); u.joined() })
	scope := s.request(authors, func(u *unit) {
		_, part := budget.With(u.ctx, "part", budget.Budget{Rows: -7})
		_ = part.Report()
	})
	mustContain(t, s.get("/debug/queries/"), "budget not valid", "the limit of queries is -5", "part: budget: the limit of rows is -7")
	mustContain(t, s.get("/debug/queries/requests/"+own.String()), "It is not valid: budget: the limit of queries is -5")
	mustContain(t, s.get("/debug/queries/requests/"+scope.String()), "It is not valid: part: budget: the limit of rows is -7")
}
