package summary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// exercised tells which tests came through which functions: what nobody called is not
// repaired because nothing was found.
type exercised map[string][]string

// testsMax is how many tests are named for a function.
const testsMax = 5

func (e exercised) add(frames []callsite.Frame, u *Unit) {
	test := u.Package + "." + u.Test
	for _, f := range frames {
		name := f.StableName()
		if tests := e[name]; len(tests) < testsMax && !slices.Contains(tests, test) {
			e[name] = append(tests, test)
		} else if tests == nil {
			e[name] = nil
		}
	}
}

// Result is the summary in the form that baselines and hosts take. Its units are the
// functions of the application that send queries, or call what sends them.
func (s *Summary) Result() *result.Result {
	var c result.Collector
	found := slices.DeleteFunc(s.sorted(), (*seen).isLeftOut)
	for _, f := range found { // the statements of a loop by themselves: which comes first may change
		found = append(found, f.with...)
	}
	slices.SortStableFunc(found, compareHints)
	callers, known := s.callers(found), map[result.Key]bool{}
	for i, f := range found {
		e := f.entry(callers[i])
		if e.Confidence == budget.Hint && known[e.Key] {
			continue // a finding of the same key says more
		}
		known[e.Key] = true
		c.Put(e)
	}
	r, _ := c.Result() // it fails for reports of growing data only
	r.UnitIs = "function"
	for name, tests := range s.exercised {
		r.Units = append(r.Units, result.Unit{Name: name, Tests: tests, Reports: 1})
	}
	slices.SortFunc(r.Units, func(a, b result.Unit) int { return strings.Compare(a.Name, b.Name) })
	return r
}

// entry is a finding in that form. Its unit is the function that calls the one which sends
// the statement: a repository's function has a finding for each of its callers.
func (f *seen) entry(caller callsite.Frame) result.Entry {
	own := f.own
	outer := own[min(1, len(own)-1)]
	e := result.Entry{
		Key:          result.Key{Unit: outer.StableName(), Kind: string(f.worst.Kind), Function: own[0].StableName(), Shape: f.worst.Shape},
		Summary:      f.worst.Summary,
		Database:     f.worst.Database,
		File:         own[0].File,
		Line:         own[0].Line,
		Callers:      own[1:],
		FullFunction: own[0].Function,
		Count:        f.worst.Count,
		Least:        f.worst.Count,
		Places:       1,
		Confidence:   f.confidence(),
		Message:      fmt.Sprintf("%s: %d times at worst, in %s", f.worst.Kind, f.worst.Count, format.Plural(f.units, "call")),
		Repair:       f.worst.Repair,
	}
	if caller != own[0] {
		e.Message += ", from " + caller.String()
	}
	if f.in.Test != "" {
		e.Tests = []string{f.in.Package + "." + f.in.Test}
	}
	if f.worst.Kind == budget.NPlusOne || f.worst.Kind == budget.WriteLoop {
		e.Grows, e.GrowthKnown = budgettest.Linear, true
	}
	return e
}
