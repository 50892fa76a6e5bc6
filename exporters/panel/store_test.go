package panel

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// reportOf is a report with n queries.
func reportOf(id budget.ID, n int) *budget.Report {
	st := &statement.Statement{Shape: "SELECT title FROM books WHERE author_id = ?", Summary: "SELECT books", Kind: statement.Read}
	r := &budget.Report{ID: id, Stage: budget.Final, Name: "GET /books", Groups: make([]budget.Group, 1), Queries: make([]budget.Query, n)}
	r.Groups[0].Statement = st
	for i := range r.Queries {
		r.Queries[i] = budget.Query{Statement: st, Position: int64(i + 1)}
	}
	return r
}

func ids(entries []*entry) (out []budget.ID) {
	for _, e := range entries {
		out = append(out, e.report.ID)
	}
	return out
}

func TestStoreKeepsTheLatest(t *testing.T) {
	s := store{requests: 3, bytes: 1 << 20}
	for id := range budget.ID(5) {
		s.add(reportOf(id+1, 2))
	}
	kept, about := s.all()
	if got, want := ids(kept), []budget.ID{5, 4, 3}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	if about.Seen != 5 || about.Dropped != 2 || about.Kept != 3 || about.Bytes <= 0 {
		t.Errorf("%+v", about)
	}
	if s.find(1) != nil || s.find(4) == nil {
		t.Error("found what is dropped, or not what is kept")
	}
	s.clear()
	if kept, about := s.all(); len(kept) != 0 || about.Seen != 0 || about.Bytes != 0 {
		t.Errorf("after clear: %d, %+v", len(kept), about)
	}
}

// Bytes bound what is kept too, and one report that is larger than all the room does not
// push the others out.
func TestStoreIsBoundedInBytes(t *testing.T) {
	size := sizeOf(reportOf(1, 50))
	s := store{requests: 1000, bytes: 4*size + size/2}
	for id := range budget.ID(10) {
		s.add(reportOf(id+1, 50))
	}
	s.add(reportOf(99, 5000))
	kept, about := s.all()
	if got, want := ids(kept), []budget.ID{10, 9, 8, 7}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	if about.Bytes > about.MaxBytes || about.TooLarge != 1 || about.Dropped != 6 {
		t.Errorf("%+v", about)
	}
}

// A late report is part of its unit, and bounded too.
func TestStoreAddsLateReports(t *testing.T) {
	s := store{requests: 10, bytes: 1 << 20}
	s.add(reportOf(1, 2))
	s.add(reportOf(2, 2))
	before := s.find(1)
	for range maxLate + 3 {
		late := reportOf(1, 1)
		late.Stage, late.Totals.Queries = budget.Late, 1
		s.add(late)
	}
	e := s.find(1)
	if len(e.late) != maxLate || len(before.late) != 0 || e.summarize().Late != maxLate {
		t.Errorf("%d late, %d before, %d queries", len(e.late), len(before.late), e.summarize().Late)
	}
	if _, about := s.all(); about.Seen != 2 || about.TooLarge != 3 {
		t.Errorf("%+v", about)
	}
	alone := reportOf(7, 1)
	alone.Stage = budget.Late
	if s.add(alone); s.find(7) == nil {
		t.Error("late work of a unit that is dropped is lost")
	}
}

