package budget_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

var perTenant = budget.Allowance{Kind: budget.NPlusOne, Max: 10, Reason: "one per tenant"}

func TestAllow(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	allowed := budget.Allow(ctx, perTenant)
	// A scope inside is under the allowance too, and so is one with a second one.
	allowed, _ = budget.With(allowed, "scope", budget.Budget{})
	allowed = budget.Allow(allowed, budget.Allowance{Kind: budget.Slow, Max: 1, Reason: "it waits for a lock"})
	must(t, repeat(budget.FromContext(allowed), 8))

	var kinds []string
	for _, f := range r.Report().Findings {
		kinds = append(kinds, fmt.Sprint(f.Kind, " ", f.Allowed != nil))
		if f.Kind == budget.NPlusOne && *f.Allowed != perTenant {
			t.Errorf("allowed by %+v", f.Allowed)
		}
		if f.Kind == budget.StaleAllowance && (f.CallSite().File != "budget/allow_test.go" || !strings.Contains(f.Note, "it waits for a lock")) {
			t.Errorf("stale: %+v at %v", f, f.CallSite())
		}
	}
	if got := strings.Join(kinds, ", "); got != "stale-allowance false, n+1 true" {
		t.Errorf("got %s", got)
	}
	if report := r.Report(); report.Totals.Queries != 8 || report.Err() != nil {
		t.Errorf("got %+v", report.Totals)
	}
}

// An allowance in a loop is one allowance.
func TestAllowInALoop(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	for range 500 {
		budget.Allow(ctx, perTenant)
	}
	if f := r.Report().Findings; len(f) != 1 || f[0].Kind != budget.StaleAllowance {
		t.Errorf("got %d findings", len(f))
	}
}

func TestAllowedLoopsDoNotCountAgainstTheBudget(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{NPlusOne: budget.None})
	must(t, repeat(budget.FromContext(budget.Allow(ctx, perTenant)), 8))
	if err := r.Report().Err(); err != nil {
		t.Error(err)
	}
}

func TestAllowWithoutAUnit(t *testing.T) {
	ctx := t.Context()
	if budget.Allow(ctx, perTenant) != ctx {
		t.Error("another context")
	}
	if (*budget.Recorder)(nil).Allow(perTenant) != nil {
		t.Error("a recorder out of nothing")
	}
}

// An allowance that is not valid panics in no request: it covers nothing, and the report
// says what is wrong with it, where it was set.
func TestInvalidAllowances(t *testing.T) {
	for want, a := range map[string]budget.Allowance{
		"without a Kind":     {Max: 10, Reason: "x"},
		`of kind "nplusone"`: {Kind: "nplusone", Max: 10, Reason: "x"},
		"with a Max of 0":    {Kind: budget.NPlusOne, Reason: "x"},
		"with a Max of -3":   {Kind: budget.NPlusOne, Max: -3, Reason: "x"},
		"without a Reason":   {Kind: budget.NPlusOne, Max: 10},
	} {
		ctx, r := budget.NewContext(t.Context())
		must(t, repeat(budget.FromContext(budget.Allow(ctx, a)), 8))
		var kinds []budget.FindingKind
		for _, f := range r.Report().Findings {
			kinds = append(kinds, f.Kind)
			if f.Allowed != nil {
				t.Errorf("%s: it covers %s", want, &f)
			}
			if f.Kind == budget.StaleAllowance &&
				(!strings.Contains(f.Note, want) || f.Confidence != budget.Certain || f.CallSite().File != "budget/allow_test.go") {
				t.Errorf("%s: %s", want, &f)
			}
		}
		if !slices.Contains(kinds, budget.StaleAllowance) || !slices.Contains(kinds, budget.NPlusOne) {
			t.Errorf("%s: found %v", want, kinds)
		}
	}
}

