package budget_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// readsAndWrites is a loop that looks something up for each line, and writes it.
func readsAndWrites(t *testing.T, b budget.Budget) *budget.Report {
	t.Helper()
	s := newScenario(t)
	s.recorder.SetBudget(b)
	s.run([]string{
		"loop i 6",
		"query store.go:20 rows=1 args=$i: SELECT id FROM titles WHERE isbn = $1",
		"query store.go:25 args=$i: INSERT INTO copies (title_id) VALUES ($1)",
		"end",
	}, map[string]int{})
	return s.recorder.Report()
}

// Budget.NPlusOne holds a loop that also writes, whoever judges.
func TestReadsOfALoopAreAnNPlusOne(t *testing.T) {
	b := budget.Budget{NPlusOne: budget.None}
	r := readsAndWrites(t, b)
	if len(r.Findings) != 1 || r.Findings[0].Kind != budget.WriteLoop {
		t.Fatalf("findings: %v", r.Findings)
	}
	for _, v := range []budget.Verdict{r.Verdict, b.Judge(r)} {
		if len(v.Exceeded) != 1 || v.Exceeded[0].Limit != budget.LimitNPlusOne || v.Exceeded[0].Summary != "SELECT titles" || v.Exceeded[0].CallSite().Line != 20 {
			t.Errorf("verdict: %+v", v)
		}
	}
	f := &r.Findings[0]
	if n := f.NPlusOne(); n == nil || n.Kind != budget.NPlusOne || n.Batched() == "" || f.Batched() != n.Batched() {
		t.Errorf("the n+1: %+v", n)
	}
	if s := f.String(); !strings.Contains(s, "6x INSERT copies at store.go:25 shop.store, with 6x SELECT titles") {
		t.Errorf("text: %s", s)
	}
	if a := f.Advice(); !strings.HasPrefix(a, f.Repair) || !strings.HasSuffix(a, "; in place of 6x SELECT titles: "+f.Reads.Repair) {
		t.Errorf("advice: %s", a)
	}
}

func TestStatements(t *testing.T) {
	r := readsAndWrites(t, budget.Budget{})
	var kinds []budget.FindingKind
	for f := range r.Statements() {
		kinds = append(kinds, f.Kind)
	}
	if !slices.Equal(kinds, []budget.FindingKind{budget.NPlusOne, budget.WriteLoop}) {
		t.Errorf("kinds: %v", kinds)
	}
	for f := range r.Statements() {
		if f.Kind != budget.NPlusOne {
			t.Errorf("it goes on after break: %v", f)
		}
		break
	}
}
