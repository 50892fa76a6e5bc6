package budget

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// joined is a Group with what only findings need.
type joined struct {
	*Group
	statement     *Statement
	database      *Database
	arguments     argumentSet
	slowestExec   time.Duration
	mostRows      int64
	open          int64
	inTransaction bool
	parallel      bool
	spread        bool // whether another call site sends the same statement
	allowances    []*allowance
	tracked       []map[uint64]bool
}

// joinGroups joins the groups of equal call sites and sorts them, the most
// executions first. The second result has their Groups alone.
func (a *account) joinGroups() ([]joined, []Group) {
	n := a.groups.n
	if n == 0 && a.overflow == nil {
		return nil, nil
	}
	// Few are joined, so they are sorted before: that moves pointers, not groups.
	raw := make([]*group, 0, n)
	a.groups.each(func(g *group) { raw = append(raw, g) })
	slices.SortFunc(raw, func(a, b *group) int { return compareGroups(a.count, b.count, a.first, b.first) })
	t := joinTable{
		joined: make([]joined, 0, n+1),
		groups: make([]Group, 0, n+1), // which does not grow: joined points into it
		places: make([]int32, 1<<bits.Len(uint(2*n))),
	}
	for _, g := range raw {
		t.joinedOf(g.origin).add(g)
	}
	if a.overflow != nil {
		t.add(Group{Overflow: true}).add(a.overflow)
	}
	if len(t.joined) != len(raw) || a.overflow != nil {
		t.sort()
	}
	return t.joined, t.groups
}

// compareGroups puts what was executed most often first, and then what came first.
func compareGroups(aCount, bCount, aFirst, bFirst int64) int {
	if aCount != bCount {
		return cmp.Compare(bCount, aCount)
	}
	return cmp.Compare(aFirst, bFirst)
}

// joinTable finds groups by statement, database and call site.
type joinTable struct {
	joined []joined
	groups []Group // those in joined
	places []int32 // a power of two of places in joined, from 1, by fingerprint
}

// joinedOf returns the group of an origin, which it makes if there is none.
func (t *joinTable) joinedOf(o *origin) *joined {
	mask, spread := uint64(len(t.places)-1), false
	h := o.statement.Fingerprint * fnvPrime
	for i := h ^ h>>32; ; i++ {
		place := &t.places[i&mask]
		if *place == 0 {
			g := t.add(newGroup(o))
			g.statement, g.database, g.spread = o.statement, o.database, spread
			*place = int32(len(t.joined))
			return g
		}
		g := &t.joined[*place-1]
		if g.Fingerprint != o.statement.Fingerprint {
			continue
		}
		if g.database == o.database && (g.stack == o.stack || g.stack.siteKey() == o.stack.siteKey()) {
			return g
		}
		g.spread, spread = true, true
	}
}

func (t *joinTable) add(g Group) *joined {
	t.groups = append(t.groups, g)
	t.joined = append(t.joined, joined{Group: &t.groups[len(t.groups)-1]})
	return &t.joined[len(t.joined)-1]
}

// sort sorts both slices.
func (t *joinTable) sort() {
	slices.SortFunc(t.joined, func(a, b joined) int { return compareGroups(a.Queries, b.Queries, a.First, b.First) })
	sorted := make([]Group, len(t.groups))
	for i := range t.joined {
		sorted[i] = *t.joined[i].Group
	}
	t.groups = sorted
}

func newGroup(o *origin) Group {
	st := o.statement
	return Group{
		Shape: st.Shape, Summary: st.Summary, Kind: st.Kind, Tables: st.Tables, Fingerprint: st.Fingerprint,
		Batched: st.Batched, Database: o.database.name, System: o.database.system, stack: o.stack,
	}
}

// add adds the numbers of g.
func (out *joined) add(g *group) {
	if g.first != 0 && (out.First == 0 || g.first < out.First) {
		out.First = g.first
	}
	out.Last = max(out.Last, g.last)
	out.Queries += g.count
	out.Blocked += int64(g.blocked)
	out.Duplicates += int64(g.duplicates)
	out.Retries += int64(g.retries)
	out.Errors += int64(g.errors)
	out.Rows += g.rows
	out.RowsAffected += g.affected
	out.Time += g.exec + g.fetch
	out.Slowest = max(out.Slowest, g.slowest)
	out.arguments.join(&g.arguments)
	out.slowestExec = max(out.slowestExec, g.slowestExec)
	out.mostRows = max(out.mostRows, g.mostRows)
	out.open += int64(g.open)
	out.inTransaction = out.inTransaction || g.inTransaction
	out.parallel = out.parallel || g.parallel
	more := g.look()
	if out.allowances == nil {
		out.allowances = more.allowances
	}
	if more.tracked != nil {
		out.tracked = joinTracked(out.tracked, more.tracked)
	}
}
