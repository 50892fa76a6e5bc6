package budget

import (
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// loopGroup is a group that may be a loop, or the sum of several that are one.
type loopGroup struct {
	*Group
	members   []int // of the report's groups, the first one first
	recursive bool  // from a function that calls itself
	parent    *Related
	parentKey string // the key that has the parent's values
	isLikely  bool   // the parent, by all its values, or by its rows and a column's name
	isCached  bool   // each of the parent's values where it came first, and none again
	ofColumn  string // the parent's column that has them
	proof     string
}

// loopGroups returns the groups that may be loops. Those of one statement are one group
// if only the depth of a recursion tells them apart, or if they take turns in one
// function.
func (f *finder) loopGroups(mayBe func(*Group) bool) []*loopGroup {
	var candidates []int
	f.each(func(i int, g *Group) {
		if !f.isSetUp(i) && mayBe(g) {
			candidates = append(candidates, i)
		}
	})
	switch len(candidates) {
	case 0:
		return nil
	case 1:
		return []*loopGroup{f.loopOf(candidates, false)}
	}
	statements := make(map[handleAndShape][]int)
	var order []handleAndShape
	for _, i := range candidates {
		g := &f.report.Groups[i]
		k := handleAndShape{g.Handle, g.Fingerprint}
		if statements[k] == nil {
			order = append(order, k)
		}
		statements[k] = append(statements[k], i)
	}
	var out []*loopGroup
	for _, k := range order {
		out = append(out, f.joinLoops(statements[k])...)
	}
	slices.SortFunc(out, compareLoops)
	return out
}

type handleAndShape struct {
	handle      int
	fingerprint statement.Fingerprint
}

// joinLoops joins groups of one statement.
func (f *finder) joinLoops(groups []int) []*loopGroup {
	if len(groups) == 1 {
		return []*loopGroup{f.loopOf(groups, false)}
	}
	slices.SortFunc(groups, func(a, b int) int { return int(f.report.Groups[a].First - f.report.Groups[b].First) })
	var out []*loopGroup
	rest := groups[:0:0]
	for _, members := range f.recursions(groups) {
		if len(members) == 1 {
			rest = append(rest, members[0])
		} else {
			out = append(out, f.loopOf(members, true))
		}
	}
	for _, members := range f.turns(rest) {
		out = append(out, f.loopOf(members, false))
	}
	return out
}

// loopOf makes a loop of groups: their sum, if they are several.
func (f *finder) loopOf(members []int, recursive bool) *loopGroup {
	if len(members) == 1 {
		return &loopGroup{Group: &f.report.Groups[members[0]], members: members}
	}
	out := &loopGroup{Group: f.sumOf(members), members: members, recursive: recursive}
	if !recursive {
		out.stack = f.lineOfTurns(members)
	}
	return out
}

// recursions puts groups together whose stacks are the same once repeated functions are
// one. A stack that is too deep to be known to its end belongs to the one that it may be
// the inner part of.
func (f *finder) recursions(groups []int) [][]int {
	var out [][]int
	var folded []callsite.CallSite
	places := make(map[uint64]int)
	var cut []int
	for _, i := range groups {
		stack := f.report.Groups[i].stack
		site := stack.CallSite().Fold()
		if site.Cut {
			cut = append(cut, i)
			continue
		}
		place, known := places[stack.Folded()]
		if !known {
			place = len(out)
			places[stack.Folded()] = place
			out, folded = append(out, nil), append(folded, site)
		}
		out[place] = append(out[place], i)
	}
	for _, i := range cut {
		stack := f.report.Groups[i].stack
		site := stack.CallSite().Fold()
		place, known := places[stack.Folded()]
		if !known {
			place = slices.IndexFunc(folded, func(whole callsite.CallSite) bool { return whole.Continues(site) })
		}
		if place < 0 {
			place = len(out)
			places[stack.Folded()] = place
			out, folded = append(out, nil), append(folded, site)
		}
		out[place] = append(out[place], i)
	}
	return out
}

// turns puts groups together that take turns in one function: a loop that sends the
// statement from one helper or another, or on one of two lines. Lists that are read one
// after the other are not, and neither are two statements of each item.
func (f *finder) turns(groups []int) [][]int {
	var out [][]int
	for _, i := range groups {
		at := slices.IndexFunc(out, func(members []int) bool {
			return slices.ContainsFunc(members, func(m int) bool { return f.takeTurns(m, i) })
		})
		if at < 0 {
			out = append(out, []int{i})
		} else {
			out[at] = append(out[at], i)
		}
	}
	return out
}

func (f *finder) takeTurns(a, b int) bool {
	g, h := &f.report.Groups[a], &f.report.Groups[b]
	if max(g.Queries, h.Queries) < 2 || !overlap(g, h) {
		return false
	}
	_, onOneLine, shares := innermostShared(g.CallSite(), h.CallSite())
	return shares && (onOneLine || g.Queries != h.Queries)
}

// lineOfTurns is the line of a loop that sends a statement from several helpers.
func (f *finder) lineOfTurns(members []int) *callsite.Stack {
	first := f.report.Groups[members[0]].stack
	site, depth := first.CallSite(), 0
	for _, m := range members[1:] {
		d, _, shares := innermostShared(site, f.report.Groups[m].CallSite())
		if shares {
			depth = max(depth, d)
		}
	}
	if depth == 0 {
		return first
	}
	frames := site.Frames()[depth:]
	return callsite.New(callsite.CallSite{Frame: frames[0], Outer: frames[1:], Cut: site.Cut})
}

// overlap reports whether executions of one group lie between those of another one.
func overlap(a, b *Group) bool {
	return a.First < b.Last && b.First < a.Last || a.Parallel && b.Parallel
}

// sumOf adds up groups of one statement. It has the call site of the first one.
func (f *finder) sumOf(groups []int) *Group {
	first := &f.report.Groups[groups[0]]
	sum := &Group{
		Statement: first.Statement, Database: first.Database, Handle: first.Handle, System: first.System,
		Parents: slices.Clone(first.Parents), stack: first.stack, via: first.via, advice: first.advice,
	}
	for _, i := range groups {
		g := &f.report.Groups[i]
		sum.add(&g.Sums)
		sum.Chained, sum.ByName = sum.Chained || g.Chained, sum.ByName || g.ByName
		sum.Parents = slices.DeleteFunc(sum.Parents, func(p Parent) bool { return !g.hasParent(p) })
		for _, a := range g.Allowances {
			if !slices.Contains(sum.Allowances, a) {
				sum.Allowances = append(sum.Allowances, a)
			}
		}
	}
	if !slices.ContainsFunc(groups, func(i int) bool { return !slices.Equal(f.report.Groups[i].JointParents, first.JointParents) }) {
		sum.Parents = strongest(slices.Concat(sum.Parents, first.JointParents))
	}
	sum.NewIDsUsed, sum.AsksNewIDs, sum.CallsOut = true, true, true
	for _, i := range groups {
		sum.NewIDsUsed = sum.NewIDsUsed && f.report.Groups[i].NewIDsUsed
		sum.AsksNewIDs = sum.AsksNewIDs && f.report.Groups[i].AsksNewIDs
		sum.CallsOut = sum.CallsOut && f.report.Groups[i].CallsOut
	}
	sum.Distinct = f.distinct(groups, sum.Distinct)
	return sum
}

func (g *Group) hasParent(p Parent) bool {
	return slices.ContainsFunc(
		g.Parents,
		func(q Parent) bool { return q.Position == p.Position && q.Column == p.Column },
	)
}

// distinct counts the different argument lists of several groups by their queries in
// detail, where all are there. It is atMost what the groups have one by one.
func (f *finder) distinct(groups []int, atMost int64) int64 {
	if f.report.Truncated.Queries > 0 {
		return atMost
	}
	var n int64
	seen := make(map[int]bool)
	for _, i := range groups {
		for _, q := range f.queriesOf(i) {
			key, isPart := q.Arguments, q.Paged || q.Batched && !q.oneEach
			if isPart {
				key = -q.Row // 0 for all that have none: they are one
			}
			if key == 0 && !isPart || !seen[key] {
				seen[key] = true
				n++
			}
		}
	}
	return min(n, atMost)
}

// queriesOf returns the queries in detail of a group, in their order.
func (f *finder) queriesOf(group int) []*Query {
	if f.queries == nil {
		f.queries = make([][]*Query, len(f.report.Groups))
		for i := range f.report.Queries {
			if q := &f.report.Queries[i]; q.Group >= 0 {
				f.queries[q.Group] = append(f.queries[q.Group], q)
			}
		}
	}
	return f.queries[group]
}
