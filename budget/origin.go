package budget

// origin is a statement and where it comes from: what a query is, but for its
// arguments. Equal ones are not always identical.
type origin struct {
	database  *Database
	statement *Statement
	stack     *Stack
}

// origin returns the origin of a statement that is sent from s. A stack sends one
// statement as a rule, so the latest is all that it remembers.
func (s *Stack) origin(d *Database, st *Statement) *origin {
	if o := s.latest.Load(); o != nil && o.statement == st && o.database == d {
		return o
	}
	o := &origin{d, st, s}
	s.latest.Store(o)
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
	fingerprint uint64
	site        uint64
}

// siteCall symbolises the stack.
func (o *origin) siteCall() siteCall {
	return siteCall{o.database, o.statement.Fingerprint, o.stack.siteKey()}
}
