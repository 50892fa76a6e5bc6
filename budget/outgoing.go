package budget

import (
	"cmp"
	"slices"
	"time"
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
