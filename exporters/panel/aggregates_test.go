package panel_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
)

func decode[T any](t *testing.T, text string) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRoutes(t *testing.T) {
	s := newShop(t, panel.Options{})
	for i := range 4 {
		s.request(authors, func(u *unit) {
			u.recorder.SetBudget(budget.Budget{Queries: 3})
			if i < 3 {
				u.joined()
			} else {
				u.loop()
			}
		})
	}
	s.request(budget.Route{Method: "GET", Pattern: "/books"}, (*unit).joined)
	got := decode[struct {
		Routes []struct {
			Name     string
			Requests int
			Queries  struct{ P50, P95, Max int64 }
			Over     int
			Share    float64 `json:"over_share"`
			Latest   []int64 `json:"latest_queries"`
			Worst    struct{ Queries int64 }
			Findings []struct{ Kind string }
		}
	}](t, s.get("/api/routes"))
	if len(got.Routes) != 2 {
		t.Fatalf("%+v", got)
	}
	r := got.Routes[0] // the one that is over its budget comes first
	if r.Name != "GET /authors" || r.Requests != 4 || r.Queries.P50 != 1 || r.Queries.P95 != 7 || r.Queries.Max != 7 || r.Over != 1 || r.Share != 0.25 ||
		!slices.Equal(r.Latest, []int64{1, 1, 1, 7}) || len(r.Findings) != 1 || r.Findings[0].Kind != "n+1" {
		t.Errorf("%+v", r)
	}
	mustContain(t, s.get("/routes"), "25% <small>1 of 4</small>", "queries of the latest 4 requests: 1 at least, 7 at most", `class="limit"`)
}

// Requests with too few rows to show a loop show it together.
func TestLoopsTogether(t *testing.T) {
	s := newShop(t, panel.Options{})
	few := func(rows int) func(*unit) {
		return func(u *unit) {
			u.read(10, "SELECT id, name FROM authors", int64(rows))
			for id := range rows {
				u.read(12, "SELECT title FROM books WHERE author_id = $1", 5, id+1)
			}
		}
	}
	for _, rows := range []int{1, 0, 2} {
		s.request(authors, few(rows))
	}
	type loop struct {
		Summary  string
		Each     int64
		Site     budgetFrame `json:"call_site"`
		Parent   budgetFrame `json:"parent_call_site"`
		Numbers  []int64
		Requests int64
	}
	routes := func() []loop {
		return decode[struct{ Routes []struct{ Loops []loop } }](t, s.get("/api/routes")).Routes[0].Loops
	}
	got := routes()
	if len(got) != 1 || got[0].Summary != "SELECT books" || got[0].Each != 1 || got[0].Site.Line != 12 || got[0].Parent.Line != 10 ||
		!slices.Equal(got[0].Numbers, []int64{0, 1, 2}) || got[0].Requests != 2 {
		t.Errorf("%+v", got)
	}
	mustContain(t, s.get("/routes"), `<span class="site" title="example.com/shop/store.(*Books).List">store/books.go:12</span>: 1 for each row of`, "2 requests: 0, 1, 2")
	s.request(authors, (*unit).loop)
	if got := routes(); len(got) > 0 {
		t.Errorf("%+v, which one request shows alone", got)
	}
}

type budgetFrame struct {
	File string
	Line int
}

func TestStatements(t *testing.T) {
	s := newShop(t, panel.Options{})
	s.request(authors, (*unit).loop)
	s.request(budget.Route{Method: "GET", Pattern: "/books"}, (*unit).loop)
	s.request(authors, (*unit).joined)
	type line struct {
		Summary  string
		Calls    int64
		Rows     int64
		Requests int
		Routes   []string
		Share    float64
	}
	got := decode[struct{ Statements []line }](t, s.get("/api/statements?sort=calls"))
	if len(got.Statements) != 3 {
		t.Fatalf("%+v", got)
	}
	if l := got.Statements[0]; l.Summary != "SELECT books" || l.Calls != 12 || l.Rows != 60 || l.Requests != 2 || !slices.Equal(l.Routes, []string{"GET /authors", "GET /books"}) {
		t.Errorf("%+v", l)
	}
	sum := 0.0
	for _, l := range got.Statements {
		sum += l.Share
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("shares add up to %v", sum)
	}
	mustContain(t, s.get("/statements?sort=calls"), `aria-current="true">calls`, "2 routes")
}

type cached struct {
	Summary  string
	Calls    int64
	Requests int
	Distinct int `json:"distinct_arguments"`
	Writes   int64
	Answered int64
	Share    float64
}

func (s *shop) cached() []cached {
	s.t.Helper()
	var out struct {
		Caching struct{ Reads []cached } `json:"worth_caching"`
	}
	if err := json.Unmarshal([]byte(s.get("/api/statements")), &out); err != nil {
		s.t.Fatal(err)
	}
	return out.Caching.Reads
}

