package budget_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// planned is a report of one read, which reads books whole by what plans say.
func planned(t *testing.T, allowed bool, reads ...budget.FullRead) *budget.Report {
	t.Helper()
	ctx, r := budget.Bounds{Texts: true}.NewContext(context.Background())
	if allowed {
		ctx = budget.Allow(ctx, budget.Allowance{Kind: budget.MissingIndex, Max: 1, Reason: "ten rows for ever"})
	}
	d := budget.NewDatabase(budget.DatabaseOptions{System: "postgresql"})
	const text = "SELECT id FROM books WHERE author_id = 7"
	st := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048).Read(text)
	x, err := budget.FromContext(ctx).Start(budget.Call{Database: d, Statement: st, Detail: &budget.CallDetail{SQL: text}})
	if err != nil {
		t.Fatal(err)
	}
	x.Close(1, nil)
	report := r.Report()
	for i := range report.Groups {
		report.Groups[i].FullReads = reads
	}
	report.Planned = len(reads) > 0
	return report
}

func TestMissingIndex(t *testing.T) {
	read := budget.FullRead{
		Table: "books", Confidence: budget.Certain, Text: "reads all of books: no index begins with author_id", Repair: "CREATE INDEX ON books (author_id)",
	}
	found := budget.Rules{}.Findings(planned(t, false, read))
	if len(found) != 1 || found[0].Kind != budget.MissingIndex || found[0].Confidence != budget.Certain || found[0].Count != 1 ||
		found[0].Proof != read.Text || found[0].Repair != read.Repair || found[0].CallSite().IsZero() {
		t.Errorf("%+v", found)
	}
	if found := (budget.Rules{}).Findings(planned(t, false)); len(found) != 0 {
		t.Errorf("without plans: %+v", found)
	}
}

// An allowance accepts them, and is stale only where plans were made.
func TestMissingIndexIsAllowed(t *testing.T) {
	read := budget.FullRead{Table: "books", Confidence: budget.Certain, Text: "reads all of books"}
	found := budget.Rules{}.Findings(planned(t, true, read))
	if len(found) != 1 || found[0].Allowed == nil {
		t.Errorf("%+v", found)
	}
	report := planned(t, true)
	if found := (budget.Rules{}).Findings(report); len(found) != 0 {
		t.Errorf("without plans: %+v", found)
	}
	report.Planned = true
	if found := (budget.Rules{}).Findings(report); len(found) != 1 || found[0].Kind != budget.StaleAllowance {
		t.Errorf("with plans that show nothing: %+v", found)
	}
}

// The text of a statement is kept once for each where somebody asks for it, and is never
// encoded.
func TestTexts(t *testing.T) {
	report := planned(t, false)
	if got := report.Groups[0].SQL; got != "SELECT id FROM books WHERE author_id = 7" {
		t.Errorf("kept %q", got)
	}
	if got := report.Queries[0].SQL; got != "" {
		t.Errorf("kept with a query: %q", got)
	}
	encoded, err := json.Marshal(report)
	if err != nil || strings.Contains(string(encoded), "author_id = 7") {
		t.Errorf("%v: %s", err, encoded)
	}
}
