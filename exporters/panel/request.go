package panel

import (
	"cmp"
	"slices"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// request is all that is known of one unit of work. In JSON it is its summary, and the
// report as it is encoded everywhere.
type request struct {
	*summary
	Report *budget.Report   `json:"report"`
	After  []*budget.Report `json:"after_its_end,omitempty"`

	Limits    []limitLine `json:"-"`
	Findings  []finding   `json:"-"`
	Groups    []group     `json:"-"`
	Waterfall *waterfall  `json:"-"`
	// Others are requests of the same name, to compare with, the newest first. Before is
	// the one before, nil if there is none.
	Others []*summary `json:"-"`
	Before *summary   `json:"-"`
}

// group is a statement from one line.
type group struct {
	*budget.Group
	Index   int
	Site    callsite.CallSite
	Share   float64 // of the time of all groups
	Kinds   []budget.FindingKind
	Queries []budget.Query // those that are kept one by one
	// Unlisted is the number of its queries that are not.
	Unlisted int64
}

// maxOthers is the number of requests of the same route that are offered for a comparison.
const maxOthers = 30

func (p *Panel) request(id budget.ID) *request {
	e := p.store.find(id)
	if e == nil {
		return nil
	}
	out := newRequest(e.report, e.late, e.summarize())
	entries, _ := p.store.all()
	for _, other := range entries {
		s := other.summarize()
		if other.report.ID == id || s.Name != out.Name {
			continue
		}
		if len(out.Others) < maxOthers {
			out.Others = append(out.Others, s)
		}
		if out.Before == nil && s.Started.Before(out.Started) {
			out.Before = s
		}
	}
	return out
}

func newRequest(r *budget.Report, late []*budget.Report, s *summary) *request {
	out := &request{summary: s, Report: r, After: late, Limits: limitsOf(r), Groups: groupsOf(r), Waterfall: newWaterfall(r)}
	for i := range r.Findings {
		out.Findings = append(out.Findings, newFinding(r, i))
	}
	return out
}

// groupsOf returns the groups, those that took longest first.
func groupsOf(r *budget.Report) []group {
	var all time.Duration
	for i := range r.Groups {
		all += r.Groups[i].Time
	}
	out := make([]group, len(r.Groups))
	for i := range r.Groups {
		g := &out[i]
		g.Group, g.Index, g.Site = &r.Groups[i], i, r.Groups[i].CallSite()
		g.Share = ratio(int64(g.Time), int64(all))
		g.Unlisted = g.Group.Queries
		for f := range r.Statements() {
			if f.Shape == g.Shape && f.Database == g.Database && f.CallSite().Frame == g.Site.Frame && !slices.Contains(g.Kinds, f.Kind) {
				g.Kinds = append(g.Kinds, f.Kind)
			}
		}
	}
	for i := range r.Queries {
		q := &r.Queries[i]
		if q.Group >= 0 && q.Group < len(out) {
			g := &out[q.Group]
			g.Queries, g.Unlisted = append(g.Queries, *q), max(g.Unlisted-1, 0)
		}
	}
	slices.SortStableFunc(out, func(a, b group) int { return cmp.Compare(b.Time, a.Time) })
	return out
}

// limitsOf returns the limits of the budget with what was observed, and those of scopes
// that were exceeded.
func limitsOf(r *budget.Report) (out []limitLine) {
	for limit, allowed := range r.Budget.Limits() {
		line := limitLine{Limit: limit, Allowed: allowed, Observed: observed(r, limit)}
		for _, e := range r.Verdict.Exceeded {
			if e.Limit == limit {
				line.Observed, line.Refused = e.Observed, e.Refused
			}
		}
		out = append(out, line)
	}
	return out
}

// observed is what a limit is held against, where it was not exceeded.
func observed(r *budget.Report, limit budget.Limit) (n int64) {
	switch limit {
	case budget.LimitQueries:
		return r.Totals.Queries
	case budget.LimitWrites:
		return r.Totals.Writes
	case budget.LimitDuplicates:
		return r.Totals.Duplicates
	case budget.LimitRows:
		return r.Totals.Rows
	case budget.LimitTime:
		return int64(r.Totals.WallTime)
	case budget.LimitRepeats:
		return summarize(r, nil).Repeats
	case budget.LimitNPlusOne:
		for i := range r.Findings {
			if f := r.Findings[i].NPlusOne(); f != nil && f.Allowed == nil {
				n++
			}
		}
	}
	return n
}

func ratio(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(max(float64(part)/float64(whole), 0), 1)
}