func TestEvidence(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	must(t, query(r, users, 1, 8))
	tx := r.Began(0, nil)
	for i := range 8 {
		x, err := r.Start(budget.Call{Database: replica, Statement: books, Arguments: statement.Arguments{List: uint64(i + 1)}, Transaction: &tx})
		must(t, err)
		x.Open()
		time.Sleep(time.Microsecond)
		x.Close(2, nil)
	}
	_ = ctx
	findings := r.Report().Findings
	if len(findings) != 1 {
		t.Fatalf("got %d findings", len(findings))
	}
	f := findings[0]
	if f.Count != 8 || f.Distinct != 8 || f.Rows != 16 || f.First != 2 || f.Last != 9 || !f.InTransaction || f.Parallel || f.Database != "replica" {
		t.Errorf("got %+v", f)
	}
	if f.Time <= 0 || f.Worst <= 0 || f.Worst > f.Time || f.Share <= 0 || f.Share > 1 {
		t.Errorf("time %v, worst %v, share %v", f.Time, f.Worst, f.Share)
	}
	if f.Parent == nil || f.Parent.Rows != 8 || f.Parent.Position != 1 || f.Parent.Why == "" {
		t.Errorf("parent %+v", f.Parent)
	}
	site := f.CallSite()
	if site.File != "budget/allow_test.go" || !strings.HasPrefix(f.String(), "n+1 (candidate): 8x SELECT books at budget/allow_test.go:") {
		t.Errorf("at %v: %s", site, &f)
	}
}

// Values are tracked within bounds, and prove what they can.
func TestProof(t *testing.T) {
	reader := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048)
	list, one := reader.Read("SELECT id, name FROM users"), reader.Read("SELECT title FROM books WHERE user_id = $1")
	const rows = 2000
	run := func(results int, argument func(i int) uint64) *budget.Finding {
		_, r := budget.Bounds{TrackValues: true, Queries: 500}.NewContext(t.Context())
		if !r.TracksValues() {
			t.Fatal("values are not tracked")
		}
		for result := range results {
			x, err := r.Start(budget.Call{Database: db, Statement: list, Arguments: statement.Arguments{List: uint64(result + 1)}, Detail: &budget.CallDetail{Hashes: []uint64{1}}})
			must(t, err)
			x.Open()
			var v budget.Values
			for i := range rows {
				for column := range 20 {
					v.Add(column, "id", uint64(result*1_000_000+column*10_000+i+1))
				}
			}
			v.Add(-1, "none", 1)
			x.Fetched(&v)
			x.Close(rows, nil)
		}
		for i := range 8 {
			x, err := r.Start(budget.Call{Database: db, Statement: one, Arguments: statement.Arguments{List: uint64(i + 1)}, Detail: &budget.CallDetail{Hashes: []uint64{argument(i), 1, 1, 1, 1, 1}}})
			must(t, err)
			x.End(0, nil)
		}
		report := r.Report()
		for i := range report.Findings {
			if f := &report.Findings[i]; f.Kind == budget.NPlusOne && f.Summary == "SELECT books" {
				return &report.Findings[i]
			}
		}
		t.Fatal("no n+1")
		return nil
	}
	if f := run(5, func(i int) uint64 { return uint64(3_000_000 + 2*i + 1) }); f.Confidence != budget.Proven || f.Proof != "all 8 arguments are values of users.id of query 4" {
		t.Errorf("got %s, %q", f.Confidence, f.Proof)
	}
	if f := run(5, func(i int) uint64 { return uint64(i%5)*1_000_000 + 1 }); f.Confidence != budget.Candidate {
		t.Errorf("values of several results: %s, %q", f.Confidence, f.Proof)
	}
	if f := run(60, func(i int) uint64 { return uint64(55_000_000 + i + 1) }); f.Confidence != budget.Candidate {
		t.Errorf("a result that was not kept: %s, %q", f.Confidence, f.Proof)
	}
	if f := run(5, func(i int) uint64 { return uint64(3_001_990 + i) }); f.Confidence != budget.Candidate {
		t.Errorf("a value that was not kept: %s, %q", f.Confidence, f.Proof)
	}
}
