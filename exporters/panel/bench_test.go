package panel_test

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/exporters/slogbudget"
)

// What a reporter costs a request of so many queries, without a budget and without a
// finding: the usual one.
func BenchmarkRequest(b *testing.B) {
	for _, queries := range []int{3, 50} {
		for _, with := range []struct {
			name      string
			reporters func() []budget.Reporter
		}{
			{"no reporter", func() []budget.Reporter { return nil }},
			{"slogbudget", func() []budget.Reporter {
				return []budget.Reporter{slogbudget.Reporter(slog.New(slog.NewJSONHandler(io.Discard, nil)))}
			}},
			{"panel", func() []budget.Reporter { return []budget.Reporter{panel.New(panel.Options{})} }},
		} {
			b.Run(fmt.Sprintf("%d queries/%s", queries, with.name), func(b *testing.B) {
				s := newShop(b, panel.Options{})
				s.delivery = &budget.Delivery{Reporters: with.reporters()}
				ask := s.usual(queries)
				b.ReportAllocs()
				for b.Loop() {
					ask()
				}
			})
		}
	}
}

// usual returns a function that serves a request of n different statements.
func (s *shop) usual(n int) func() {
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprintf("SELECT a%d FROM t%d WHERE id = $1", i, i))
	}
	return func() {
		u := s.begin(authors)
		for i, text := range texts {
			x, err := u.recorder.Start(budget.Call{Database: s.database, Statement: s.reader.Read(text)})
			if err != nil {
				s.t.Fatal(err)
			}
			x.Open()
			x.Close(int64(i), nil)
		}
		s.delivery.End(u.ctx, u.recorder)
	}
}

var requests = flag.Int("requests", 10_000, "requests of the benchmark of memory")

// The memory of many requests of 50 queries: what is kept takes less than what the options
// say. 100,000 of them take half a minute:
//
//	go test ./exporters/panel -run NONE -bench Memory -benchtime 1x -requests 100000
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		heap := memoryAfter(b, *requests, 50, panel.Options{Requests: 1_000_000})
		b.ReportMetric(float64(heap)/(1<<20), "MB")
	}
}

// What is kept stays under the cap in bytes, whatever comes.
func TestMemory(t *testing.T) {
	const limit = 8 << 20
	if heap := memoryAfter(t, 3_000, 50, panel.Options{Requests: 1_000_000, Bytes: limit}); heap > limit {
		t.Errorf("%d bytes with a cap of %d", heap, limit)
	}
}

// memoryAfter returns the memory that a panel holds after so many requests.
func memoryAfter(t testing.TB, requests, queries int, o panel.Options) int64 {
	s := newShop(t, o)
	ask := s.usual(queries)
	ask() // fills what is shared
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // what finalizers held
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for range requests {
		ask()
	}
	after := heap()
	page := s.get("/debug/queries/api/requests?limit=1")
	mustContain(t, page, `"dropped"`)
	runtime.KeepAlive(s)
	return after - before
}
