package panel

import (
	"cmp"
	"slices"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// route adds up the kept units of one name.
type route struct {
	Name     string       `json:"name"`
	Route    budget.Route `json:"route,omitzero"`
	Job      bool         `json:"job,omitempty"`
	Requests int          `json:"requests"`
	// Queries and DBTime (nanoseconds) are spread over the requests.
	Queries spread        `json:"queries"`
	DBTime  spread        `json:"db_ns"`
	Budget  budget.Budget `json:"budget,omitzero"` // of the latest
	// Over is the number of requests over their budget, OverShare in proportion.
	Over      int     `json:"over"`
	OverShare float64 `json:"over_share"`
	Findings  []badge `json:"findings,omitempty"`
	// Loops are those that the requests show together, and none of them alone.
	Loops []together `json:"loops,omitempty"`
	// Worst is the line that took most time in all requests.
	Worst lineOfCode `json:"worst,omitzero"`
	// Latest are the queries of the latest requests, the latest last.
	Latest []int64 `json:"latest_queries"`

	limits []limitLine
}

// spread is how a number is spread.
type spread struct {
	P50 int64 `json:"p50"`
	P95 int64 `json:"p95"`
	Max int64 `json:"max"`
}

// lineOfCode is a statement and where it comes from.
type lineOfCode struct {
	Summary string        `json:"summary"`
	Site    frame         `json:"call_site,omitzero"`
	Time    time.Duration `json:"time_ns"`
	Queries int64         `json:"queries"`
}

// sparkPoints is the number of requests that a route's curve shows.
const sparkPoints = 40

type routesPage struct {
	Routes []route `json:"routes"`
	Store  stats   `json:"store"`
}

func (p *Panel) routes() *routesPage {
	entries, about := p.store.all()
	names := map[string][]*entry{}
	for _, e := range entries {
		name := e.summarize().Name
		names[name] = append(names[name], e)
	}
	out := &routesPage{Routes: []route{}, Store: about}
	for name, of := range names {
		out.Routes = append(out.Routes, newRoute(name, of))
	}
	slices.SortFunc(out.Routes, func(a, b route) int {
		return cmp.Or(cmp.Compare(b.OverShare, a.OverShare), cmp.Compare(b.Queries.P95, a.Queries.P95), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// newRoute adds up units of one name, which come newest first.
func newRoute(name string, entries []*entry) route {
	out := route{Name: name, Requests: len(entries), Route: entries[0].report.Route, Job: entries[0].summarize().Job, Budget: entries[0].report.Budget}
	var queries, times []int64
	lines := map[statementKey]*lineOfCode{}
	for i, e := range entries {
		s := e.summarize()
		queries, times = append(queries, s.Queries), append(times, int64(s.DBTime))
		if s.IsOver() {
			out.Over++
		}
		if i < sparkPoints {
			out.Latest = append(out.Latest, s.Queries)
		}
		out.Findings = joinBadges(out.Findings, s.Findings)
		for j := range e.report.Groups {
			addLine(lines, &e.report.Groups[j])
		}
	}
	slices.Reverse(out.Latest)
	out.Queries, out.DBTime = spreadOf(queries), spreadOf(times)
	out.OverShare = ratio(int64(out.Over), int64(out.Requests))
	out.Loops = loopsOf(entries)
	out.limits = limitsOf(entries[0].report)
	for _, l := range lines {
		if l.Time > out.Worst.Time || l.Time == out.Worst.Time && l.Summary < out.Worst.Summary {
			out.Worst = *l
		}
	}
	return out
}

// Limits are those of the latest request.
func (r route) Limits() []limitLine { return r.limits }

func addLine(lines map[statementKey]*lineOfCode, g *budget.Group) {
	if g.Overflow {
		return
	}
	key := keyOf(g)
	l := lines[key]
	if l == nil {
		l = &lineOfCode{Summary: g.Summary, Site: key.site}
		lines[key] = l
	}
	l.Time += g.Time
	l.Queries += g.Queries
}

func joinBadges(all, more []badge) []badge {
	for _, b := range more {
		at := slices.IndexFunc(all, func(other badge) bool { return other.Kind == b.Kind && other.Allowed == b.Allowed })
		if at < 0 {
			all = append(all, b)
		} else {
			all[at].Count = max(all[at].Count, b.Count)
		}
	}
	slices.SortStableFunc(all, func(a, b badge) int { return cmp.Compare(a.rank(), b.rank()) })
	return all
}

// spreadOf takes the nearest rank: p95 of 20 numbers is the nineteenth.
func spreadOf(numbers []int64) spread {
	slices.Sort(numbers)
	at := func(percent int) int64 { return numbers[(len(numbers)*percent+99)/100-1] }
	return spread{P50: at(50), P95: at(95), Max: numbers[len(numbers)-1]}
}
