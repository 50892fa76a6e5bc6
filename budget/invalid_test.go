package budget_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// invalid are budgets that nobody means, by a part of what is said of them.
var invalid = map[string]budget.Budget{
	"the limit of queries is -5":   {Queries: -5},
	"the limit of n+1 is -2":       {NPlusOne: -2},
	"the limit of time is -1s":     {Time: -time.Second},
	"the limit of time is 50ns":    {Time: 50},
	"the limit of repeats is budg": {Repeats: budget.None},
	"unknown mode 7":               {Queries: 1, Mode: 7},
}

func TestInvalidBudgets(t *testing.T) {
	for want, b := range invalid {
		if err := b.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, b := range []budget.Budget{{}, {Queries: budget.None}, {Time: budget.None}, {Time: time.Microsecond}, {Mode: budget.Enforce}} {
		if err := b.Validate(); err != nil {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

// A job with such a budget does not run: its error says why.
func TestJobWithAnInvalidBudget(t *testing.T) {
	for want, b := range invalid {
		reports := 0
		job := &budget.Job{Name: "nightly", Budget: b, Delivery: budget.Delivery{Reporters: []budget.Reporter{
			budget.ReporterFunc(func(context.Context, *budget.Report) { reports++ }),
		}}}
		run := func(context.Context) error { t.Errorf("%s: it ran", want); return nil }
		for _, err := range []error{job.Run(t.Context(), run), budget.Run(t.Context(), "nightly", b, run)} {
			if err == nil || !strings.Contains(err.Error(), `"nightly" was not run`) || !strings.Contains(err.Error(), want) || reports > 0 {
				t.Errorf("%v, %d reports, want %q", err, reports, want)
			}
		}
	}
}

// Inside of a unit nothing fails: the verdict says it, also where nobody needs more than
// totals, of a scope, and in JSON.
func TestUnitWithAnInvalidBudget(t *testing.T) {
	for want, b := range invalid {
		ctx, r := budget.NewContext(t.Context())
		r.SetBudget(b)
		budget.With(ctx, "part", b)
		reports := make(chan *budget.Report, 1)
		d := &budget.Delivery{Reporters: []budget.Reporter{modest{reports}}}
		d.Begin(ctx, r)
		d.End(ctx, r)
		report := <-reports
		text, err := json.Marshal(report)
		must(t, err)
		var read budget.Report
		must(t, json.Unmarshal(text, &read))
		for _, got := range []string{report.Verdict.Invalid, report.Scopes[0].Verdict.Invalid, read.Verdict.Invalid} {
			if !strings.Contains(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: 1})
	if got := r.Report().Verdict.Invalid; got != "" {
		t.Errorf("said %q of a good one", got)
	}
}

// modest needs totals only.
type modest struct{ reports chan *budget.Report }

func (m modest) Report(_ context.Context, r *budget.Report) { m.reports <- r }
func (modest) Needs() budget.Needs                          { return budget.Needs{Content: budget.TotalsOnly, Quick: true} }
