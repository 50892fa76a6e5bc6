package budget

import (
	"math"
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// A transaction that writes looks again on purpose: what it has read itself is sure. One that writes and
// locks nothing asks again for what was answered outside of it, unless it is of a level that shows one
// state. Two transactions that only read may each want to see one state.

func mayBeAskedElsewhere(s *suspect) bool {
	return s.totals.Transactions > 0 && s.totals.Reads > 1 && s.account.anyGroup(func(g *group) bool {
		st := g.origin.statement
		return st.Repeatable && g.InTransaction && s.account.anyGroup(func(h *group) bool {
			return h.outside && h.origin.statement.Fingerprint == st.Fingerprint
		})
	})
}

// repetition is how often a group asks what another read has answered before.
type repetition struct {
	first *Query
	count int64
}

// askedElsewhere returns the reads of each group that were answered before: in a transaction if they are
// in none, or the other way around, where that has written nothing.
func (f *finder) askedElsewhere() map[int]*repetition {
	if f.report.Totals.Transactions == 0 || f.report.Truncated.Queries > 0 {
		return nil // what a transaction writes may not be known
	}
	type question struct {
		statement         statement.Fingerprint
		handle, arguments int
	}
	var out map[int]*repetition
	answered, writes := make(map[question]*Query), f.transactionsThatWrite()
	written := make(map[string]int64) // when a table was last written to, or may have been: a transaction may end any time later
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Kind != statement.Read {
			if len(q.Tables) == 0 && q.Kind == statement.Write && q.Transaction != 0 {
				return out // any table may be written to until it ends
			}
			if len(q.Tables) == 0 {
				clear(answered)
			}
			for _, table := range q.Tables {
				written[tableKey(table)] = q.Position
				if q.Transaction != 0 {
					written[tableKey(table)] = math.MaxInt64
				}
			}
			continue
		}
		if slices.ContainsFunc(q.Tables, func(table string) bool { return written[tableKey(table)] == math.MaxInt64 }) {
			continue
		}
		if q.Serializable || q.repeatable || !q.Repeatable || q.Arguments == 0 || q.Group < 0 || q.Open || q.Failed != "" || q.Transaction < 0 || writes[q.Transaction] {
			continue
		}
		key := question{q.Fingerprint, q.Handle, q.Arguments}
		p := answered[key]
		isWritten := p != nil && slices.ContainsFunc(q.Tables, func(table string) bool { return written[tableKey(table)] > p.Position })
		if p == nil || isWritten || (p.Transaction == 0) == (q.Transaction == 0) || q.Duplicate || p.end() > q.Start || p.Rows != q.Rows {
			answered[key] = q
			continue
		}
		out = again(out, q, p)
	}
	return out
}

// transactionsThatWrite returns the transactions of the unit that write or lock something.
func (f *finder) transactionsThatWrite() map[int]bool {
	writes := make(map[int]bool)
	for i := range f.report.Queries {
		if q := &f.report.Queries[i]; q.Transaction > 0 && (q.Kind != statement.Read || q.Locks) {
			writes[q.Transaction] = true
		}
	}
	return writes
}

// addRepetitions makes findings of reads that were answered before.
func (f *finder) addRepetitions(asked map[int]*repetition, how string) {
	for i := range f.report.Groups {
		again, g := asked[i], &f.report.Groups[i]
		if again == nil || again.count+1 < int64(f.rules.Duplicate) || isIntrospection(g.Tables) || f.isSetUp(i) || f.loopOfGroup(i) > 0 || f.loopAround(i) != nil || f.find(Duplicate, i) != nil || f.isOnceByLibrary(i, again.count) {
			continue
		}
		out := f.evidence(g, Duplicate, Candidate, again.count)
		out.Before = relatedQuery(again.first, how)
		out.Repair = keepResult(again.count)
		f.add(out, i)
	}
}
