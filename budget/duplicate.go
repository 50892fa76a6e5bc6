package budget

import (
	"maps"
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

func mayBeDuplicate(s *suspect) bool {
	return s.totals.Duplicates > 0 || s.totals.Reads >= fewLines && mayBeAskedInVain(s) || mayBeAskedElsewhere(s) || mayBeReordered(s) || s.totals.Reads > 1 && s.account.anyGroup(func(g *group) bool {
		st := g.origin.statement
		return mayBeOfOneRow(st) && s.account.anyGroup(func(h *group) bool {
			other := h.origin.statement
			return mayAskAlike(st, other) && mayBeOfOneRow(other) && asksForSameRow(st, other)
		})
	})
}

// duplicates: reads that were answered before.
func (f *finder) duplicates() {
	f.each(func(i int, g *Group) {
		n := f.repeated(i)
		if n == 0 || n+1 < int64(f.rules.Duplicate) || isIntrospection(g.Tables) || f.isSetUp(i) || asksForVersion(g.Statement) {
			return
		}
		if f.loopOfGroup(i) > 0 {
			return // its repair is also this one's
		}
		if loop := f.loopAround(i); loop != nil {
			if loop.Kind == NPlusOne {
				loop.Also = append(loop.Also, *related(g, "the same loop sends it again and again"))
				return
			}
		}
		if f.isOnceByLibrary(i, n) || f.isReload(i) {
			return
		}
		if said := f.saidInLoop(g); said != nil {
			said.Also = append(said.Also, *related(g, "the same loop repeats it too"))
			return
		}
		if said := f.saidOfSame(i); said != nil {
			said.Count += n
			said.Last = max(said.Last, g.Last)
			said.Repair = keepResult(said.Count)
			if said.CallSite().Frame != g.CallSite().Frame {
				said.Also = append(said.Also, *related(g, "it asks the same"))
			}
			return
		}
		out := f.evidence(g, Duplicate, Candidate, n)
		out.Before = f.askedBefore(i)
		out.Repair = keepResult(n)
		f.add(out, i)
	})
	f.addRepetitions(f.askedElsewhere(), "it asked the same first")
	f.addRepetitions(f.askedInVain(), "it asked the same first, and found nothing")
	f.addRepetitions(f.inVainForRows(), "it asked the same first, and found nothing")
	f.addRepetitions(f.reordered(), "it asked for the same list first, in another order")
	f.sameRows()
}

// askedBefore is the query of another line that asked what a group repeats, nil if there is
// none.
func (f *finder) askedBefore(group int) *Related {
	queries := f.queriesOf(group)
	i := slices.IndexFunc(queries, func(q *Query) bool { return q.Duplicate })
	if i < 0 {
		return nil
	}
	if first := f.firstAnswer(queries[i]); first != nil && first.Group != group {
		return relatedQuery(first, "it asked the same first")
	}
	return nil
}

// firstAnswer is the query whose answer one repeats: the latest with the same question that
// repeats none itself, or the first that is kept in detail.
func (f *finder) firstAnswer(q *Query) (first *Query) {
	for i := range f.report.Queries {
		p := &f.report.Queries[i]
		if p.Position >= q.Position {
			break
		}
		if p.asksLike(q) && (first == nil || !p.Duplicate) {
			first = p
		}
	}
	return first
}

// asksLike reports whether a query that has an answer asked what another one asks.
func (q *Query) asksLike(other *Query) bool {
	return q.Arguments == other.Arguments && q.Fingerprint == other.Fingerprint && q.Handle == other.Handle && !q.Open
}

func keepResult(n int64) string {
	return "keep the first result and pass it on, or cache it: saves " + plural(n, "round trip")
}

// saidInLoop is the finding of another statement that one loop repeats as often.
func (f *finder) saidInLoop(g *Group) *Finding {
	for i := range f.found {
		old := &f.found[i]
		if old.Kind != Duplicate || g.Queries < fewRows {
			continue
		}
		h := &f.report.Groups[f.of[i]]
		if h.Queries == g.Queries && h.Handle == g.Handle && overlap(h, g) && inOneFunction(h.CallSite(), g.CallSite()) &&
			slices.Equal(h.Allowances, g.Allowances) {
			return old
		}
	}
	return nil
}

// saidOfSame is the finding of the same statement, if it repeats the same answers, or on
// the same line: by session, authentication and handler, for instance.
func (f *finder) saidOfSame(group int) *Finding {
	g := &f.report.Groups[group]
	for i := range f.found {
		old := &f.found[i]
		if old.Kind != Duplicate || old.Shape != g.Shape || old.Database != g.Database {
			continue
		}
		if !slices.Equal(f.report.Groups[f.of[i]].Allowances, g.Allowances) {
			continue
		}
		if old.CallSite().Frame == g.CallSite().Frame || maps.Equal(f.repeatedLists(f.of[i]), f.repeatedLists(group)) {
			return old
		}
	}
	return nil
}

// repeatedLists are the arguments of a group's duplicates.
func (f *finder) repeatedLists(group int) map[int]bool {
	lists := make(map[int]bool)
	for _, q := range f.queriesOf(group) {
		if q.Duplicate {
			lists[q.Arguments] = true
		}
	}
	return lists
}

// repeated counts the duplicates of a group. It is 0 for one whose answer changed, to other
// values, where they are tracked, or to another number of rows.
func (f *finder) repeated(group int) int64 {
	n := f.report.Groups[group].Duplicates
	if n == 0 {
		return 0
	}
	var latest *Query
	for _, q := range f.queriesOf(group) {
		if !q.Duplicate || q.Open {
			continue
		}
		if f.isOtherAnswer(q) {
			return 0 // it is asked for until it changes
		}
		if q.AfterLock || !f.report.ValuesTracked && f.isAfterLock(q) {
			n--
		}
		latest = q
	}
	if latest != nil && (f.isPolled(latest) || f.isWatched(group)) {
		return 0
	}
	return n
}

// isOtherAnswer reports whether a query had another answer than the one before that asked the same.
func (f *finder) isOtherAnswer(q *Query) bool {
	before := f.answerBefore(q)
	return q.Changed || before != nil && before.Rows != q.Rows
}

// isPolled reports whether the function whose one line has asked until now asks on, and has another
// answer after a write that another part of the unit has made.
func (f *finder) isPolled(latest *Query) bool {
	if first := f.firstAnswer(latest); first == nil || first.Group != latest.Group {
		return false
	}
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Position <= latest.Position || !q.asksLike(latest) {
			continue
		}
		if q.Duplicate || !inOneFunction(q.CallSite(), latest.CallSite()) {
			return false
		}
		if f.isOtherAnswer(q) { // it was not while the write was under way
			return f.isWrittenByOthers(latest, q)
		}
	}
	return false
}

