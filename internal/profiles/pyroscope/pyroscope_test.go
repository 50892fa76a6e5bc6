package pyroscope_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/grafana/pyroscope/pkg/pprof"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
	"github.com/querybudget/querybudget/statement"
)

// scraped is the profile as Pyroscope gets it: it asks for a difference over a second, and
// meanwhile a route sends a loop of queries, and another one a single query.
func scraped(t *testing.T) []byte {
	t.Helper()
	queries := pprofbudget.New(pprofbudget.Options{Allow: func(*http.Request) bool { return true }})
	d := &budget.Delivery{Reporters: []budget.Reporter{queries}}
	database := budget.NewDatabase(budget.DatabaseOptions{System: "postgresql"})
	reader := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048)
	request := func(pattern string, n int, text string) {
		ctx, r := budget.NewContext(context.Background())
		r.SetRoute(budget.Route{Method: "GET", Pattern: pattern})
		d.Begin(ctx, r)
		for i := range n {
			st := reader.Read(text)
			x, err := r.Start(budget.Call{Database: database, Statement: st, Arguments: statement.Arguments{List: uint64(i + 1), Row: uint64(i + 1)}})
			if err != nil {
				t.Fatal(err)
			}
			x.Open()
			x.Close(2, nil)
		}
		d.End(ctx, r)
	}
	request("/before", 1, "SELECT 1")
	done := make(chan *httptest.ResponseRecorder)
	go func() {
		w := httptest.NewRecorder()
		queries.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/pprof/queries?seconds=1", nil))
		done <- w
	}()
	// Nobody tells when the profile has looked for the first time: something is sent all the
	// time.
	for {
		select {
		case w := <-done:
			if w.Code != http.StatusOK {
				t.Fatalf("%d: %s", w.Code, w.Body)
			}
			return w.Body.Bytes()
		default:
			request("/authors", 6, "SELECT title FROM books WHERE author_id = $1")
			request("/prices", 1, "SELECT price FROM books WHERE id = $1")
			time.Sleep(time.Millisecond)
		}
	}
}

// Pyroscope's parser takes the profile, its normaliser drops nothing of it, and series by
// label are those of the routes.
func TestPyroscopeReads(t *testing.T) {
	p, err := pprof.RawFromBytes(scraped(t))
	if err != nil {
		t.Fatal(err)
	}
	sums := func() (out [4]int64) {
		for _, s := range p.Sample {
			for i, v := range s.Value {
				out[i] += v
			}
		}
		return out
	}
	before, samples := sums(), len(p.Sample)
	p.Normalize()
	if after := sums(); after != before || len(p.Sample) != samples || samples != 2 {
		t.Errorf("%d samples of %v became %d of %v", samples, before, len(p.Sample), after)
	}
	var types []string
	for _, st := range p.SampleType {
		types = append(types, p.StringTable[st.Type]+"/"+p.StringTable[st.Unit])
	}
	if want := []string{"queries/count", "time/nanoseconds", "rows/count", "wasted/count"}; !slices.Equal(types, want) {
		t.Errorf("the types are %v", types)
	}
	routes := map[string][4]int64{}
	for _, g := range pprof.GroupSamplesByLabels(p.Profile) {
		for _, l := range g.Labels {
			if p.StringTable[l.Key] == "route" {
				sum := routes[p.StringTable[l.Str]]
				for _, s := range g.Samples {
					for i, v := range s.Value {
						sum[i] += v
					}
				}
				routes[p.StringTable[l.Str]] = sum
			}
		}
	}
	authors, prices := routes["GET /authors"], routes["GET /prices"]
	if len(routes) != 2 || authors[0] == 0 || authors[0]%6 != 0 || authors[2] != 2*authors[0] || authors[3] != authors[0]/6*5 || prices[3] != 0 || prices[2] != 2*prices[0] {
		t.Errorf("the routes are %v", routes)
	}
}
