// Package diff compares two results: what do the same routes and tests ask for now that
// they did not before?
package diff

import (
	"cmp"
	"slices"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Sign says how an entry changed.
type Sign string

// The signs. Unstable entries have no sign: runs of the same code differ by as much.
const (
	New   Sign = "new"
	Gone  Sign = "gone"
	More  Sign = "more"
	Fewer Sign = "fewer"
	// Grows is an entry that grows faster with the data.
	Grows Sign = "grows"
)

// Change is an entry that changed. Old is nil for a new one, and Now for one that is gone.
type Change struct {
	Sign Sign          `json:"sign"`
	Old  *result.Entry `json:"old,omitempty"`
	Now  *result.Entry `json:"now,omitempty"`
}

// Entry is the present entry, or else the old one.
func (c *Change) Entry() *result.Entry { return cmp.Or(c.Now, c.Old) }

// Worse reports whether the change is for the worse: more, or faster growth. It does not
// tell whether it is a complaint.
func (c *Change) Worse() bool { return c.Sign == New || c.Sign == More || c.Sign == Grows }

// Unit is a unit that changed.
type Unit struct {
	Name string `json:"name"`
	// Old and Now are the numbers of queries.
	Old int64 `json:"old"`
	Now int64 `json:"now"`
	// Statements and Complaints changed.
	Statements []Change `json:"statements,omitempty"`
	Complaints []Change `json:"complaints,omitempty"`
}

// Diff is what changed between two results.
type Diff struct {
	// Compared is the number of units that ran in both.
	Compared int `json:"compared"`
	// Units ran in both and changed.
	Units []Unit `json:"units,omitempty"`
	// Added ran only now; their complaints are new.
	Added []Unit `json:"added,omitempty"`
	// NotRun are names of units that ran only before. Nothing is known of them now.
	NotRun []string `json:"not_run,omitempty"`
	// Unstable are entries of which runs of the same code differ.
	Unstable []*result.Entry `json:"unstable,omitempty"`
	// Caveats say why one of the results is not whole.
	Caveats []string `json:"caveats,omitempty"`
}

// Empty reports whether nothing changed that is known.
func (d *Diff) Empty() bool { return len(d.Units)+len(d.Added)+len(d.NotRun) == 0 }

// Worse returns the complaints that appeared or became more.
func (d *Diff) Worse() []Change {
	var out []Change
	for _, units := range [][]Unit{d.Units, d.Added} {
		for _, u := range units {
			for _, c := range u.Complaints {
				if c.Worse() && c.Now.Gates() {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// Compare compares an old result with the present one.
func Compare(old, now *result.Result) *Diff {
	d := &Diff{}
	for side, r := range map[string]*result.Result{"before": old, "now": now} {
		if what := r.Incomplete(); what != "" {
			d.Caveats = append(d.Caveats, side+", not everything ran: "+what)
		}
	}
	slices.Sort(d.Caveats)
	before, after := byUnit(old), byUnit(now)
	for _, u := range now.Units {
		out := Unit{Name: u.Name, Now: u.Queries}
		was := old.Unit(u.Name)
		if was != nil {
			d.Compared++
			out.Old = was.Queries
		}
		d.compare(&out, before[u.Name], after[u.Name])
		switch {
		case was == nil:
			out.Statements = nil // all of them are new
			d.Added = append(d.Added, out)
		case len(out.Statements)+len(out.Complaints) > 0:
			d.Units = append(d.Units, out)
		}
	}
	for _, u := range old.Units {
		if now.Unit(u.Name) == nil {
			d.NotRun = append(d.NotRun, u.Name)
		}
	}
	return d
}

func byUnit(r *result.Result) map[string][]*result.Entry {
	out := map[string][]*result.Entry{}
	for _, e := range r.Entries {
		out[e.Unit] = append(out[e.Unit], e)
	}
	return out
}

// compare compares the entries of a unit.
func (d *Diff) compare(u *Unit, before, after []*result.Entry) {
	old := map[result.Key]*result.Entry{}
	for _, e := range before {
		old[e.Key] = e
	}
	var all []Change
	for _, now := range after {
		all = append(all, Change{Old: old[now.Key], Now: now})
		delete(old, now.Key)
	}
	for _, e := range before {
		if old[e.Key] != nil {
			all = append(all, Change{Old: e})
		}
	}
	for _, c := range all {
		var isUnstable bool
		if c.Sign, isUnstable = sign(c.Old, c.Now); isUnstable {
			d.Unstable = append(d.Unstable, c.Entry())
		}
		switch {
		case c.Sign == "":
		case c.Entry().IsComplaint():
			u.Complaints = append(u.Complaints, c)
		default:
			u.Statements = append(u.Statements, c)
		}
	}
	for _, changes := range [][]Change{u.Statements, u.Complaints} {
		slices.SortFunc(changes, func(a, b Change) int {
			return cmp.Or(cmp.Compare(b.size(), a.size()), a.Entry().Key.Compare(b.Entry().Key))
		})
	}
}

// size is by how much an entry changed.
func (c *Change) size() int64 {
	var n int64
	if c.Now != nil {
		n = c.Now.Count
	}
	if c.Old != nil {
		n -= c.Old.Count
	}
	return max(n, -n)
}

// sign tells how an entry changed. Counts of several runs are ranges: one that overlaps
// with the other has not changed, and if they differ, the entry is unstable.
func sign(old, now *result.Entry) (s Sign, unstable bool) {
	none := result.Entry{}
	o, n := cmp.Or(old, &none), cmp.Or(now, &none)
	unstable = o.Unstable() || n.Unstable()
	switch {
	case n.Least > o.Count && old == nil:
		return New, unstable
	case o.Least > n.Count && now == nil:
		return Gone, unstable
	case old != nil && now != nil && o.GrowthKnown && n.GrowthKnown && (n.Grows > o.Grows || n.RowsGrow > o.RowsGrow):
		return Grows, unstable
	case n.Least > o.Count:
		return More, unstable
	case o.Least > n.Count:
		return Fewer, unstable
	}
	return "", unstable
}
