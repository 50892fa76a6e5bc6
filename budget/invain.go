package budget

import (
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Reads that find nothing, again and again. Who waits for a row, or tries again, asks like that, too.

// mayBeAskedInVain reports whether several lines send one read that has found nothing.
func mayBeAskedInVain(s *suspect) bool {
	return s.account.anyGroup(func(g *group) bool {
		if g.Rows > 0 || !g.origin.statement.Repeatable {
			return false
		}
		if g.Queries >= manyInVain {
			return true
		}
		lines := 0
		s.account.anyGroup(func(h *group) bool {
			if h.Rows == 0 && h.origin.statement.Fingerprint == g.origin.statement.Fingerprint {
				lines++
			}
			return lines >= fewLines
		})
		return lines >= fewLines
	})
}

// fewLines is how many lines have to ask for what is not there.
const fewLines = 2

// askedInVain returns the reads that two lines or more have sent, and that found nothing each time, of tables
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
		if len(queries) < fewLines || len(queries) == fewLines && triesAgain(queries[0].CallSite().Frame, queries[1].CallSite().Frame) {
			continue
		}
		for range queries[1:] {
			out = again(out, queries[1], queries[0])
		}
	}
	return out
}

// triesAgain reports whether a function looks for something on one of its lines, and again on another one.
func triesAgain(first, second callsite.Frame) bool {
	return first.StableName() == second.StableName() && first.Line != second.Line
}

// manyInVain is how often one line has to ask for what is not there: fewer may be who tries again.
const manyInVain = 5

// inVainForRows returns the reads that one line has sent as often as the read before it has rows, with one question,
// and that found nothing each time: a setting that nobody has made, looked for again for each line of a list.
func (f *finder) inVainForRows() (out map[int]*repetition) {
	f.each(func(i int, g *Group) {
		if g.Kind != statement.Read || !g.Repeatable || g.Distinct != 1 || g.Rows != 0 || g.Queries < manyInVain || g.CallsOut || f.writesTo(g.Statement) {
			return
		}
		queries := f.queriesOf(i)
		if int64(len(queries)) != g.Queries || !f.isForRows(queries) {
			return
		}
		for _, q := range queries[1:] {
			out = again(out, q, queries[0])
		}
	})
	return out
}

// isForRows reports whether the read before some others has as many rows as there are of them, and none of them waited.
func (f *finder) isForRows(queries []*Query) bool {
	for i, q := range queries {
		if q.Open || q.Failed != "" || i > 0 && q.Start-queries[i-1].end() > shortPause {
			return false
		}
	}
	list := f.at(queries[0].Position - 1)
	return list != nil && list.Kind == statement.Read && !list.Open && list.Rows == int64(len(queries)) && list.end() <= queries[0].Start
}

// writesTo reports whether the unit writes to a table of a statement, or may do so.
func (f *finder) writesTo(st *statement.Statement) bool {
	return slices.ContainsFunc(f.report.Groups, func(g Group) bool {
		return g.Statement != nil && g.Kind == statement.Write && (len(g.Tables) == 0 || g.SharesTable(st))
	})
}
