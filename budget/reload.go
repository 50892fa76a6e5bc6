package budget

import (
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// A function that loads a thing with its parts is called again after some of them were written, or for
// the first time, to read back what was written: the parts that did not change are read for nothing,
// but the call is needed.

// maxReloads is how often a group may be such a part: beyond that it is a loop.
const maxReloads = 8

// isReload reports whether all that a group asks again belongs to such calls.
func (f *finder) isReload(group int) bool {
	if f.report.Groups[group].Duplicates > maxReloads {
		return false
	}
	some := false
	for _, q := range f.queriesOf(group) {
		if !q.Duplicate || q.Open {
			continue
		}
		before := f.answerBefore(q)
		if before == nil || !f.isNeededAgain(before, q) && !f.isPartOfReadBack(before, q) {
			return false
		}
		some = true
	}
	return some
}

// isNeededAgain reports whether one function was called for both queries, twice, and the second
// call has another answer to something.
func (f *finder) isNeededAgain(before, again *Query) bool {
	first, ok := calledFor(before.CallSite(), again.CallSite())
	if !ok {
		return false
	}
	second, _ := calledFor(again.CallSite(), before.CallSite())
	for i := range f.report.Groups {
		if !second.has(f.report.Groups[i].CallSite()) {
			continue
		}
		for _, q := range f.queriesOf(i) {
			if q.Position > before.Position && !q.Duplicate && q.Repeatable && f.wasAsked(q, first) && f.isWritten(q, before, first, second) {
				return true
			}
		}
	}
	return false
}

// isPartOfReadBack reports whether a query belongs to a call that begins with the read of a row which
// was written since another query, by the same function: its parts come with it.
func (f *finder) isPartOfReadBack(before, again *Query) bool {
	call, ok := calledBehind(again.CallSite(), before.CallSite())
	if !ok {
		return false
	}
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Position <= before.Position || !call.has(q.CallSite()) {
			continue
		}
		return q != again && q.Kind == statement.Read && q.Rows == 1 && len(q.Keys) > 0 && !q.Duplicate && !f.wasAskedFor(q) && f.isWrittenRow(q, before, call)
	}
	return false
}

// wasAskedFor reports whether a read of another statement asked for a query's row before: then it is no
// new one.
func (f *finder) wasAskedFor(q *Query) bool {
	return slices.ContainsFunc(f.report.Queries, func(p Query) bool {
		return p.Position < q.Position && p.Kind == statement.Read && p.Row != 0 && p.Row == q.Row && p.Fingerprint != q.Fingerprint && p.SharesTable(q.Statement)
	})
}

// isWrittenRow reports whether a query reads a row that was written since another query, as far as is
// known: an INSERT does not say the id that the database makes.
func (f *finder) isWrittenRow(q, since *Query, call calling) bool {
	return slices.ContainsFunc(f.report.Queries, func(w Query) bool {
		return w.Position > since.Position && w.Position < q.Position && w.Kind == statement.Write && w.Failed == "" &&
			(w.Verb == "INSERT" || w.Row != 0 && w.Row == q.Row) && w.Handle == q.Handle && w.SharesTable(q.Statement) && !call.has(w.CallSite())
	})
}

// wasAsked reports whether a call asked what a later query asks: the answer may be another one
// by then.
func (f *finder) wasAsked(q *Query, by calling) bool {
	before := f.answerBefore(q)
	return before != nil && by.has(before.CallSite())
}

// isWritten reports whether something between two calls wrote what a query reads: what the calls
// write themselves is not why there are two.
func (f *finder) isWritten(q, since *Query, calls ...calling) bool {
	for i := range f.report.Groups {
		g := &f.report.Groups[i]
		if g.Kind != statement.Write || g.Last < since.Position && g.First < since.Position || g.First > q.Position || !g.SharesTable(q.Statement) {
			continue
		}
		site := g.CallSite()
		if !slices.ContainsFunc(calls, func(c calling) bool { return c.has(site) }) {
			return true
		}
	}
	return false
}

// calling is a call of a function from a line.
type calling struct {
	function string
	from     []callsite.Frame // the line that calls it, and the frames around that
}

// calledBehind returns the call that led to a call site, where the same function led to the other one
// by another line, which may be that of the query.
func calledBehind(site, other callsite.CallSite) (calling, bool) {
	x, y := site.Frames(), other.Frames()
	i, j := len(x)-1, len(y)-1
	for i > 0 && j > 0 && x[i] == y[j] {
		i, j = i-1, j-1
	}
	if i < 1 || x[i] == y[j] || x[i].Function != y[j].Function {
		return calling{}, false
	}
	return calling{x[i-1].Function, x[i:]}, true
}

// calledFor returns the call that led to the first call site, where a function called it on one
// line and on another one for the second call site.
func calledFor(site, other callsite.CallSite) (calling, bool) {
	call, ok := calledBehind(site, other)
	if !ok {
		return calling{}, false
	}
	at := len(other.Frames()) - len(call.from) - 1
	return call, at >= 0 && other.Frames()[at].Function == call.function
}

// has reports whether a call site is below the call.
func (c calling) has(site callsite.CallSite) bool {
	frames := site.Frames()
	at := len(frames) - len(c.from)
	if at < 1 || frames[at-1].Function != c.function {
		return false
	}
	for i, f := range c.from {
		if frames[at+i] != f {
			return false
		}
	}
	return true
}
