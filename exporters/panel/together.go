package panel

import "github.com/querybudget/querybudget/budget"

// together is a loop that the requests of a route show together: none of them need be long
// enough to show it alone.
type together struct {
	Summary    string            `json:"summary"`
	Site       frame             `json:"call_site,omitzero"`
	Each       int64             `json:"each,omitempty"` // queries for each row of the parent
	Parent     frame             `json:"parent_call_site,omitzero"`
	Requests   int64             `json:"requests"`
	Numbers    []int64           `json:"numbers"`
	Confidence budget.Confidence `json:"confidence"`
	Repair     string            `json:"repair"`
}

const (
	maxTogether       = 200   // requests of a route that are looked at, the latest
	relationsTogether = 5_000 // of their statements
	shownTogether     = 3     // loops of a route
)

// loopsOf returns the loops of a route that its requests show together, but for those that
// one of them shows alone.
func loopsOf(entries []*entry) (out []together) {
	across := budget.Across{Relations: relationsTogether}
	alone := map[statementKey]bool{}
	for _, e := range entries[:min(len(entries), maxTogether)] {
		across.Add(e.report)
		for i := range e.report.Findings {
			f := &e.report.Findings[i]
			alone[statementKey{f.Database, 0, f.CallSite().Frame}] = true
			for j := range f.Also {
				alone[statementKey{f.Database, 0, f.Also[j].CallSite().Frame}] = true
			}
		}
	}
	for _, c := range across.Findings() {
		if len(out) == shownTogether || alone[statementKey{c.Database, 0, c.CallSite().Frame}] {
			continue
		}
		loop := together{
			Summary: c.Summary, Site: c.CallSite().Frame, Each: c.Each, Requests: c.Units, Numbers: c.Numbers, Confidence: c.Confidence, Repair: c.Repair,
		}
		if c.Parent != nil {
			loop.Parent = c.Parent.CallSite().Frame
		}
		out = append(out, loop)
	}
	return out
}

// HasParent reports whether it is known whose rows it goes through.
func (l together) HasParent() bool { return l.Parent != (frame{}) }