// isWrittenByOthers reports whether other goroutines wrote, and nobody else, while a function asked twice
// and between.
func (f *finder) isWrittenByOthers(before, after *Query) (found bool) {
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Kind != statement.Write || !q.SharesTable(before.Statement) || q.end() <= before.Start || q.Start >= after.end() {
			continue
		}
		if beganAlike(q.CallSite(), before.CallSite()) {
			return false
		}
		found = true
	}
	return found
}

// beganAlike reports whether two stacks have one outermost frame, as those of one goroutine have.
func beganAlike(a, b callsite.CallSite) bool {
	x, y := a.Frames(), b.Frames()
	return len(x) == 0 || len(y) == 0 || x[len(x)-1].Function == y[len(y)-1].Function
}

// answerBefore is the query with the same question before one, nil if it is not kept in
// detail.
func (f *finder) answerBefore(q *Query) (before *Query) {
	for i := range f.report.Queries {
		p := &f.report.Queries[i]
		if p.Position >= q.Position {
			break
		}
		if p.asksLike(q) {
			before = p
		}
	}
	return before
}

// loopAround returns the finding of a loop that sends a group once for each of its items,
// as one of several statements.
func (f *finder) loopAround(group int) *Finding {
	g := &f.report.Groups[group]
	for i, found := range f.inLoop {
		h := &f.report.Groups[i]
		if found > 0 && h.Queries == g.Queries && h.Handle == g.Handle && overlap(h, g) && inOneFunction(h.CallSite(), g.CallSite()) {
			return &f.found[found-1]
		}
	}
	return nil
}

// isOnceByLibrary reports whether a library asked twice for one call of the application,
// such as for two relations to one row: nobody can repair that.
func (f *finder) isOnceByLibrary(group int, n int64) bool {
	g := &f.report.Groups[group]
	return n == 1 && g.Queries == 2 && libraryOf(g.Via()).prefix != ""
}
