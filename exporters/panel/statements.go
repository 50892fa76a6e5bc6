package panel

import (
	"cmp"
	"slices"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// statementKey tells a statement from a line apart, in all reports.
type statementKey struct {
	database    string
	fingerprint statement.Fingerprint
	site        frame
}

func keyOf(g *budget.Group) statementKey {
	return statementKey{g.Database, g.Fingerprint, g.CallSite().Frame}
}

// statementLine adds up a statement from a line over all kept units.
type statementLine struct {
	Fingerprint statement.Fingerprint `json:"fingerprint"`
	Summary     string                `json:"summary"`
	Shape       string                `json:"shape"`
	Database    string                `json:"database,omitempty"`
	Site        frame                 `json:"call_site,omitzero"`
	Calls       int64                 `json:"calls"`
	Rows        int64                 `json:"rows"`
	Errors      int64                 `json:"errors,omitempty"`
	Time        time.Duration         `json:"time_ns"`
	Share       float64               `json:"share"` // of the time of all
	Slowest     time.Duration         `json:"slowest_ns"`
	SlowestIn   budget.ID             `json:"slowest_in"`
	Requests    int                   `json:"requests"`
	Routes      []string              `json:"routes"`
}

// Mean is the time of one execution.
func (l *statementLine) Mean() time.Duration {
	if l.Calls == 0 {
		return 0
	}
	return l.Time / time.Duration(l.Calls)
}

type statementsPage struct {
	Statements []*statementLine `json:"statements"`
	// All is the number of statements, of which the first are listed.
	All     int           `json:"all"`
	Sort    string        `json:"-"`
	Time    time.Duration `json:"time_ns"`
	Caching caching       `json:"worth_caching"`
	Store   stats         `json:"store"`
}

// shownStatements is the number of statements that are listed.
const shownStatements = 200

func (p *Panel) statements(sort string) *statementsPage {
	entries, about := p.store.all()
	out := &statementsPage{Statements: []*statementLine{}, Sort: sort, Store: about, Caching: worthCaching(entries)}
	lines := map[statementKey]*statementLine{}
	for _, e := range entries {
		for i := range e.report.Groups {
			if g := &e.report.Groups[i]; !g.Overflow {
				lineFor(lines, g).add(g, e)
				out.Time += g.Time
			}
		}
	}
	for _, l := range lines {
		l.Share = ratio(int64(l.Time), int64(out.Time))
		slices.Sort(l.Routes)
		out.Statements = append(out.Statements, l)
	}
	sortStatements(out.Statements, sort)
	out.All = len(out.Statements)
	out.Statements = out.Statements[:min(out.All, shownStatements)]
	return out
}

func lineFor(lines map[statementKey]*statementLine, g *budget.Group) *statementLine {
	key := keyOf(g)
	l := lines[key]
	if l == nil {
		l = &statementLine{Fingerprint: g.Fingerprint, Summary: g.Summary, Shape: g.Shape, Database: g.Database, Site: key.site}
		lines[key] = l
	}
	return l
}

func (l *statementLine) add(g *budget.Group, e *entry) {
	l.Calls += g.Queries
	l.Rows += g.Rows
	l.Errors += g.Errors
	l.Time += g.Time
	l.Requests++
	if g.Slowest > l.Slowest || l.SlowestIn == 0 {
		l.Slowest, l.SlowestIn = g.Slowest, e.report.ID
	}
	if name := e.summarize().Name; !slices.Contains(l.Routes, name) {
		l.Routes = append(l.Routes, name)
	}
}

// sortStatements sorts by the time of all, or what is asked for, the largest first.
func sortStatements(lines []*statementLine, by string) {
	slices.SortFunc(lines, func(a, b *statementLine) int {
		first := 0
		switch by {
		case "calls":
			first = cmp.Compare(b.Calls, a.Calls)
		case "rows":
			first = cmp.Compare(b.Rows, a.Rows)
		case "mean":
			first = cmp.Compare(b.Mean(), a.Mean())
		case "slowest":
			first = cmp.Compare(b.Slowest, a.Slowest)
		}
		return cmp.Or(first, cmp.Compare(b.Time, a.Time), cmp.Compare(a.Shape, b.Shape), cmp.Compare(a.Site.File, b.Site.File), cmp.Compare(a.Site.Line, b.Site.Line))
	})
}

// Sorts are what the statements can be sorted by.
func (s *statementsPage) Sorts() []choice {
	return []choice{{"", "time"}, {"calls", "calls"}, {"rows", "rows"}, {"mean", "mean"}, {"slowest", "slowest"}}
}
