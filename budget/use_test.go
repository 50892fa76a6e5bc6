package budget_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// made is a report that no recorder made: a read of authors, and one of books for each.
func made() *budget.Report {
	r := budget.Report{Stage: budget.Final, Name: "GET /authors", Totals: budget.Totals{Queries: 6, Reads: 6, Rows: 11, WallTime: time.Second}}
	reader := statement.NewReader("", statement.NewHasher(), 1000)
	authors, books := reader.Read("SELECT id FROM authors"), reader.Read("SELECT title FROM books WHERE author_id = ?")
	loop := budget.Group{Statement: books, Handle: 1, Sums: budget.Sums{Queries: 5, Distinct: 5, First: 2, Last: 6}}
	loop.SetCallSite(callsite.CallSite{Frame: callsite.Frame{Function: "shop.Titles", File: "shop.go", Line: 30}})
	r.Groups = []budget.Group{loop, {Statement: authors, Handle: 1, Sums: budget.Sums{Queries: 1, Rows: 5, MostRows: 5, First: 1, Last: 1}}}
	r.Queries = append(r.Queries, budget.Query{Statement: authors, Group: 1, Position: 1, Rows: 5})
	for i := range 5 {
		q := budget.Query{Statement: books, Position: int64(i + 2), Arguments: i + 1}
		q.SetCallSite(loop.CallSite())
		r.Queries = append(r.Queries, q)
	}
	r.Findings = budget.Rules{}.Findings(&r)
	return &r
}

func TestJudgeReportsThatNoRecorderMade(t *testing.T) {
	r := made()
	if len(r.Findings) != 1 || r.Findings[0].Kind != budget.NPlusOne || r.Findings[0].CallSite().Line != 30 {
		t.Fatalf("findings: %v", r.Findings)
	}
	b := budget.Budget{Queries: 3, Writes: budget.None, Repeats: 2, NPlusOne: budget.None, Rows: 11, Time: time.Millisecond}
	got := b.Judge(r)
	var texts []string
	for _, e := range got.Exceeded {
		texts = append(texts, e.Error())
	}
	want := []string{
		"budget: queries: 3 allowed, 6 observed in GET /authors: SELECT books at shop.go:30 shop.Titles: ask for less, or raise Budget.Queries",
		"budget: repeats: 2 allowed, 5 observed in GET /authors: SELECT books at shop.go:30 shop.Titles: ask once for all (JOIN, IN), or raise Budget.Repeats",
		"budget: n+1: 0 allowed, 1 observed in GET /authors: SELECT books at shop.go:30 shop.Titles: ask once for all (JOIN, IN), or raise Budget.NPlusOne",
		"budget: time: 1ms allowed, 1s observed in GET /authors: look at the slowest query of the report, or raise Budget.Time",
	}
	if got.Outcome != budget.Exceeded || !slices.Equal(texts, want) {
		t.Errorf("%s: %q", got.Outcome, texts)
	}
	if uses := b.Uses(r); len(uses) != 6 || uses[4] != (budget.Use{Limit: budget.LimitRows, Allowed: 11, Observed: 11}) || uses[4].Exceeded() {
		t.Errorf("uses: %v", uses)
	}
}

// Judge says of a recorder's report what the recorder said.
func TestJudgeAgreesWithTheRecorder(t *testing.T) {
	b := budget.Budget{Queries: 2, Repeats: 2, Duplicates: budget.None, Rows: 1}
	_, r := budget.NewContext(t.Context())
	r.SetBudget(b)
	database := budget.NewDatabase(budget.DatabaseOptions{})
	st := statement.NewReader("", statement.NewHasher(), 1000).Read("SELECT a FROM t")
	for range 3 {
		x, err := r.Start(budget.Call{Database: database, Statement: st})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(1, nil)
	}
	report := r.Report()
	said := map[budget.Limit]int64{}
	for _, e := range report.Verdict.Exceeded {
		said[e.Limit] = e.Observed
	}
	judged := map[budget.Limit]int64{}
	for _, e := range b.Judge(report).Exceeded {
		judged[e.Limit] = e.Observed
	}
	if len(said) != 4 || !maps.Equal(judged, said) {
		t.Errorf("%v, the recorder says %v", judged, said)
	}
}

func TestJudgeNothing(t *testing.T) {
	if got := (budget.Budget{}).Judge(made()); got.Outcome != budget.NoBudget {
		t.Errorf("%v", got)
	}
	if got := (budget.Budget{Queries: budget.None, Repeats: 1}).Judge(nil); got.Outcome != budget.Within || len(got.Exceeded) > 0 {
		t.Errorf("%v", got)
	}
}
