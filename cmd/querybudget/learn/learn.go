// Package learn proposes budgets by what reports show.
package learn

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// The rule for headroom. It is stated in the output, because somebody has to agree with it.
const (
	// headroom is a fifth: a route that asks for 10 queries gets 12.
	headroom = 5
	// enough is the number of reports from which on "never" means something: one request
	// in a hundred would have shown itself.
	enough = 100
)

// Rule says how limits are proposed.
const Rule = "Queries: the most that was seen and a fifth, at least one more. Writes and Duplicates: none, where none was seen in 100 reports or more."

// maxUnits is how many units are told apart. Names are of low cardinality; where they are
// not, memory is bounded all the same.
const maxUnits = 10_000

// Learner looks at reports. The zero Learner has seen none.
type Learner struct {
	units map[string]*Unit
	// Skipped is the number of reports of units for which there was no room.
	Skipped int64
}

// Unit is a route, a job or a test, and what was seen of it.
type Unit struct {
	Name    string
	IsRoute bool
	IsTest  bool
	Reports int64
	// Queries counts the reports that had a number of queries.
	Queries map[int64]int64
	// Writes, Duplicates and Rows are the most that one report had.
	Writes, Duplicates, Rows int64
	// Loops is the number of reports with an n+1 or a write-loop.
	Loops int64
	// Limits are those in force: of the latest report.
	Limits budget.Budget

	latest time.Time
}

// Add looks at a report. Those of units that go on are part of final ones, and late ones
// are no whole unit.
func (l *Learner) Add(o result.Origin, r *budget.Report) {
	if r.Stage == budget.Running || r.Stage == budget.Late || o.Check == "scale" {
		return
	}
	u := l.unit(o.Unit(r))
	if u == nil {
		l.Skipped++
		return
	}
	u.IsRoute, u.IsTest = r.Route.Pattern != "", o.Test != ""
	u.Reports++
	u.Queries[r.Totals.Queries]++
	u.Writes, u.Duplicates, u.Rows = max(u.Writes, r.Totals.Writes), max(u.Duplicates, r.Totals.Duplicates), max(u.Rows, r.Totals.Rows)
	if slices.ContainsFunc(r.Findings, isLoop) {
		u.Loops++
	}
	if !r.Started.Before(u.latest) {
		u.latest, u.Limits = r.Started, r.Budget
	}
}

func isLoop(f budget.Finding) bool {
	return f.Allowed == nil && (f.Kind == budget.NPlusOne || f.Kind == budget.WriteLoop)
}

func (l *Learner) unit(name string) *Unit {
	u := l.units[name]
	if u == nil && len(l.units) < maxUnits {
		if l.units == nil {
			l.units = map[string]*Unit{}
		}
		u = &Unit{Name: name, Queries: map[int64]int64{}}
		l.units[name] = u
	}
	return u
}

// Units returns what was seen, by name.
func (l *Learner) Units() []*Unit {
	var out []*Unit
	for _, name := range slices.Sorted(maps.Keys(l.units)) {
		out = append(out, l.units[name])
	}
	return out
}

// Quantile returns the number of queries that a part of the reports, such as 0.99, did not
// exceed.
func (u *Unit) Quantile(part float64) int64 {
	rank := int64(part*float64(u.Reports) + 0.999999)
	var seen int64
	numbers := slices.Sorted(maps.Keys(u.Queries))
	for _, n := range numbers {
		if seen += u.Queries[n]; seen >= max(rank, 1) {
			return n
		}
	}
	return 0
}

// Proposal is the budget that [Rule] gives.
func (u *Unit) Proposal() budget.Budget {
	most := u.Quantile(1)
	b := budget.Budget{Queries: int(most + max(1, (most+headroom-1)/headroom))}
	if u.Reports < enough {
		return b
	}
	if u.Writes == 0 {
		b.Writes = budget.None
	}
	if u.Duplicates == 0 {
		b.Duplicates = budget.None
	}
	return b
}

// Line is the Go code to write.
func (u *Unit) Line() string {
	b := Literal(u.Proposal())
	switch {
	case u.IsRoute:
		return "middleware.Limit(" + b + ")"
	case u.IsTest:
		return "budgettest.Want{Budget: " + b + "}"
	default:
		return fmt.Sprintf("budget.Job{Name: %q, Budget: %s}", u.Name, b)
	}
}

// Literal is a budget in Go.
func Literal(b budget.Budget) string {
	var parts []string
	add := func(name string, n int) {
		switch {
		case n < 0:
			parts = append(parts, name+": budget.None")
		case n > 0:
			parts = append(parts, fmt.Sprintf("%s: %d", name, n))
		}
	}
	add("Queries", b.Queries)
	add("Writes", b.Writes)
	add("Duplicates", b.Duplicates)
	return "budget.Budget{" + strings.Join(parts, ", ") + "}"
}

// Advice is what to do about a limit in force.
type Advice struct {
	Unit    *Unit
	Limit   budget.Limit
	Allowed int64
	Seen    int64
	// Propose is the limit to write; it is less than Allowed where there is slack.
	Propose int64
}

// Slack reports whether the limit is higher than the rule gives.
func (a Advice) Slack() bool { return a.Propose < a.Allowed }

// Exceeded reports whether more was seen than is allowed.
func (a Advice) Exceeded() bool { return a.Seen > a.Allowed }

// Check compares the limits in force with what was seen.
func (u *Unit) Check() []Advice {
	var out []Advice
	for limit, n := range u.Limits.Limits() {
		a := Advice{Unit: u, Limit: limit, Allowed: n, Propose: n}
		switch limit {
		case budget.LimitQueries:
			a.Seen, a.Propose = u.Quantile(1), int64(u.Proposal().Queries)
		case budget.LimitWrites:
			a.Seen, a.Propose = u.Writes, withHeadroom(u.Writes)
		case budget.LimitDuplicates:
			a.Seen, a.Propose = u.Duplicates, u.Duplicates
		case budget.LimitRows:
			a.Seen, a.Propose = u.Rows, n // rows grow with the data: nobody can say
		default:
			continue
		}
		out = append(out, a)
	}
	return out
}

// withHeadroom leaves what is never done at none.
func withHeadroom(most int64) int64 {
	if most == 0 {
		return 0
	}
	return most + max(1, (most+headroom-1)/headroom)
}
