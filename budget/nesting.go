package budget

import "slices"

const (
	maxOpenRows = 500 // open results that are told apart
	maxNestings = 50  // pairs of call sites
)

// nesting is a query that was sent while the rows of another one were open, on
// another connection. Whether the one is inside of the other, or both just ran
// in parallel, is told by their call sites when somebody reads.
type nesting struct {
	outer, inner *origin
	count        int64
}

// addOpen counts rows that are open now.
func (a *account) addOpen(rec *record) {
	a.totals.OpenRows++
	if len(a.open) < maxOpenRows {
		a.open = append(a.open, rec)
	}
}

func (a *account) removeOpen(rec *record) {
	last := len(a.open) - 1
	if last >= 0 && a.open[last] == rec {
		a.open = a.open[:last]
	} else if i := slices.Index(a.open, rec); i >= 0 {
		a.open = slices.Delete(a.open, i, i+1)
	}
}

// noteNesting takes note of a query that was executed while rows were open from
// before it started. Inside of one transaction there is one connection, and no
// second one to wait for.
func (a *account) noteNesting(rec *record, options *Bounds) {
	if len(a.open) == 0 || options.Rules.Off || !rec.isQuery() || rec.retry() != nil {
		return
	}
	for i := len(a.open) - 1; i >= 0; i-- {
		outer := a.open[i]
		if outer.returnedAt() > rec.start || outer.origin.database != rec.origin.database ||
			outer.transaction != nil && outer.transaction == rec.transaction {
			continue
		}
		a.addNesting(outer.origin, rec.origin)
		return
	}
}

func (a *account) addNesting(outer, inner *origin) {
	for i := range a.nestings {
		n := &a.nestings[i]
		if n.outer.is(outer) && n.inner.is(inner) {
			n.count++
			return
		}
	}
	if len(a.nestings) < maxNestings {
		a.nestings = append(a.nestings, nesting{outer: outer, inner: inner, count: 1})
	}
}
