package panel

import (
	"cmp"
	"slices"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// comparison says what changed from one unit of work to another one.
type comparison struct {
	Before *summary `json:"before"`
	After  *summary `json:"after"`
	// Changes come first that matter most: by the number of queries more or fewer.
	Changes []change `json:"changes"`
	// Same is the number of statements that ran as often in both.
	Same   int      `json:"same"`
	Totals []total  `json:"totals"`
	Gone   []string `json:"findings_gone,omitempty"`
	New    []string `json:"findings_new,omitempty"`

	Choices []*summary `json:"-"` // that may be compared
}

// change is a statement of a function that ran more or less often.
type change struct {
	// What is "new", "gone", "more" or "fewer", or "same".
	What     string        `json:"what"`
	Summary  string        `json:"summary"`
	Shape    string        `json:"shape"`
	Database string        `json:"database,omitempty"`
	Before   sideOfChange  `json:"before"`
	After    sideOfChange  `json:"after"`
	Site     frame         `json:"call_site,omitzero"` // after, or before if it is gone
	Saved    time.Duration `json:"-"`
}

type sideOfChange struct {
	Queries int64         `json:"queries"`
	Rows    int64         `json:"rows"`
	Time    time.Duration `json:"time_ns"`
}

// More is how many queries came to it.
func (c change) More() int64 { return c.After.Queries - c.Before.Queries }

// total is a number of both.
type total struct {
	Name   string `json:"name"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
	IsTime bool   `json:"is_time,omitempty"`
}

// Less reports whether it fell, More whether it grew.
func (t total) Less() bool { return t.After < t.Before }
func (t total) More() bool { return t.After > t.Before }

// changeKey tells statements apart when the code has changed in between: by function and
// not by line.
type changeKey struct {
	database    string
	fingerprint statement.Fingerprint
	function    string
}

func compare(before, after *entry) *comparison {
	out := &comparison{Before: before.summarize(), After: after.summarize()}
	changes := map[changeKey]*change{}
	var order []*change
	side := func(r *budget.Report, of func(*change) *sideOfChange) {
		for i := range r.Groups {
			g := &r.Groups[i]
			site := g.CallSite().Frame
			key := changeKey{g.Database, g.Fingerprint, site.Function}
			c := changes[key]
			if c == nil {
				c = &change{Summary: g.Summary, Shape: g.Shape, Database: g.Database}
				changes[key], order = c, append(order, c)
			}
			c.Site = site
			s := of(c)
			s.Queries, s.Rows, s.Time = s.Queries+g.Queries, s.Rows+g.Rows, s.Time+g.Time
		}
	}
	side(before.report, func(c *change) *sideOfChange { return &c.Before })
	side(after.report, func(c *change) *sideOfChange { return &c.After })
	for _, c := range order {
		if c.What = c.name(); c.What == "same" {
			out.Same++
		}
		out.Changes = append(out.Changes, *c)
	}
	slices.SortStableFunc(out.Changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(abs(b.More()), abs(a.More())), cmp.Compare(b.After.Time+b.Before.Time, a.After.Time+a.Before.Time))
	})
	out.totals()
	out.Gone, out.New = without(out.Before, out.After), without(out.After, out.Before)
	return out
}

func (c *change) name() string {
	switch more := c.More(); {
	case c.Before.Queries == 0:
		return "new"
	case c.After.Queries == 0:
		return "gone"
	case more > 0:
		return "more"
	case more < 0:
		return "fewer"
	}
	return "same"
}

func (c *comparison) totals() {
	b, a := c.Before, c.After
	c.Totals = []total{
		{Name: "queries", Before: b.Queries, After: a.Queries},
		{Name: "repeats", Before: b.Repeats, After: a.Repeats},
		{Name: "rows", Before: b.Rows, After: a.Rows},
		{Name: "database", Before: int64(b.DBTime), After: int64(a.DBTime), IsTime: true},
		{Name: "wall", Before: int64(b.Duration), After: int64(a.Duration), IsTime: true},
	}
}

// without returns the kinds of findings that one has and the other one has not.
func without(one, other *summary) (out []string) {
	for _, b := range one.Findings {
		if !other.hasFinding(string(b.Kind)) {
			out = append(out, string(b.Kind))
		}
	}
	return distinct(out)
}

func abs(n int64) int64 { return max(n, -n) }
