package budget

import (
	"strings"
	"time"
)

// group adds up the queries of one origin. It is kept small: most units have a few
// queries that are sent once.
type group struct {
	Sums
	origin *origin
	next   *group // in its bucket

	arguments argumentSet
	returned  time.Duration // when the driver returned from the latest
	lists     uint64        // of the first, see statement.Statement.Lists
	loop      *loop         // where they are limited
	more      *moreOfGroup  // nil for most
	place     int32         // in the report that is being built
}

// moreOfGroup is what few groups have.
type moreOfGroup struct {
	allowances []*allowance
	text       string // as it was sent
}

// edit returns it for writing, look for reading.
func (g *group) edit() *moreOfGroup {
	if g.more == nil {
		g.more = &moreOfGroup{}
	}
	return g.more
}

func (g *group) look() moreOfGroup {
	if g.more == nil {
		return moreOfGroup{}
	}
	return *g.more
}

// executed adds an execution, or a further attempt at one.
func (g *group) executed(rec *record, err error) {
	g.Sums.executed(rec, err)
	g.Parallel = g.Parallel || rec.start < g.returned
	g.returned = max(g.returned, rec.returnedAt())
	if lists := rec.origin.statement.Lists; lists != 0 {
		g.ListsVary = g.ListsVary || g.lists != 0 && g.lists != lists
		g.lists = lists
		if g.loop != nil {
			g.loop.listsVary = g.loop.listsVary || g.ListsVary
		}
	}
	if rec.details != nil && rec.details.SQL != "" {
		g.keepText(rec.details)
	}
	if rec.details != nil && rec.details.allowances != nil && g.look().allowances == nil {
		g.edit().allowances = rec.details.allowances
	}
}

// keepText keeps the first text of a group. Those that are equal share its memory: some
// libraries write each anew.
func (g *group) keepText(d *details) {
	if g.look().text == "" {
		g.edit().text = strings.Clone(d.SQL)
	}
	if d.SQL == g.more.text {
		d.SQL = g.more.text
	}
}

// groupTable finds groups by their origins. It is a hash table with what the
// origins know of their hash; a small unit needs no memory for it.
type groupTable struct {
	few     [8]*group
	buckets []*group // a power of two of them, nil while few are enough
	n       int
}

func (t *groupTable) all() []*group {
	if t.buckets != nil {
		return t.buckets
	}
	return t.few[:]
}

// each calls f for each group.
func (t *groupTable) each(f func(*group)) {
	for _, g := range t.all() {
		for ; g != nil; g = g.next {
			f(g)
		}
	}
}

func (o *origin) bucket(buckets []*group) **group {
	return &buckets[o.hash&uint64(len(buckets)-1)]
}

func (t *groupTable) find(o *origin) *group {
	for g := *o.bucket(t.all()); g != nil; g = g.next {
		if g.origin.is(o) {
			return g
		}
	}
	return nil
}

// add adds a group that is not there.
func (t *groupTable) add(g *group) {
	if old := t.all(); t.n == 2*len(old) {
		t.buckets = make([]*group, 4*len(old))
		for _, g := range old {
			for g != nil {
				next := g.next
				t.link(g)
				g = next
			}
		}
	}
	t.link(g)
	t.n++
}

func (t *groupTable) link(g *group) {
	b := g.origin.bucket(t.all())
	g.next, *b = *b, g
}

// find returns the group of an origin, nil if it has none.
func (a *account) find(o *origin) *group {
	if a.latest == nil || !a.latest.origin.is(o) { // loops are what there is most of
		if g := a.groups.find(o); g != nil {
			a.latest = g
		} else {
			return nil
		}
	}
	return a.latest
}

// groupOf returns the group of a query, making it while there is room. The
// overflow group takes the rest, so that groups always add up to the totals.
func (a *account) groupOf(o *origin, room int) *group {
	if g := a.find(o); g != nil {
		return g
	}
	if a.groups.n >= room {
		if a.overflow == nil {
			a.overflow = &group{origin: &origin{}}
		}
		return a.overflow
	}
	a.latest = a.groupSlab.take()
	a.latest.origin = o
	if a.loops != nil {
		a.latest.loop = a.loopOf(o.loopCall())
	}
	a.groups.add(a.latest)
	return a.latest
}
