package budget

import (
	"fmt"
	"time"
)

// allow marks what is allowed, and reports the allowances that matched nothing or are not valid.
func (f *finder) allow() {
	now := f.report.Started.Add(f.report.Duration)
	used := make([]bool, len(f.report.Allowances))
	for i := range f.found {
		if group := f.of[i]; group != noGroup && len(used) > 0 {
			f.cover(&f.found[i], f.report.Groups[group].Allowances, now, used)
		}
	}
	for i := range f.report.Allowances {
		a := &f.report.Allowances[i]
		if err := a.Validate(); err != nil {
			f.found = append(f.found, Finding{
				Kind: StaleAllowance, Confidence: Certain, Count: 1, stack: a.stack, Note: err.Error(),
				Repair: "correct the allowance: it covers nothing as it is",
			})
			continue
		}
		if !used[i] && (a.Kind != MissingIndex || f.report.Planned) {
			f.found = append(f.found, Finding{
				Kind: StaleAllowance, Confidence: Hint, Count: 1, stack: a.stack,
				Note:   fmt.Sprintf("nothing of kind %s was found under the allowance %q", a.Kind, a.Reason),
				Repair: "take the allowance out, if that is so for every request",
			})
		}
	}
}

// cover looks for an allowance of a finding's kind and marks the finding.
func (f *finder) cover(found *Finding, allowances []int, now time.Time, used []bool) {
	for _, i := range allowances {
		a := &f.report.Allowances[i].Allowance
		if a.Kind != found.Kind || a.Validate() != nil {
			continue
		}
		used[i] = true
		switch {
		case !a.Until.IsZero() && now.After(a.Until):
			found.Note = "its allowance ended on " + a.Until.Format(time.DateOnly)
		case found.Count > a.Max:
			found.Note = "its allowance is for " + plural(a.Max, "execution")
		default:
			allowed := *a
			found.Allowed, found.Note = &allowed, ""
			return
		}
	}
}
