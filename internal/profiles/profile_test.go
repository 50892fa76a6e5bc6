package profiles_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/pprof/profile"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
)

func TestSamples(t *testing.T) {
	s := newShop(t, pprofbudget.Options{})
	s.request("/authors", (*unit).loop)
	s.request("/authors", (*unit).loop)
	p := s.written()

	var types []string
	for _, st := range p.SampleType {
		types = append(types, st.Type+"/"+st.Unit)
	}
	if got := strings.Join(types, " "); got != "queries/count time/nanoseconds rows/count wasted/count" || p.DefaultSampleType != "queries" {
		t.Errorf("%s, and %q first", got, p.DefaultSampleType)
	}
	if p.PeriodType == nil || p.PeriodType.Type != "queries" || p.PeriodType.Unit != "count" || p.Period != 1 {
		t.Errorf("each %v is a sample of %+v", p.Period, p.PeriodType)
	}
	for name, want := range map[string]int64{"queries": 14, "rows": 72, "wasted": 10} {
		if got := total(t, p, name); got != want {
			t.Errorf("%d %s, want %d", got, name, want)
		}
	}
	if total(t, p, "time") <= 0 {
		t.Error("no time")
	}
	if len(p.Sample) != 2 {
		t.Fatalf("%d samples: %v", len(p.Sample), p)
	}
	loop := p.Sample[0]
	if loop.Value[0] != 12 {
		loop = p.Sample[1]
	}
	want := []string{
		"SELECT count(*) FROM books WHERE author_id = ? AND price < ?  0",
		"example.com/shop/store.(*Books).List store/books.go 12",
		"example.com/shop.listBooks handlers.go 40",
	}
	for i, l := range loop.Location {
		line := l.Line[0]
		if got := fmt.Sprint(line.Function.Name, " ", line.Function.Filename, " ", line.Line); got != want[i] {
			t.Errorf("frame %d is %q, want %q", i, got, want[i])
		}
		if line.Function.SystemName != "" {
			t.Errorf("pprof would take parentheses out of %q", line.Function.Name)
		}
	}
	labels := map[string]string{"route": "GET /authors", "database": "main", "finding": "n+1", "statement": "SELECT books"}
	for name, value := range labels {
		if got := loop.Label[name]; len(got) != 1 || got[0] != value {
			t.Errorf("label %s is %q, want %q", name, got, value)
		}
	}
	if len(loop.Label) != len(labels) {
		t.Errorf("labels %v", loop.Label)
	}
}

// What a finding would save is counted once, whatever else is found in the group.
func TestWasted(t *testing.T) {
	for _, test := range []struct {
		name    string
		want    int64
		finding string
		serve   func(*unit)
	}{
		{"a read that is repeated", 2, "duplicate", func(u *unit) {
			for range 3 {
				u.read(10, "SELECT name FROM settings WHERE id = $1", 1, 7)
			}
		}},
		{"a loop of writes", 5, "write-loop", func(u *unit) {
			for id := range 6 {
				x := u.begin(10, "UPDATE books SET price = $1 WHERE id = $2", 10, id)
				x.End(1, nil)
			}
		}},
		{"two statements in one loop", 10, "n+1", func(u *unit) {
			u.read(10, "SELECT id FROM authors", 6)
			for id := range 6 {
				u.read(12, "SELECT title FROM books WHERE author_id = $1", 2, id)
				u.read(13, "SELECT year FROM prizes WHERE author_id = $1", 2, id)
			}
		}},
		{"a loop from two lines", 7, "n+1", func(u *unit) {
			u.read(10, "SELECT id FROM authors", 8)
			for id := range 8 {
				line := 12
				if id%3 == 0 {
					line = 14
				}
				u.read(line, "SELECT title FROM books WHERE author_id = $1", 2, id)
			}
		}},
		{"what cannot be saved", 0, "large-result", func(u *unit) { u.read(10, "SELECT id FROM authors", 5000) }},
		{"nothing found", 0, "", func(u *unit) { u.read(10, "SELECT id FROM authors", 5) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShop(t, pprofbudget.Options{})
			s.request("/a", test.serve)
			p := s.written()
			if got := total(t, p, "wasted"); got != test.want {
				t.Errorf("%d queries are wasted, want %d: %v", got, test.want, p)
			}
			has := test.finding == ""
			for _, sample := range p.Sample {
				if f := sample.Label["finding"]; len(f) > 0 && f[0] == test.finding {
					has = true
				} else if len(f) > 0 {
					t.Errorf("finding %q", f)
				}
				if sample.Value[3] > sample.Value[0] {
					t.Errorf("more is wasted than sent: %v", sample.Value)
				}
			}
			if !has {
				t.Errorf("no finding %q: %v", test.finding, p)
			}
		})
	}
}

// What somebody accepted is no waste.
func TestAllowedIsNoWaste(t *testing.T) {
	s := newShop(t, pprofbudget.Options{})
	s.request("/authors", func(u *unit) {
		ctx := budget.Allow(u.ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 20, Reason: "six at most"})
		u.recorder = budget.FromContext(ctx)
		u.loop()
	})
	p := s.written()
	if got := total(t, p, "wasted"); got != 0 || total(t, p, "queries") != 7 {
		t.Errorf("%d are wasted: %v", got, p)
	}
}

// Over the bound, totals are still right.
func TestOther(t *testing.T) {
	s := newShop(t, pprofbudget.Options{Stacks: 3})
	for i := range 10 {
		s.request(fmt.Sprintf("/page/%d", i), func(u *unit) { u.read(i+1, "SELECT id FROM books", 2) })
	}
	p := s.written()
	if len(p.Sample) != 4 || total(t, p, "queries") != 10 || total(t, p, "rows") != 20 {
		t.Fatal(p)
	}
	for _, sample := range p.Sample {
		if name := sample.Location[0].Line[0].Function.Name; name == "(other)" && sample.Value[0] == 7 && len(sample.Label) == 0 {
			return
		}
	}
	t.Errorf("no entry of 7 others: %v", p)
}

