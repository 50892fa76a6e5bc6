package learn_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/learn"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// request is a report with a number of queries and writes.
func request(route string, queries, writes int64) *budget.Report {
	return &budget.Report{
		Stage: budget.Final, Name: "GET " + route, Route: budget.Route{Method: "GET", Pattern: route},
		Totals: budget.Totals{Queries: queries, Writes: writes}, Started: time.Unix(queries, 0),
	}
}

func TestProposal(t *testing.T) {
	for _, test := range []struct {
		most, writes int64
		reports      int
		want         string
	}{
		{0, 0, 1, "middleware.Limit(budget.Budget{Queries: 1})"},
		{3, 0, 99, "middleware.Limit(budget.Budget{Queries: 4})"},
		{3, 0, 100, "middleware.Limit(budget.Budget{Queries: 4, Writes: budget.None, Duplicates: budget.None})"},
		{10, 1, 100, "middleware.Limit(budget.Budget{Queries: 12, Duplicates: budget.None})"},
		{11, 1, 1, "middleware.Limit(budget.Budget{Queries: 14})"},
	} {
		var l learn.Learner
		for range test.reports {
			l.Add(result.Origin{}, request("/a", test.most, test.writes))
		}
		if got := l.Units()[0].Line(); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestQuantiles(t *testing.T) {
	var l learn.Learner
	for i := range int64(200) {
		l.Add(result.Origin{}, request("/a", i+1, 0))
	}
	u := l.Units()[0]
	if got := []int64{u.Quantile(0), u.Quantile(0.5), u.Quantile(0.99), u.Quantile(1)}; !slices.Equal(got, []int64{1, 100, 198, 200}) {
		t.Errorf("%v", got)
	}
}

func TestNames(t *testing.T) {
	var l learn.Learner
	l.Add(result.Origin{}, &budget.Report{Stage: budget.Final, Name: "nightly", Totals: budget.Totals{Queries: 5}})
	l.Add(result.Origin{Package: "shop", Test: "TestA"}, &budget.Report{Stage: budget.Final, Name: "TestA", Totals: budget.Totals{Queries: 5}})
	l.Add(result.Origin{Package: "shop", Test: "TestA", Check: "scale", Size: 25}, &budget.Report{Stage: budget.Final, Totals: budget.Totals{Queries: 500}})
	l.Add(result.Origin{}, &budget.Report{Stage: budget.Running, Name: "nightly", Totals: budget.Totals{Queries: 500}})
	l.Add(result.Origin{}, &budget.Report{Stage: budget.Late, Name: "nightly", Totals: budget.Totals{Queries: 500}})
	var lines []string
	for _, u := range l.Units() {
		lines = append(lines, u.Line())
	}
	if want := []string{`budget.Job{Name: "nightly", Budget: budget.Budget{Queries: 6}}`, "budgettest.Want{Budget: budget.Budget{Queries: 6}}"}; !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

func TestCheck(t *testing.T) {
	var l learn.Learner
	limited := func(queries int64, b budget.Budget) {
		r := request("/a", queries, 0)
		r.Budget = b
		l.Add(result.Origin{}, r)
	}
	limited(1, budget.Budget{Queries: 2}) // what was in force before
	limited(10, budget.Budget{Queries: 100, Writes: 5, Rows: 1000, Time: time.Second})
	var got []string
	for _, a := range l.Units()[0].Check() {
		got = append(got, fmt.Sprint(a.Limit, a.Allowed, a.Seen, a.Propose, a.Slack(), a.Exceeded()))
	}
	want := []string{"queries100 10 12 true false", "writes5 0 0 true false", "rows1000 0 1000 false false"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var l learn.Learner
	for i := range 12_000 {
		l.Add(result.Origin{}, request(fmt.Sprintf("/%d", i), 1, 0))
	}
	if len(l.Units()) != 10_000 || l.Skipped != 2000 {
		t.Errorf("%d units, %d skipped", len(l.Units()), l.Skipped)
	}
}