const readSettings = "SELECT value FROM settings WHERE name = $1"

// A read that asks the same over many requests is worth a cache, as long as its table is
// rarely written to.
func TestReadsWorthCaching(t *testing.T) {
	s := newShop(t, panel.Options{})
	for i := range 20 {
		s.request(authors, func(u *unit) {
			u.read(50, readSettings, 1, fmt.Sprint("theme", i%2))
			u.read(51, "SELECT name FROM users WHERE id = $1", 1, i) // another one each time
			u.read(52, "SELECT now()", 1)                            // never the same
			if i == 9 {
				u.write(53, "UPDATE settings SET value = $1", "dark")
			}
			u.write(54, "INSERT INTO log (line) VALUES ($1)", i) // another table
		})
	}
	got := s.cached()
	want := cached{Summary: "SELECT settings", Calls: 20, Requests: 20, Distinct: 2, Writes: 1, Answered: 16, Share: 0.8}
	if len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	mustContain(t, s.get("/statements"), "<b>80%</b>", "is not seen here")
}

// A table that is written to each time, a statement that nobody can read, and one request
// that repeats itself leave nothing to a cache.
func TestReadsNotWorthCaching(t *testing.T) {
	for name, request := range map[string]func(*unit, int){
		"written to each time": func(u *unit, i int) {
			u.read(50, readSettings, 1, "theme")
			u.write(53, "UPDATE settings SET value = $1", i)
		},
		"by who knows what": func(u *unit, _ int) {
			u.read(50, readSettings, 1, "theme")
			u.write(53, "SELECT change_everything()")
		},
		"in one request": func(u *unit, i int) {
			for range 20 * max(1-i, 0) {
				u.read(50, readSettings, 1, "theme")
			}
		},
		"under a lock": func(u *unit, _ int) { u.read(50, readSettings+" FOR UPDATE", 1, "theme") },
	} {
		s := newShop(t, panel.Options{})
		for i := range 20 {
			s.request(authors, func(u *unit) { request(u, i) })
		}
		if got := s.cached(); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A report that was saved before a restart can be handed in, and compared.
func TestSavedReport(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, (*unit).loop)
	saved := decode[struct{ Report budget.Report }](t, s.get("/api/requests/"+id.String())).Report
	after := newShop(t, panel.Options{})
	after.panel.Report(t.Context(), &saved)
	now := after.request(authors, (*unit).joined)
	mustContain(t, after.get("/compare?a="+id.String()+"&b="+now.String()), "6 → <b>0</b>", "n&#43;1 is gone")
	mustContain(t, after.get("/requests/"+id.String()), "store/books.go:12", "handlers.go:40")
}

// A repair shows as what is new, gone, fewer and more, although its lines moved.
func TestCompare(t *testing.T) {
	s := newShop(t, panel.Options{})
	shared := "SELECT id FROM sessions WHERE id = $1"
	before := s.request(authors, func(u *unit) {
		u.read(5, shared, 1, 7)
		u.loop()
		for range 3 {
			u.read(60, "SELECT count(*) FROM books", 1)
		}
	})
	after := s.request(authors, func(u *unit) {
		u.read(9, shared, 1, 7) // four lines further down
		u.joined()
		u.read(61, "SELECT count(*) FROM books", 1)
		u.read(66, "SELECT id, name FROM authors", 6)
		u.read(66, "SELECT id, name FROM authors", 6)
	})
	path := "compare?a=" + before.String() + "&b=" + after.String()
	got := decode[struct {
		Changes []struct {
			What, Shape   string
			Before, After struct{ Queries int64 }
		}
		Same   int
		Gone   []string `json:"findings_gone"`
		Totals []struct {
			Name          string
			Before, After int64
		}
	}](t, s.get("/api/"+path))
	what := map[string]string{}
	for _, c := range got.Changes {
		what[c.Shape] = fmt.Sprint(c.What, " ", c.Before.Queries, " ", c.After.Queries)
	}
	for shape, want := range map[string]string{
		"SELECT title FROM books WHERE author_id = ?": "gone 6 0", "SELECT count(*) FROM books": "fewer 3 1", "SELECT id, name FROM authors": "more 1 2",
		"SELECT id FROM sessions WHERE id = ?": "same 1 1", "SELECT a.name, b.title FROM authors a JOIN books b ON b.author_id = a.id": "new 0 1",
	} {
		if what[shape] != want {
			t.Errorf("%s: %q, want %q", shape, what[shape], want)
		}
	}
	if got.Changes[0].What != "gone" || got.Same != 1 || !slices.Contains(got.Gone, "n+1") || got.Totals[0].Before != 11 || got.Totals[0].After != 5 {
		t.Errorf("%+v", got)
	}
	mustContain(t, s.get("/"+path), "n&#43;1 is gone", "6 → <b>0</b>", "store/books.go:9")
	mustContain(t, s.get("/compare"), "Choose two requests")
}