// The groups that a report itself has no room for are in it too.
func TestOverflowOfAReport(t *testing.T) {
	s := newShop(t, pprofbudget.Options{})
	const lines = 5000
	s.request("/a", func(u *unit) {
		for i := range lines {
			u.read(i+1, "SELECT id FROM books", 1)
		}
	})
	if got := total(t, s.written(), "queries"); got != lines {
		t.Errorf("%d queries, want %d", got, lines)
	}
}

// What nobody asked for in detail is in the total all the same, and what is reported while
// it runs is not counted twice.
func TestOtherReports(t *testing.T) {
	p := pprofbudget.New(pprofbudget.Options{})
	s := shop{t: t, profile: p}
	p.Report(t.Context(), &budget.Report{Stage: budget.Final, Lean: true, Totals: budget.Totals{Queries: 3, Rows: 5, ExecTime: time.Second}})
	p.Report(t.Context(), &budget.Report{Stage: budget.Running, Lean: true, Totals: budget.Totals{Queries: 30}})
	p.Report(t.Context(), &budget.Report{Stage: budget.Late, Groups: []budget.Group{{Sums: budget.Sums{Queries: 2}}}})
	got := s.written()
	if total(t, got, "queries") != 5 || total(t, got, "rows") != 5 || total(t, got, "time") != int64(time.Second) {
		t.Error(got)
	}
}

// Texts that no reader could take are made printable; the entry is there.
func TestUnreadableBytes(t *testing.T) {
	s := newShop(t, pprofbudget.Options{})
	s.request("/\xff\x00", func(u *unit) { u.read(1, "SELECT \"a\xff\x00b\" FROM t", 1) })
	p := s.written()
	if total(t, p, "queries") != 1 {
		t.Fatal(p)
	}
	for _, sample := range p.Sample {
		for _, text := range append(sample.Label["route"], sample.Location[0].Line[0].Function.Name) {
			if !utf8.ValidString(text) || strings.Contains(text, "\x00") || !strings.Contains(text, `\x00`) {
				t.Errorf("%q", text)
			}
		}
	}
}

// Two long statements with one beginning are two.
func TestLongStatements(t *testing.T) {
	s := newShop(t, pprofbudget.Options{})
	columns := strings.Repeat("é, ", 300)
	s.request("/a", func(u *unit) {
		u.read(1, "SELECT "+columns+"a FROM t", 1)
		u.read(1, "SELECT "+columns+"b FROM t", 1)
	})
	names := map[string]bool{}
	for _, sample := range s.written().Sample {
		name := sample.Location[0].Line[0].Function.Name
		names[name] = true
		if len(name) > 230 || !utf8.ValidString(name) || strings.Contains(name, `\x`) {
			t.Errorf("%q", name)
		}
	}
	if len(names) != 2 {
		t.Errorf("%v", names)
	}
}

// asked is a request as a tool on this machine sends it.
func asked(t testing.TB, target string) *http.Request {
	t.Helper()
	r := httptest.NewRequest("GET", target, nil)
	r.Host, r.RemoteAddr = "localhost:8080", "127.0.0.1:54321"
	var at net.Addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	return r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, at))
}

func get(t testing.TB, p *pprofbudget.Profile, target string) *profile.Profile {
	t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, asked(t, target))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return parse(t, w.Body.Bytes())
}

// ?seconds= has what was added in that time, old entries and new ones.
func TestSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, pprofbudget.Options{Stacks: 2})
		s.request("/old", func(u *unit) { u.read(1, "SELECT id FROM books", 4) })
		s.request("/quiet", func(u *unit) { u.read(1, "SELECT id FROM books", 4) })
		go func() {
			time.Sleep(10 * time.Second)
			s.request("/old", func(u *unit) { u.read(1, "SELECT id FROM books", 3) })
			s.request("/new", func(u *unit) { u.read(1, "SELECT id FROM books", 2) })
			time.Sleep(time.Minute)
			s.request("/old", func(u *unit) { u.read(1, "SELECT id FROM books", 100) })
		}()
		p := get(t, s.profile, "/debug/pprof/queries?seconds=30")
		if total(t, p, "queries") != 2 || total(t, p, "rows") != 5 || len(p.Sample) != 2 {
			t.Error(p)
		}
		if p.DurationNanos != int64(30*time.Second) || p.TimeNanos != time.Now().UnixNano() {
			t.Errorf("%v from %v", time.Duration(p.DurationNanos), p.TimeNanos)
		}
		time.Sleep(2 * time.Minute)
		if p := get(t, s.profile, "/debug/pprof/queries"); total(t, p, "rows") != 113 || p.DurationNanos != int64(150*time.Second) {
			t.Error(p)
		}
	})
}

// Differences are never negative, whatever is reported meanwhile.
func TestDifferencesAreNeverNegative(t *testing.T) {
	s := newShop(t, pprofbudget.Options{Stacks: 20})
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 50 {
				s.request(fmt.Sprintf("/%d/%d", worker, i), func(u *unit) { u.read(i+1, "SELECT id FROM books", 1) })
			}
		})
	}
	before := s.written()
	for range 50 {
		after := s.written()
		before.Scale(-1)
		difference, err := profile.Merge([]*profile.Profile{after, before})
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range difference.Sample {
			for _, v := range sample.Value {
				if v < 0 {
					t.Fatal(difference)
				}
			}
		}
		before = after
	}
	group.Wait()
	if got := total(t, s.written(), "queries"); got != 200 {
		t.Errorf("%d queries", got)
	}
}
