package budget_test

import (
	"slices"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// A unit that is replayed has the findings of one that was watched, at the times that
// somebody tells.
func TestReplay(t *testing.T) {
	var now time.Duration
	started := time.Unix(1000, 0)
	_, r := budget.Bounds{}.Replay(t.Context(), started, func() time.Duration { return now })
	database := budget.NewDatabase(budget.DatabaseOptions{System: "postgresql"})
	reader, hasher := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 1000), statement.NewHasher()
	query := func(text string, argument any, took time.Duration, line int) {
		st := reader.Read(text)
		var a statement.Arguments
		if argument != nil {
			a.Add(st, hasher, argument)
		}
		a.End(st)
		x, err := r.Start(budget.Call{
			Database: database, Statement: st, Arguments: a,
			Stack: callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "shop.List", File: "shop.go", Line: line}}),
		})
		if err != nil {
			t.Fatal(err)
		}
		now += took
		x.Close(1, nil)
	}
	query("SELECT id FROM authors", nil, 300*time.Millisecond, 1)
	for i := range 6 {
		query("SELECT title FROM books WHERE author_id = $1", i, time.Millisecond, 2)
	}
	query("SELECT name FROM settings", nil, time.Millisecond, 3)
	query("SELECT name FROM settings", nil, time.Millisecond, 3)
	report := r.EndReplay()
	var kinds []string
	for _, f := range report.Findings {
		kinds = append(kinds, string(f.Kind))
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"duplicate", "n+1", "slow"}) {
		t.Errorf("findings: %v", kinds)
	}
	if !report.Started.Equal(started) || report.Duration != 308*time.Millisecond || report.Stage != budget.Final || report.Totals.ExecTime != 308*time.Millisecond {
		t.Errorf("%v %v %v %v", report.Started, report.Duration, report.Stage, report.Totals.ExecTime)
	}
}
