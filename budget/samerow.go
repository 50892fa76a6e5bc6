package budget

import (
	"maps"
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// sameRows: reads of other columns of a row that was read before, with the same
// condition, and EXISTS before the row itself; also one question that has a literal in
// place of an argument.
func (f *finder) sameRows() {
	if f.rules.Duplicate > 2 {
		return // each of them is one repetition
	}
	groups := f.groupsOfOneRow()
	if groups == nil {
		return
	}
	type question struct {
		handle, row, transaction int
		from                     string
	}
	first := make(map[question][]*Query)
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Kind != statement.Read && q.Kind.IsQuery() {
			clear(first) // whatever it wrote
			continue
		}
		from := groups[q.Group].from
		key := question{q.Handle, q.Row, q.Transaction, from}
		isLooked := q.Locks && (len(first[key]) > 0 || readsKeysAlone(q.Statement)) // who looked before the lock looks again after it
		if q.Locks {                                                                // others may have written until the lock was had
			maps.DeleteFunc(first, func(_ question, before []*Query) bool { return before[0].SharesTable(q.Statement) })
		}
		if isLooked || from == "" || q.Row == 0 || q.Open || q.Failed != "" {
			continue
		}
		i := slices.IndexFunc(first[key], func(before *Query) bool { return f.isAnswered(before, q, groups) })
		switch {
		case i < 0 && len(first[key]) < maxSameKeys:
			first[key] = append(first[key], q)
		case i >= 0 && first[key][i].Group != q.Group:
			f.addSameRow(first[key][i], q)
		}
	}
}

// isAnswered reports whether a read that asked for the same row has answered what another one asks: of its row, or,
// where one of them has its values in the text, all.
func (f *finder) isAnswered(before, q *Query, groups map[int]rowAsked) bool {
	row, other := groups[q.Group], groups[before.Group]
	if before.Fingerprint == q.Fingerprint {
		return before.Group == q.Group || before.Rows == q.Rows && q.Rows > 0 && mayAskAlike(f.report.Groups[before.Group].Statement, f.report.Groups[q.Group].Statement)
	}
	return before.Rows == 1 && q.Rows == 1 && row.isSameRow(other) && (!row.hasMore || before.Arguments == q.Arguments)
}

// readsKeysAlone reports whether a read selects nothing but its keys, or constants: it is sent for its lock.
func readsKeysAlone(st *statement.Statement) bool {
	list, ok := selectList(withoutLock(st.Shape))
	return ok && !slices.ContainsFunc(splitTop(list, ","), func(item string) bool {
		return item != "?" && !slices.ContainsFunc(st.Keys, func(key string) bool { return plainName(unquoted(key)) == plainName(unquoted(item)) })
	})
}

func (f *finder) addSameRow(before, q *Query) {
	if f.loopOfGroup(q.Group) > 0 || f.loopOfGroup(before.Group) > 0 || f.find(Duplicate, before.Group) != nil || f.find(Duplicate, q.Group) != nil {
		return
	}
	if g := &f.report.Groups[q.Group]; libraryOf(g.Via()).prefix != "" && lineOf(before.CallSite()) == lineOf(q.CallSite()) {
		return
	}
	if before.Fingerprint == q.Fingerprint {
		f.addSameText(before, q)
		return
	}
	out := f.evidence(&f.report.Groups[q.Group], Duplicate, Candidate, 1)
	out.Before = relatedQuery(before, "it read the same row")
	out.Repair = "read the row once, with all the columns that are needed: saves 1 round trip"
	f.add(out, q.Group)
}

// addSameText adds a read that asked the same, but for what is in the text. Where other lines ask that, too, they are one.
func (f *finder) addSameText(before, q *Query) {
	g := &f.report.Groups[q.Group]
	if i := slices.IndexFunc(f.found, func(old Finding) bool {
		return old.Kind == Duplicate && old.Shape == g.Shape && old.Database == g.Database
	}); i >= 0 {
		old := &f.found[i]
		old.Count++
		old.Last, old.Repair = max(old.Last, q.Position), keepResult(old.Count)
		old.Also = append(old.Also, *related(g, "it asks the same"))
		return
	}
	out := f.evidence(g, Duplicate, Candidate, 1)
	out.Before, out.Repair = relatedQuery(before, "it asked the same first"), keepResult(1)
	f.add(out, q.Group)
}

func lineOf(s callsite.CallSite) callsite.Frame { return s.Frame }
