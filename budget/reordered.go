package budget

import (
	"maps"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// A list of keys in another order is the same question, such as the users of a page that were collected in a
// map. Values tell.

func mayBeReordered(s *suspect) bool {
	return s.unit.bounds.TrackValues && s.totals.Reads > 1 && s.account.anyGroup(func(g *group) bool {
		st := g.origin.statement
		return st.Kind == statement.Read && st.Batched && st.Repeatable && s.account.anyGroup(func(h *group) bool {
			return h.origin.statement.Fingerprint == st.Fingerprint && (h != g || g.Queries > 1)
		})
	})
}

// sets gives each read with a list of keys a number that its arguments have in any order, each with its
// key.
func (b *builder) sets(records []*record) {
	for i, rec := range records {
		st := rec.origin.statement
		if st.Kind != statement.Read || !st.Batched || !st.Repeatable || slices.Contains(rec.hashes(), 0) || !hasOneList(st, len(rec.hashes())) {
			continue
		}
		sum := uint64(len(rec.hashes()))
		for n, hash := range rec.hashes() {
			key, _ := st.KeyOf(n)
			mixed := (hash ^ uint64(slices.Index(st.Keys, key)+2)*fnvPrime) * fnvPrime
			sum += (mixed ^ mixed>>32) * fnvPrime
		}
		b.report.Queries[i].set = sum
	}
}

// hasOneList reports whether all arguments but those of keys are in one list, of which none is a pair.
func hasOneList(st *statement.Statement, arguments int) bool {
	others := strings.Count(st.Shape, "?")
	for n := range arguments {
		if _, ok := st.KeyOf(n); ok {
			others--
		}
	}
	upper := strings.ToUpper(st.Shape)
	return others == 1 && strings.Contains(upper, " IN (?)") && !strings.Contains(upper, ") IN (?)")
}

// reordered returns the reads of each group that ask for what was asked for in another order.
func (f *finder) reordered() map[int]*repetition {
	type question struct {
		statement           statement.Fingerprint
		literals            uint64
		handle, transaction int
		set                 uint64
	}
	var out map[int]*repetition
	var asked map[question]*Query
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Kind != statement.Read && q.Kind.IsQuery() {
			clear(asked) // whatever it wrote
			continue
		}
		if q.Locks { // others may have written until the lock was had
			maps.DeleteFunc(asked, func(_ question, before *Query) bool { return before.SharesTable(q.Statement) })
			continue
		}
		if q.set == 0 || q.Group < 0 || q.Open || q.Failed != "" || q.Rows == 0 {
			continue
		}
		key := question{q.Fingerprint, q.Literals, q.Handle, q.Transaction, q.set}
		p := asked[key]
		switch {
		case p == nil:
			if asked == nil {
				asked = make(map[question]*Query)
			}
			asked[key] = q
		case p.Arguments == q.Arguments || p.Rows != q.Rows || p.end() > q.Start:
		default:
			out = again(out, q, p)
		}
	}
	return out
}

// again adds a read to those of its group that another one has answered before.
func again(all map[int]*repetition, q, before *Query) map[int]*repetition {
	if all == nil {
		all = make(map[int]*repetition)
	}
	if all[q.Group] == nil {
		all[q.Group] = &repetition{first: before}
	}
	all[q.Group].count++
	return all
}
