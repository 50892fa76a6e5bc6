package panel

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// summary is a unit of work as a line of the list.
type summary struct {
	ID      budget.ID    `json:"id"`
	Started time.Time    `json:"started"`
	Name    string       `json:"name"`
	Route   budget.Route `json:"route,omitzero"`
	// Job is set for a unit that is no HTTP request.
	Job      bool          `json:"job,omitempty"`
	Duration time.Duration `json:"duration_ns"`
	// DBTime is the wall-clock time during which a query was under way.
	DBTime     time.Duration `json:"db_ns"`
	Queries    int64         `json:"queries"`
	Writes     int64         `json:"writes,omitempty"`
	Repeats    int64         `json:"repeats,omitempty"` // of one statement from one line, at most
	Duplicates int64         `json:"duplicates,omitempty"`
	Rows       int64         `json:"rows"`
	Errors     int64         `json:"errors,omitempty"`
	Blocked    int64         `json:"blocked,omitempty"`
	Outcome    string        `json:"outcome"`
	Exceeded   []limitLine   `json:"exceeded,omitempty"`
	// Invalid says what is wrong with the budget, or with that of a scope.
	Invalid  string  `json:"invalid,omitempty"`
	Findings []badge `json:"findings,omitempty"`
	// Late is the number of queries after the end, as far as they were reported.
	Late int64 `json:"late,omitempty"`
}

// limitLine is a limit of a budget: how much of it was used.
type limitLine struct {
	Limit    budget.Limit `json:"limit"`
	Allowed  int64        `json:"allowed"`
	Observed int64        `json:"observed"`
	Refused  bool         `json:"refused,omitempty"`
}

// Over reports whether it was exceeded.
func (l limitLine) Over() bool { return l.Refused || l.Observed > l.Allowed }

// badge is the findings of one kind.
type badge struct {
	Kind       budget.FindingKind `json:"kind"`
	Confidence budget.Confidence  `json:"confidence"` // of the surest
	Count      int64              `json:"count"`      // of the worst
	Allowed    bool               `json:"allowed,omitempty"`
}

// IsHint reports whether the pattern is often harmless.
func (b badge) IsHint() bool { return b.Confidence == budget.Hint }

func summarize(r *budget.Report, late []*budget.Report) *summary {
	s := &summary{
		ID: r.ID, Started: r.Started, Name: nameOf(r), Route: r.Route, Job: r.Route.Method == "",
		Duration: r.Duration, DBTime: r.Totals.WallTime,
		Queries: r.Totals.Queries, Writes: r.Totals.Writes, Duplicates: r.Totals.Duplicates,
		Rows: r.Totals.Rows, Errors: r.Totals.Errors, Blocked: r.Totals.Blocked,
		Outcome: string(r.Verdict.Outcome), Findings: badges(r), Invalid: cmp.Or(r.Verdict.Invalid, invalidScope(r.Scopes)),
	}
	for i := range r.Groups {
		if g := &r.Groups[i]; !g.Overflow {
			s.Repeats = max(s.Repeats, g.Queries)
		}
	}
	for _, e := range r.AllExceeded() {
		s.Exceeded = append(s.Exceeded, limitLine{e.Limit, e.Allowed, e.Observed, e.Refused})
	}
	if len(s.Exceeded) > 0 && r.Verdict.Outcome != budget.Blocked {
		s.Outcome = string(budget.Exceeded) // of a scope, maybe
	}
	for _, after := range late {
		s.Late += after.Totals.Queries
	}
	return s
}

// invalidScope is what is wrong with the first budget that is not valid, with the scope's
// name.
func invalidScope(scopes []budget.Scope) string {
	for _, s := range scopes {
		if s.Verdict.Invalid != "" {
			return s.Name + ": " + s.Verdict.Invalid
		}
		if below := invalidScope(s.Scopes); below != "" {
			return below
		}
	}
	return ""
}

// nameOf names a unit: one that nobody named is a job too.
func nameOf(r *budget.Report) string { return cmp.Or(r.Name, "(no name)") }

// badges are the kinds of findings, in the order of the findings: those that nobody
// allowed first.
func badges(r *budget.Report) (out []badge) {
	for f := range r.Statements() { // who looks for an n+1 finds those that also write
		at := slices.IndexFunc(out, func(b badge) bool { return b.Kind == f.Kind && b.Allowed == (f.Allowed != nil) })
		if at < 0 {
			out = append(out, badge{Kind: f.Kind, Confidence: f.Confidence, Count: f.Count, Allowed: f.Allowed != nil})
			continue
		}
		out[at].Count = max(out[at].Count, f.Count)
	}
	slices.SortStableFunc(out, func(a, b badge) int { return cmp.Compare(a.rank(), b.rank()) })
	return out
}

func (b badge) rank() int {
	switch {
	case b.Allowed:
		return 2
	case b.IsHint():
		return 1
	default:
		return 0
	}
}

// IsOver reports whether the unit, or a scope in it, went over its budget.
func (s *summary) IsOver() bool { return len(s.Exceeded) > 0 }

// contains reports whether a report has a text, in lower case, in its name, its
// statements or its lines.
func contains(r *budget.Report, text string) bool {
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	if has(r.Name) || has(r.ID.String()) {
		return true
	}
	return slices.ContainsFunc(r.Groups, func(g budget.Group) bool {
		if has(g.Shape) || has(g.Database) {
			return true
		}
		return slices.ContainsFunc(g.CallSite().Frames(), func(f frame) bool { return has(f.File) || has(f.Function) })
	})
}
