package budget

import "time"

// groupKey tells groups apart. The stack is compared by identity, which costs
// nothing; reports join the groups of equal call sites.
type groupKey struct {
	database    *Database
	fingerprint uint64
	stack       *Stack
}

// siteCall is groupKey with the call site in place of the stack.
type siteCall struct {
	database    *Database
	fingerprint uint64
	site        uint64
}

// group adds up the queries of one shape, database and stack.
type group struct {
	statement *Statement
	database  *Database
	stack     *Stack

	count, blocked, duplicates, retries, errors int64
	rows, affected                              int64
	exec, fetch, slowest                        time.Duration
	first, last                                 int64 // positions

	// For findings.
	arguments     argumentSet
	slowestExec   time.Duration
	returned      time.Duration // when the driver returned from the latest
	mostRows      int64
	open          int64
	inTransaction bool
	parallel      bool
	allowances    []*allowance
	tracked       []map[uint64]bool // hashes of the arguments, by place
}

// executed adds an execution, or a further attempt at one.
func (g *group) executed(x *Execution, took time.Duration, err error) {
	g.exec += took
	g.slowest = max(g.slowest, took)
	g.slowestExec = max(g.slowestExec, took)
	if err != nil {
		g.errors++
	}
	g.parallel = g.parallel || x.record.start < g.returned
	g.returned = max(g.returned, x.record.start+took)
	g.inTransaction = g.inTransaction || x.record.call.transaction != nil
	if g.allowances == nil {
		g.allowances = x.lens.allowances
	}
}

func (g *group) is(key groupKey) bool {
	return g.stack == key.stack && g.database == key.database && g.statement.Fingerprint == key.fingerprint
}

// groupOf returns the group of a query, making it while there is room. The
// overflow group takes the rest, so that groups always add up to the totals.
func (a *account) groupOf(x *Execution, room int) *group {
	key := groupKey{x.record.call.database, x.record.call.statement.Fingerprint, x.record.stack}
	if a.latest != nil && a.latest.is(key) { // loops are what there is most of
		return a.latest
	}
	if g := a.groups[key]; g != nil {
		a.latest = g
		return g
	}
	if len(a.groups) < room {
		g := &group{statement: x.record.call.statement, database: x.record.call.database, stack: x.record.stack}
		if a.groups == nil {
			a.groups = make(map[groupKey]*group)
		}
		a.groups[key] = g
		return g
	}
	if a.overflow == nil {
		a.overflow = &group{}
	}
	return a.overflow
}
