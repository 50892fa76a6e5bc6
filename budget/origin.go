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
}

// keptValue is what an instrumentation made of an origin, see RunningQuery.Kept.
type keptValue struct{ owner, value any }

// origins is a cache of the origins of one database: most queries have one that was
// seen before. It has a fixed size and no locks.
type origins [1024]atomic.Pointer[origin]

// origin returns the origin of a statement that is sent from a stack.
func (d *Database) origin(st *statement.Statement, s *callsite.Stack) *origin {
	h := (s.Hash() ^ uint64(st.Fingerprint)) * fnvPrime
	h ^= h >> 32
	place := &d.origins[h%uint64(len(d.origins))]
	if o := place.Load(); o != nil && o.statement == st && o.stack == s {
		return o
	}
	o := &origin{database: d, statement: st, stack: s, hash: h}
	place.Store(o)
	return o
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
