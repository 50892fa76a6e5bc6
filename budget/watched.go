package budget

import (
	"slices"
	"time"

	"github.com/querybudget/querybudget/statement"
)

// shortPause is the pause from which on reads at equal intervals are those of somebody who watches a row.
const shortPause = 200 * time.Millisecond

// isWatched reports whether a group asks one thing at equal intervals, and nothing is asked or called meanwhile:
// three times at least, with pauses of which none is longer than another one by more than a fifth.
func (f *finder) isWatched(group int) bool {
	queries, g := f.queriesOf(group), &f.report.Groups[group]
	if len(queries) < fewRows || g.Distinct != 1 || g.CallsOut {
		return false
	}
	shortest, longest := time.Duration(0), time.Duration(0)
	for i, q := range queries[1:] {
		before := queries[i]
		pause := q.Start - before.end()
		if pause < shortPause || q.Position != before.Position+1 {
			return false
		}
		if i == 0 || pause < shortest {
			shortest = pause
		}
		longest = max(longest, pause)
	}
	return longest <= shortest+shortest/5
}

// asksForVersion reports whether a read without keys selects a version, and nothing else: that of a cache, which
// is looked at each time the cache is used.
func asksForVersion(st *statement.Statement) bool {
	list, ok := selectList(st.Shape)
	return ok && len(st.Keys) == 0 && isVersion(unquoted(list))
}

// mayBeAskedInVain reports whether several lines send one read that has found nothing.
func mayBeAskedInVain(s *suspect) bool {
	return s.account.anyGroup(func(g *group) bool {
		if g.Rows > 0 || !g.origin.statement.Repeatable {
			return false
		}
		lines := 0
		s.account.anyGroup(func(h *group) bool {
			if h.Rows == 0 && h.origin.statement.Fingerprint == g.origin.statement.Fingerprint {
				lines++
			}
			return lines >= fewRows
		})
		return lines >= fewRows
	})
}

// askedInVain returns the reads that three lines or more have sent, and that found nothing each time, of tables
// to which nothing is written: a cache that keeps what was found alone, for instance. One line looks whether
// something is there by now, also one that calls itself, and so does who waits, or has a lock since.
func (f *finder) askedInVain() map[int]*repetition {
	type question struct {
		statement                      statement.Fingerprint
		handle, arguments, transaction int
		locks                          int // that were had before
	}
	asked := make(map[question][]*Query)
	var order []question
	locks := 0
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Locks {
			locks++
		}
		if q.Kind != statement.Read || !q.Repeatable || q.Rows != 0 || q.Open || q.Failed != "" || q.Group < 0 || q.Arguments == 0 || f.writesTo(q.Statement) {
			continue
		}
		key := question{q.Fingerprint, q.Handle, q.Arguments, q.Transaction, locks}
		if asked[key] == nil {
			order = append(order, key)
		}
		if !slices.ContainsFunc(asked[key], func(p *Query) bool {
			return p.stack.Folded() == q.stack.Folded() || q.Start < p.end() || q.Start-p.end() > shortPause
		}) {
			asked[key] = append(asked[key], q)
		}
	}
	var out map[int]*repetition
	for _, key := range order {
		queries := asked[key]
		if len(queries) < fewRows {
			continue
		}
		for range queries[1:] {
			out = again(out, queries[1], queries[0])
		}
	}
	return out
}

// writesTo reports whether the unit writes to a table of a statement, or may do so.
func (f *finder) writesTo(st *statement.Statement) bool {
	return slices.ContainsFunc(f.report.Groups, func(g Group) bool {
		return g.Statement != nil && g.Kind == statement.Write && (len(g.Tables) == 0 || g.SharesTable(st))
	})
}
