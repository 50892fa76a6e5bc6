package panel

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// listQuery is what the list of requests is asked for, in the query of its URL.
type listQuery struct {
	Route   string // the name of the unit: "GET /authors"
	Verdict string // "exceeded", "within" or "none"
	Finding string // a kind of finding, or "any"
	Min     int64  // queries, at least
	Text    string // in the name, a statement or a line
	Sort    string // "queries", "repeats", "rows", "db", "duration"; the newest first without it
	Limit   int
}

const (
	shownRequests = 100
	maxText       = 200 // bytes of a text that is looked for
)

func readListQuery(v url.Values) listQuery {
	q := listQuery{Route: v.Get("route"), Verdict: v.Get("verdict"), Finding: v.Get("finding"), Text: strings.TrimSpace(v.Get("q")), Sort: v.Get("sort")}
	q.Min, _ = strconv.ParseInt(v.Get("min"), 10, 64)
	q.Limit, _ = strconv.Atoi(v.Get("limit"))
	if q.Limit <= 0 {
		q.Limit = shownRequests
	}
	q.Text = q.Text[:min(len(q.Text), maxText)]
	return q
}

// IsFiltered reports whether some requests may be left out.
func (q listQuery) IsFiltered() bool {
	return q.Route != "" || q.Verdict != "" || q.Finding != "" || q.Min > 0 || q.Text != ""
}

// More is the query of a page that shows all.
func (q listQuery) More() string {
	v := url.Values{}
	for name, value := range map[string]string{"route": q.Route, "verdict": q.Verdict, "finding": q.Finding, "q": q.Text, "sort": q.Sort} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Min > 0 {
		v.Set("min", strconv.FormatInt(q.Min, 10))
	}
	v.Set("limit", "100000")
	return v.Encode()
}

func (q listQuery) matches(e *entry) bool {
	s := e.summarize()
	switch {
	case q.Route != "" && s.Name != q.Route,
		s.Queries < q.Min,
		q.Verdict == "exceeded" && !s.IsOver(),
		q.Verdict == "within" && s.Outcome != string(budget.Within),
		q.Verdict == "none" && s.Outcome != string(budget.NoBudget),
		q.Finding != "" && !s.hasFinding(q.Finding):
		return false
	}
	return q.Text == "" || contains(e.report, strings.ToLower(q.Text))
}

func (s *summary) hasFinding(kind string) bool {
	return slices.ContainsFunc(s.Findings, func(b badge) bool { return kind == string(b.Kind) || kind == "any" && !b.Allowed })
}

// list is the list of requests, with what it was asked for.
type list struct {
	Requests []*summary `json:"requests"`
	// Matching is how many there are, of which the first are listed.
	Matching int       `json:"matching"`
	Over     int       `json:"over_budget"`
	Running  []running `json:"running,omitempty"`
	AllRun   int       `json:"running_in_all"`
	Store    stats     `json:"store"`

	Query listQuery `json:"-"`
	Names []string  `json:"-"` // of all units, for the filter
	Kinds []string  `json:"-"` // of findings
}

func (p *Panel) list(q listQuery) *list {
	entries, about := p.store.all()
	out := &list{Requests: []*summary{}, Store: about, Query: q}
	for _, e := range entries {
		s := e.summarize()
		out.Names, out.Kinds = append(out.Names, s.Name), append(out.Kinds, kindsOf(s)...)
		if s.IsOver() {
			out.Over++
		}
		if q.matches(e) {
			out.Requests = append(out.Requests, s)
		}
	}
	out.Matching = len(out.Requests)
	sortRequests(out.Requests, q.Sort)
	out.Requests = out.Requests[:min(len(out.Requests), q.Limit)]
	out.Names, out.Kinds = distinct(out.Names), distinct(out.Kinds)
	out.Running, out.AllRun = p.running()
	return out
}

func (p *Panel) running() ([]running, int) {
	reports, n := p.live.reports()
	out := make([]running, 0, len(reports))
	for _, r := range reports {
		out = append(out, newRunning(r))
	}
	return out, n
}

func kindsOf(s *summary) (out []string) {
	for _, b := range s.Findings {
		out = append(out, string(b.Kind))
	}
	return out
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// sortRequests sorts by a number, the largest first. They come newest first.
func sortRequests(requests []*summary, by string) {
	number := map[string]func(*summary) int64{
		"queries":  func(s *summary) int64 { return s.Queries },
		"repeats":  func(s *summary) int64 { return s.Repeats },
		"rows":     func(s *summary) int64 { return s.Rows },
		"db":       func(s *summary) int64 { return int64(s.DBTime) },
		"duration": func(s *summary) int64 { return int64(s.Duration) },
	}[by]
	if number != nil {
		slices.SortStableFunc(requests, func(a, b *summary) int { return cmp.Compare(number(b), number(a)) })
	}
}

// choice is what a form, or a row of links, offers.
type choice struct{ Value, Label string }

// Sorts are what the list can be sorted by.
func (l *list) Sorts() []choice {
	return []choice{{"", "newest"}, {"queries", "queries"}, {"repeats", "repeats"}, {"rows", "rows"}, {"db", "database time"}, {"duration", "duration"}}
}

// Outcomes are the verdicts that the list can be filtered by.
func (l *list) Outcomes() []string { return []string{"exceeded", "within", "none"} }
