package budgettest

import (
	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
)

// plan adds to a report what the plans of its statements show, if w asks for it. What
// could not be judged is a problem.
func (w *Want) plan(t TB, report *budget.Report) (*budget.Report, []problem) {
	if w.Indexed == nil {
		return report, nil
	}
	o := explain.Options{TryIndexes: true, SmallTables: w.SmallTables, Rules: options.Rules}
	planned, err := o.Check(budget.Without(t.Context()), w.Indexed, report)
	var out []problem
	for _, err := range each(err) {
		out = append(out, problem{name: "no plan", text: err.Error()})
	}
	return planned, out
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

func isOfPlans(a budget.Allowance) bool { return a.Kind == budget.MissingIndex }
