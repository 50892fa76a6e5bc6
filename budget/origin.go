package budget

import (
	"sync/atomic"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// origin is a statement and where it comes from: what a query is, but for its
// arguments. Equal ones are not always identical.
type origin struct {
	database  *Database
	statement *statement.Statement
	stack     *callsite.Stack
	hash      uint64 // the same for those that count in one group
	kept      atomic.Pointer[keptValue]
	advice    atomic.Pointer[batchedAdvice]
}

// keptValue is what an instrumentation made of an origin, see RunningQuery.Kept.
type keptValue struct{ owner, value any }

// origins is a cache of the origins of one database: most queries have one that was
// seen before. It has no locks, starts small, and grows to a bound when as many origins
// were missed as it has places.
type origins struct {
	places atomic.Pointer[[]atomic.Pointer[origin]]
	missed atomic.Int32
}

const (
	fewOrigins = 16
	maxOrigins = 1024
)

// origin returns the origin of a statement that is sent from a stack.
func (d *Database) origin(st *statement.Statement, s *callsite.Stack) *origin {
	h := (s.Hash() ^ uint64(st.Fingerprint)) * fnvPrime
	h ^= h >> 32
	places := *d.origins.places.Load()
	place := &places[h&uint64(len(places)-1)]
	if o := place.Load(); o != nil && o.statement == st && o.stack == s {
		return o
	}
	o := &origin{database: d, statement: st, stack: s, hash: h}
	place.Store(o)
	if len(places) < maxOrigins && d.origins.missed.Add(1) >= int32(len(places)) {
		d.origins.grow(4 * len(places))
	}
	return o
}

// grow makes places anew. Origins that are seen again are made anew, too.
func (o *origins) grow(places int) {
	more := make([]atomic.Pointer[origin], places)
	o.places.Store(&more)
	o.missed.Store(0)
}

// is reports whether two origins count in one group. Stacks are compared by
// identity, which costs nothing; reports join the groups of equal call sites.
func (o *origin) is(other *origin) bool {
	return o == other ||
		o.stack == other.stack && o.database == other.database && o.statement.Fingerprint == other.statement.Fingerprint
}

// siteCall tells origins apart by their call sites, in place of their stacks.
type siteCall struct {
	database    *Database
	fingerprint statement.Fingerprint
	site        uint64
}

// siteCall symbolises the stack.
func (o *origin) siteCall() siteCall {
	return siteCall{o.database, o.statement.Fingerprint, o.stack.Key()}
}

// loopCall is siteCall for what is limited: however deep a recursion is, it is one call
// site.
func (o *origin) loopCall() siteCall {
	return siteCall{o.database, o.statement.Fingerprint, o.stack.Folded()}
}
