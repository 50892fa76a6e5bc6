package budget

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// maxOutgoing is the number of other services that a unit tells apart.
const maxOutgoing = 50

// Called counts a call of another service that the unit waited for, from a time of
// [Recorder.Clock] until now: of an API, a cache, a search engine. The name is that of
// the service: a constant, no ids. It is no query, and no budget limits it; it tells
// where the rest of the time went. Of more than 50 names the rest is called "others".
func (r *Recorder) Called(name string, began time.Duration, err error) {
	r = r.counting()
	if r == nil {
		return
	}
	u := r.unit
	c := call{name, began, u.now(), err}
	u.lock()
	defer u.mu.Unlock()
	u.cameBack(began)
	for s := r.counts(); s != nil; s = s.around() {
		s.account.called(name, c.to-c.from, err)
		s.account.calledHere(u.positions)
	}
	u.calledNow(c)
	r.calledMeanwhile(c)
}

func (a *account) called(name string, took time.Duration, err error) {
	same := func(o Outgoing) bool { return o.Name == name }
	at := slices.IndexFunc(a.outgoing, same)
	if at < 0 && len(a.outgoing) >= maxOutgoing-1 {
		name = "others"
		at = slices.IndexFunc(a.outgoing, same)
	}
	if at < 0 {
		at = len(a.outgoing)
		a.outgoing = append(a.outgoing, Outgoing{Name: name})
	}
	o := &a.outgoing[at]
	o.Calls++
	o.Time += took
	if err != nil {
		o.Errors++
	}
}

func longestFirst(x, y Outgoing) int { return cmp.Compare(y.Time, x.Time) }

// calledAt is where in a unit another service was called: behind the query of that position.
type calledAt struct {
	position  int64
	goroutine uint64
}

// maxCalledAt is the number of calls whose place in the unit is kept.
const maxCalledAt = 1000

func (a *account) calledHere(position int64) {
	if len(a.calledAt) < maxCalledAt {
		a.calledAt = append(a.calledAt, calledAt{position, callsite.Goroutine()})
	}
}

// callsOut marks the groups between whose executions another service is called.
func (b *builder) callsOut() {
	if len(b.account.calledAt) == 0 {
		return
	}
	members := make([][]*Query, len(b.report.Groups))
	for i := range b.report.Queries {
		if q := &b.report.Queries[i]; q.Group >= 0 {
			members[q.Group] = append(members[q.Group], q)
		}
	}
	for i, queries := range members {
		b.report.Groups[i].CallsOut = b.account.callsBetweenAll(queries)
	}
}

// callsBetweenAll reports whether there is a call between each query and the next one that the
// same goroutine sent. Of a goroutine that sent one of them, such as one for each item, the
// call may come first. One query alone says nothing.
func (a *account) callsBetweenAll(queries []*Query) bool {
	if last := a.calledAt[len(a.calledAt)-1]; len(a.calledAt) == maxCalledAt { // of those behind it nothing is known
		queries = slices.DeleteFunc(slices.Clone(queries), func(q *Query) bool { return q.Position > last.position })
	}
	if len(queries) < 2 {
		return false
	}
	for i, q := range queries {
		isSame := func(o *Query) bool { return o.goroutine == q.goroutine }
		next := slices.IndexFunc(queries[i+1:], isSame)
		from, to := q.Position, int64(math.MaxInt64)
		switch {
		case next >= 0:
			to = queries[i+1+next].Position
		case slices.ContainsFunc(queries[:i], isSame):
			continue // the last of several
		default:
			from = 0
		}
		isBetween := func(c calledAt) bool {
			return c.position >= from && c.position < to && (q.goroutine == 0 || c.goroutine == q.goroutine)
		}
		if !slices.ContainsFunc(a.calledAt, isBetween) {
			return false
		}
	}
	return true
}
