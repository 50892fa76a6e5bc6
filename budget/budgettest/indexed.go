package budgettest

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
)

// plan adds to a report what the plans of its statements show, and whether repairs were
// proven, if w asks for it. What could not be judged is a problem.
func (w *Want) plan(t TB, report *budget.Report) (*budget.Report, []problem) {
	if w.Indexed == nil {
		return w.prove(t, report), nil
	}
	o := explain.Options{TryIndexes: true, SmallTables: w.SmallTables, Rules: options.Rules}
	planned, err := o.Check(budget.Without(t.Context()), w.Indexed, report)
	var out []problem
	for _, err := range each(err) {
		out = append(out, problem{name: "no plan", text: err.Error()})
	}
	return w.prove(t, planned), out
}

// each returns the errors that were joined.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// prove adds to each n+1 of a report whether its repair gives the same rows, if w asks for
// it. The report of the test is a copy.
func (w *Want) prove(t TB, report *budget.Report) *budget.Report {
	if w.Repairs == nil {
		return report
	}
	out := *report
	out.Findings = slices.Clone(report.Findings)
	for i := range out.Findings {
		f := &out.Findings[i]
		if f.Batched() == "" {
			continue
		}
		if f.Reads != nil {
			reads := *f.Reads
			f.Reads = &reads
		}
		f = f.NPlusOne()
		proof, err := explain.Repair(budget.Without(t.Context()), w.Repairs, &out, f)
		switch {
		case err != nil:
			f.Repair += "; not tried: " + err.Error()
		case proof.Difference != "":
			f.Repair = proof.String()
		default:
			f.Repair += "; tried: " + proof.String()
		}
	}
	return &out
}

func isOfPlans(a budget.Allowance) bool { return a.Kind == budget.MissingIndex }
