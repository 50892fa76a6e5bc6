package slogbudget

import (
	"cmp"
	"log/slog"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// How many items a record lists, at most, of each kind but the groups.
const (
	maxExceeded   = 5
	maxFindings   = 5
	maxDuplicates = 3
)

// lists are the lists of a record: first what decides, the limits that were exceeded; then
// what to repair; then what ran most.
func (r *reporter) lists(report *budget.Report, exceeded []*budget.ExceededError, findings []*budget.Finding) (attrs []slog.Attr) {
	if len(exceeded)+len(findings)+len(report.Groups) == 0 {
		return nil
	}
	var left leftOut
	callers := callersIn(report, exceeded)
	add := func(key string, n int, list any) {
		if n > 0 {
			attrs = append(attrs, slog.Any(key, list))
		}
	}

	limits, room := exceededList(exceeded, callers, roomOfExceeded)
	left.exceeded = len(exceeded) - len(limits)
	add("exceeded", len(limits), limits)

	found, room := findingList(findings, callers, room+roomOfFindings)
	left.findings = len(findings) - len(found)
	add("findings", len(found), found)

	if r.groups > 0 {
		var worst groupLines
		worst, left.groups, left.queries, room = groupList(pointers(report.Groups), callers, r.groups, room+roomOfGroups, func(g *budget.Group) int64 { return g.Queries })
		add("worst", len(worst), worst)
	}

	var again groupLines
	again, _, left.duplicates, _ = groupList(repeated(report.Groups), callers, maxDuplicates, room+roomOfDuplicates, func(g *budget.Group) int64 { return g.Duplicates })
	add("duplicates", len(again), again)
	return append(attrs, left.attr()...)
}

func exceededList(all []*budget.ExceededError, c *callers, room int) (exceededLines, int) {
	var out exceededLines
	for _, e := range all[:min(len(all), maxExceeded)] {
		out = append(out, newExceededLine(e, c.of(e.CallSite())))
	}
	n, room := fit(out, room, (*exceededLine).length)
	return out[:n], room
}

// findingList lists findings: what is certain first, such as rows that stay open, and then
// what happened most often.
func findingList(all []*budget.Finding, c *callers, room int) (findingLines, int) {
	slices.SortStableFunc(all, func(a, b *budget.Finding) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Count, a.Count))
	})
	var out findingLines
	for _, f := range all[:min(len(all), maxFindings)] {
		line := newFindingLine(f)
		line.Caller = c.of(f.CallSite())
		out = append(out, line)
	}
	n, room := fit(out, room, (*findingLine).length)
	return out[:n], room
}

func rank(f *budget.Finding) int {
	switch {
	case f.Allowed != nil:
		return 3
	case f.Confidence == budget.Hint:
		return 2
	case f.Confidence == budget.Certain:
		return 0
	default:
		return 1
	}
}

// groupList lists groups, of which a count is told, those with the most first. It returns
// how many of the groups are left out, and their count.
func groupList(groups []*budget.Group, c *callers, most, room int, count func(*budget.Group) int64) (listed groupLines, left int, counts int64, rest int) {
	all := merged(groups, c, count)
	n, rest := fit(all[:min(len(all), most)], room, (*groupLine).length)
	for _, line := range all[n:] {
		left, counts = left+line.groups, counts+line.Count
	}
	return all[:n], left, counts, rest
}

// groupKey is what tells lines apart.
type groupKey struct {
	line     groupLine
	database string
	caller   callsite.Frame
}

// merged returns the lines of groups, most first. Those that would print the same, as the
// levels of a recursion do, are one.
func merged(groups []*budget.Group, c *callers, count func(*budget.Group) int64) (out groupLines) {
	index := make(map[groupKey]int, len(groups))
	for _, g := range groups {
		line, caller := newGroupLine(g), c.of(g.CallSite())
		key := groupKey{line, g.Database, callsite.Frame{}}
		if caller != nil {
			key.caller = *caller
		}
		at, known := index[key]
		if !known {
			at = len(out)
			index[key] = at
			line.Caller = caller
			out = append(out, line)
		}
		out[at].Count += count(g)
		out[at].groups++
	}
	slices.SortStableFunc(out, func(a, b groupLine) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

func pointers(groups []budget.Group) []*budget.Group {
	out := make([]*budget.Group, len(groups))
	for i := range groups {
		out[i] = &groups[i]
	}
	return out
}

// repeated returns the groups that repeat reads.
func repeated(groups []budget.Group) (out []*budget.Group) {
	for i := range groups {
		if groups[i].Duplicates > 0 {
			out = append(out, &groups[i])
		}
	}
	return out
}

// leftOut is what a record has no room for.
type leftOut struct {
	exceeded, findings, groups int
	queries, duplicates        int64 // of groups
}

func (l *leftOut) attr() []slog.Attr {
	var attrs []slog.Attr
	add := func(key string, n int64) {
		if n > 0 {
			attrs = append(attrs, slog.Int64(key, n))
		}
	}
	add("exceeded", int64(l.exceeded))
	add("findings", int64(l.findings))
	add("groups", int64(l.groups))
	add("queries", l.queries)
	add("duplicates", l.duplicates)
	if len(attrs) == 0 {
		return nil
	}
	return []slog.Attr{slog.GroupAttrs("left_out", attrs...)}
}