// The estimate is no less than what reports take.
func TestSizeIsNoUnderstatement(t *testing.T) {
	const n = 300
	reports := make([]*budget.Report, 0, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var estimate int64
	for i := range n {
		r := reportOf(budget.ID(i), 100)
		for j := range r.Queries { // each text has literals of its own, and is kept as sent
			r.Queries[j].Statement = &statement.Statement{Shape: fmt.Sprintf("SELECT %0200d", j), Tables: []string{fmt.Sprint("t", j)}}
			r.Queries[j].SQL, r.Queries[j].Values = fmt.Sprintf("SELECT %0500d", j), []any{fmt.Sprintf("%0300d", j)}
		}
		estimate += sizeOf(r)
		reports = append(reports, r)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if took := int64(after.HeapAlloc) - int64(before.HeapAlloc); took > estimate {
		t.Errorf("%d bytes, estimated %d", took, estimate)
	}
	runtime.KeepAlive(reports)
}

// Each text of a report counts: none can make it larger than its estimate.
func TestSizeCountsTexts(t *testing.T) {
	const n = 100_000
	long := strings.Repeat("x", n)
	st := &statement.Statement{Shape: long}
	for name, set := range map[string]func(*budget.Report){
		"name":             func(r *budget.Report) { r.Name = long },
		"pattern":          func(r *budget.Report) { r.Route.Pattern = long },
		"method":           func(r *budget.Report) { r.Route.Method = long },
		"shape":            func(r *budget.Report) { r.Groups[0].Statement = st },
		"summary":          func(r *budget.Report) { r.Groups[0].Statement = &statement.Statement{Summary: long} },
		"table":            func(r *budget.Report) { r.Groups[0].Statement = &statement.Statement{Tables: []string{long}} },
		"key":              func(r *budget.Report) { r.Groups[0].Statement = &statement.Statement{Keys: []string{long}} },
		"column":           func(r *budget.Report) { r.Groups[0].Statement = &statement.Statement{Sets: []string{long}} },
		"database":         func(r *budget.Report) { r.Groups[0].Database = long },
		"text of a group":  func(r *budget.Report) { r.Groups[0].SQL = long },
		"query":            func(r *budget.Report) { r.Queries[0].Statement = st },
		"query of nothing": func(r *budget.Report) { r.Queries[0].Statement, r.Queries[0].Group = st, -1 },
		"text":             func(r *budget.Report) { r.Queries[0].SQL = long },
		"error":            func(r *budget.Report) { r.Queries[0].Failed = long },
		"value":            func(r *budget.Report) { r.Queries[0].Values = []any{long} },
		"bytes":            func(r *budget.Report) { r.Queries[0].Values = []any{[]byte(long)} },
		"open":             func(r *budget.Report) { r.Open = []budget.Query{{SQL: long}} },
		"proof":            func(r *budget.Report) { r.Findings = []budget.Finding{{Proof: long}} },
		"repair":           func(r *budget.Report) { r.Findings = []budget.Finding{{Repair: long}} },
		"note":             func(r *budget.Report) { r.Findings = []budget.Finding{{Note: long}} },
		"shape of finding": func(r *budget.Report) { r.Findings = []budget.Finding{{Shape: long}} },
		"before":           func(r *budget.Report) { r.Findings = []budget.Finding{{Before: &budget.Related{Shape: long}}} },
		"parent":           func(r *budget.Report) { r.Findings = []budget.Finding{{Parent: &budget.Related{Shape: long}}} },
		"also":             func(r *budget.Report) { r.Findings = []budget.Finding{{Also: []budget.Related{{Why: long}}}} },
		"lost":             func(r *budget.Report) { r.Lost = []budget.Lost{{Statement: st}} },
		"exceeded":         func(r *budget.Report) { r.Verdict.Exceeded = []*budget.ExceededError{{Shape: long}} },
		"scope":            func(r *budget.Report) { r.Scopes = []budget.Scope{{Name: long}} },
		"scope in scope":   func(r *budget.Report) { r.Scopes = []budget.Scope{{Scopes: []budget.Scope{{Name: long}}}} },
		"scope's verdict": func(r *budget.Report) {
			r.Scopes = []budget.Scope{{Verdict: budget.Verdict{Exceeded: []*budget.ExceededError{{Name: long}}}}}
		},
	} {
		small, large := reportOf(1, 2), reportOf(1, 2)
		set(large)
		if grown := sizeOf(large) - sizeOf(small); grown < n-20 { // what it has before
			t.Errorf("%s: %d bytes more for %d", name, grown, n)
		}
	}
}
