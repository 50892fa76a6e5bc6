package budget

import "time"

const (
	maxOpenRows = 32 // open results that are looked at
	maxNestings = 50 // pairs of call sites
)

// openRows is a result whose rows are open.
type openRows struct {
	id          int64
	at          time.Duration
	database    *Database
	transaction *Transaction
	statement   *Statement
	stack       *Stack
}

// nesting is a query that was sent while the rows of another one were open, on
// another connection. Whether the one is inside of the other, or both just ran
// in parallel, is told by their call sites when somebody reads.
type nesting struct {
	outer, inner *Stack
	outerShape   *Statement
	innerShape   *Statement
	database     *Database
	count        int64
}

func (a *account) opened(x *Execution) {
	if len(a.open) < maxOpenRows {
		a.open = append(a.open, openRows{x.id, x.opened, x.record.call.database, x.record.call.transaction, x.record.call.statement, x.record.stack})
	}
}

func (a *account) closed(x *Execution) {
	for i := range a.open {
		if a.open[i].id == x.id {
			a.open = append(a.open[:i], a.open[i+1:]...)
			return
		}
	}
}

// noteNesting takes note of a query that was executed while rows were open from
// before it started. Inside of one transaction there is one connection, and no
// second one to wait for.
func (a *account) noteNesting(x *Execution) {
	if len(a.open) == 0 || !x.isQuery() || x.retry != nil || x.recorder.unit.options.Rules.Off {
		return
	}
	for i := len(a.open) - 1; i >= 0; i-- {
		o := &a.open[i]
		if o.at > x.record.start || o.database != x.record.call.database || o.transaction != nil && o.transaction == x.record.call.transaction {
			continue
		}
		a.addNesting(o, x)
		return
	}
}

func (a *account) addNesting(o *openRows, x *Execution) {
	for i := range a.nestings {
		n := &a.nestings[i]
		if n.outer == o.stack && n.inner == x.record.stack && n.outerShape == o.statement && n.innerShape == x.record.call.statement {
			n.count++
			return
		}
	}
	if len(a.nestings) < maxNestings {
		a.nestings = append(a.nestings, nesting{
			outer: o.stack, inner: x.record.stack, outerShape: o.statement, innerShape: x.record.call.statement, database: x.record.call.database, count: 1,
		})
	}
}

// isInside reports whether the inner query was sent from inside the loop over the
// outer one's rows, as far as their stacks tell: the same goroutine function at
// the bottom, and one of the inner's frames in the function that opened the rows
// or in one that called it. Code that overlaps with itself ran in parallel.
func (n *nesting) isInside() bool {
	outer, inner := n.outer.CallSite(), n.inner.CallSite()
	if outer.IsZero() || inner.IsZero() || n.outer == n.inner {
		return false
	}
	return bottom(outer).Function == bottom(inner).Function
}

func bottom(s CallSite) Frame {
	if len(s.Outer) == 0 {
		return s.Frame
	}
	return s.Outer[len(s.Outer)-1]
}
