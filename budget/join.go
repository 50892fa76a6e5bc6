package budget

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// joined is a Group, and the numbers behind it that only findings need.
type joined struct {
	*Group
	sums   *group // the one group that it is, or the sum of several
	joins  bool   // which of the two
	spread bool   // whether another call site sends the same statement
}

func (g *joined) database() *Database { return g.sums.origin.database }

func (g *joined) statement() *statement.Statement { return g.sums.origin.statement }

func (g *joined) allowances() []*allowance { return g.sums.look().allowances }

// distinct is the number of different argument lists.
func (g *joined) distinct() int64 { return g.sums.arguments.distinct }

// join adds another group of the same call site.
func (g *joined) join(other *group) {
	if !g.joins {
		sums := &group{origin: g.sums.origin}
		sums.join(g.sums)
		g.sums, g.joins = sums, true
	}
	g.sums.join(other)
	*g.Group = newGroup(g.sums)
}

// join adds the numbers of another group.
func (g *group) join(other *group) {
	if other.first != 0 && (g.first == 0 || other.first < g.first) {
		g.first = other.first
	}
	g.last = max(g.last, other.last)
	g.count += other.count
	g.blocked += other.blocked
	g.duplicates += other.duplicates
	g.retries += other.retries
	g.errors += other.errors
	g.rows += other.rows
	g.affected += other.affected
	g.exec += other.exec
	g.fetch += other.fetch
	g.slowest = max(g.slowest, other.slowest)
	g.arguments.join(&other.arguments)
	g.slowestExec = max(g.slowestExec, other.slowestExec)
	g.mostRows = max(g.mostRows, other.mostRows)
	g.open += other.open
	g.inTransaction = g.inTransaction || other.inTransaction
	g.parallel = g.parallel || other.parallel
	if other.more == nil {
		return
	}
	more := g.edit()
	if more.allowances == nil {
		more.allowances = other.more.allowances
	}
	if other.more.tracked != nil {
		more.tracked = joinTracked(more.tracked, other.more.tracked)
	}
}

// newGroup returns a group as the report has it.
func newGroup(g *group) Group {
	out := Group{
		Queries: g.count, Blocked: int64(g.blocked), Duplicates: int64(g.duplicates), Retries: int64(g.retries), Errors: int64(g.errors),
		Rows: g.rows, RowsAffected: g.affected, Time: g.exec + g.fetch, Slowest: g.slowest, First: g.first, Last: g.last,
	}
	st, d := g.origin.statement, g.origin.database
	if st == nil {
		out.Overflow = true
		return out
	}
	out.Shape, out.Summary, out.Kind, out.Tables, out.Fingerprint = st.Shape, st.Summary, st.Kind, st.Tables, st.Fingerprint
	out.Batched, out.Database, out.System, out.stack = st.Batched, d.name, d.system, g.origin.stack
	return out
}

// joinGroups joins the groups of equal call sites and sorts them, the most
// executions first. The second result has their Groups alone.
func (a *account) joinGroups() ([]joined, []Group) {
	n := a.groups.n
	if n == 0 && a.overflow == nil {
		return nil, nil
	}
	// Few are joined, so they are sorted before: that moves pointers, not groups.
	raw := make([]*group, 0, n+1)
	a.groups.each(func(g *group) { raw = append(raw, g) })
	if a.overflow != nil {
		raw = append(raw, a.overflow)
	}
	slices.SortFunc(raw, func(a, b *group) int { return compareGroups(a.count, b.count, a.first, b.first) })
	t := joinTable{
		joined: make([]joined, 0, n+1),
		groups: make([]Group, 0, n+1), // which does not grow: joined points into it
		places: make([]int32, 1<<bits.Len(uint(2*n))),
	}
	for _, g := range raw {
		t.add(g)
	}
	if len(t.joined) < len(raw) {
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

// add joins a group with those of its call site.
func (t *joinTable) add(g *group) {
	o, spread := g.origin, false
	if o.statement == nil { // the overflow group
		t.append(g, spread)
		return
	}
	mask := uint64(len(t.places) - 1)
	h := uint64(o.statement.Fingerprint) * fnvPrime
	for i := h ^ h>>32; ; i++ {
		place := &t.places[i&mask]
		if *place == 0 {
			t.append(g, spread)
			*place = int32(len(t.joined))
			return
		}
		old := &t.joined[*place-1]
		if old.Fingerprint != o.statement.Fingerprint {
			continue
		}
		if old.database() == o.database && (old.stack == o.stack || old.stack.Key() == o.stack.Key()) {
			old.join(g)
			return
		}
		old.spread, spread = true, true
	}
}

func (t *joinTable) append(g *group, spread bool) {
	t.groups = append(t.groups, newGroup(g))
	t.joined = append(t.joined, joined{Group: &t.groups[len(t.groups)-1], sums: g, spread: spread})
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
