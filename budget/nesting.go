package budget

import (
	"slices"

	"github.com/querybudget/querybudget/callsite"
)

const (
	maxOpenRows = 500 // open results that are told apart
	maxNestings = 50  // pairs of call sites
)

// nesting is a query that was sent while the rows of another one were open, on another
// connection, by the goroutine that closed these rows afterwards: it held both
// connections. What other goroutines send meanwhile is none.
type nesting struct {
	outer, inner *origin
	count        int64
}

// suspectedNesting is one whose outer rows are still open: who will close them is not
// known.
type suspectedNesting struct {
	outer     *record
	serial    uint32 // of outer
	inner     *origin
	goroutine uint64 // that sent the inner query
	count     int64
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
// before it started. Inside of one transaction, or on one connection that somebody has
// taken, there is no second one to wait for.
func (a *account) noteNesting(rec *record, options *Bounds) {
	if len(a.open) == 0 || rec.goroutine == 0 || options.Rules.Off || !rec.isQuery() || rec.retry() != nil {
		return
	}
	for i := len(a.open) - 1; i >= 0; i-- {
		outer := a.open[i]
		if outer.returnedAt() > rec.start || outer.origin.database != rec.origin.database ||
			outer.holding != nil && outer.holding == rec.holding {
			continue
		}
		a.suspectNesting(outer, rec)
	}
}

// suspectNesting takes note of a query that may be inside of the loop over rows. Of those
// that have no room, nothing is said.
func (a *account) suspectNesting(outer, inner *record) {
	for i := range a.suspected {
		n := &a.suspected[i]
		if n.outer == outer && n.goroutine == inner.goroutine && n.inner.is(inner.origin) {
			n.count++
			return
		}
	}
	if len(a.suspected) < maxNestings {
		a.suspected = append(a.suspected, suspectedNesting{outer, outer.serial, inner.origin, inner.goroutine, 1})
	}
}

// closing takes note of who closes rows. It is called in the goroutine that does so, with
// the unit's lock.
func (r *Recorder) closing(rec *record) {
	if rec.step != openRows {
		return
	}
	r.unit.open--
	for s := r; s != nil; s = s.parent {
		for _, t := range []*Recorder{s, s.late} {
			if t == nil || t.account == nil {
				continue
			}
			if len(t.account.suspected) > 0 {
				t.account.proveNestings(rec, callsite.Goroutine())
			}
			if len(t.account.meanwhile) > 0 {
				t.proveMeanwhile(rec, callsite.Goroutine())
			}
		}
	}
}

// proveNestings keeps the nestings of rows that are closed by the goroutine that sent the
// inner queries.
func (a *account) proveNestings(outer *record, goroutine uint64) {
	a.suspected = slices.DeleteFunc(a.suspected, func(n suspectedNesting) bool {
		if n.outer != outer {
			return false
		}
		if n.goroutine == goroutine && n.serial == outer.serial {
			a.addNesting(outer.origin, n.inner, n.count)
		}
		return true
	})
}

func (a *account) addNesting(outer, inner *origin, count int64) {
	for i := range a.nestings {
		n := &a.nestings[i]
		if n.outer.is(outer) && n.inner.is(inner) {
			n.count += count
			return
		}
	}
	if len(a.nestings) < maxNestings {
		a.nestings = append(a.nestings, nesting{outer, inner, count})
	}
}
