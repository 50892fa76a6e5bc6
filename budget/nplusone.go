package budget

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// loopGroup is a group that is a loop, or the sum of several that are one.
type loopGroup struct {
	*Group
	index int // in the report, noGroup for a sum
}

func mayBeNPlusOne(s *suspect) bool {
	n := int64(s.rules.NPlusOne)
	isRead := func(g *group) bool { return canBeLoop(g.origin.statement) }
	return s.account.busiest(s.totals.Reads, n-1, isRead) >= n
}

// nPlusOne finds one query for each row of another: the same statement from the
// same call site, with as many different arguments as executions allow.
//
// A loop that sends several statements for each item is one finding. A loop
// whose line sends one statement from several helpers is found at that line.
func (f *finder) nPlusOne() {
	var loops []*loopGroup
	f.each(func(i int, g *Group) {
		if f.isLoop(g) {
			loops = append(loops, &loopGroup{g, i})
		}
	})
	loops = append(loops, f.spreadLoops()...)
	slices.SortFunc(
		loops,
		func(a, b *loopGroup) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Shape, b.Shape)) },
	)
	many := len(loops) > maxLoops
	f.loops = slices.Clone(loops[:min(len(loops), maxLoops)])
	for len(loops) > 0 {
		first := loops[0]
		var also []Related
		rest := loops[:0:0]
		for _, g := range loops[1:] {
			if !many && sameLoop(first, g) {
				also = append(also, *related(g.Group, "the same loop sends it too"))
			} else {
				rest = append(rest, g)
			}
		}
		f.addNPlusOne(first, also)
		loops = rest
	}
}

// maxLoops is the number of loops up to which they are compared with each other.
// A unit with more has no loop that is worth telling apart.
const maxLoops = 50

func (f *finder) addNPlusOne(g *loopGroup, also []Related) {
	out := f.evidence(g.Group, NPlusOne, Candidate, g.Queries)
	out.Also = also
	if parent, proof := f.prove(g.Group); parent != nil {
		out.Parent, out.Proof, out.Confidence = parent, proof, Proven
	} else {
		out.Parent = cmp.Or(f.parent(g.Group), f.outerLoop(g))
	}
	out.Repair = readRepair(g.Group, out.Parent)
	f.add(out, g.index)
}

// prove returns the latest earlier result of which one column has all arguments of a
// loop.
func (f *finder) prove(g *Group) (parent *Related, proof string) {
	for _, p := range g.Parents {
		q := f.at(p.Position)
		if q == nil || p.Arguments < int64(min(f.rules.NPlusOne, fewArguments)) {
			continue
		}
		proof = fmt.Sprintf("all %d arguments are values of %s of query %d", p.Arguments, p.Column, p.Position)
		return relatedQuery(q, proof), proof
	}
	return nil, ""
}

// isLoop applies the threshold, and leaves out what only looks like a loop over
// rows.
func (f *finder) isLoop(g *Group) bool {
	n := int64(f.rules.NPlusOne)
	return g.Queries >= n && g.Distinct >= min(n, fewArguments) && f.canBeLoop(g)
}

func (f *finder) canBeLoop(g *Group) bool {
	return !g.Overflow && !g.ListsVary && canBeLoop(g.Statement) && !f.checksBeforeInsert(g)
}

// canBeLoop leaves out the statements that are no loop over rows by themselves:
// those that read no table, ask for several keys at once, read a schema, or read
// page by page.
func canBeLoop(st *statement.Statement) bool {
	return st.Kind == statement.Read && len(st.Tables) > 0 && !st.Batched && !isIntrospection(st.Tables) && !st.Paged
}

// checksBeforeInsert recognises a look before each insert into the same table,
// which finds nothing.
func (f *finder) checksBeforeInsert(g *Group) bool {
	if g.Rows > 0 {
		return false
	}
	return slices.ContainsFunc(f.report.Groups, func(w Group) bool {
		return w.Kind == statement.Write && w.Verb == "INSERT" && w.SharesTable(g.Statement)
	})
}

// sameLoop reports whether two groups are statements of one loop: as many
// executions, interleaved, below a common line.
func sameLoop(a, b *loopGroup) bool {
	interleaved := b.First < a.Last && a.First < b.Last || a.Parallel && b.Parallel
	if a.Queries != b.Queries || a.Handle != b.Handle || !interleaved {
		return false
	}
	return commonLine(a.stack.CallSite(), b.stack.CallSite())
}

// commonLine reports whether two call sites are in one function, or below one
// line.
func commonLine(a, b callsite.CallSite) bool {
	if a.Function == b.Function {
		return true
	}
	for _, x := range a.Frames() {
		for _, y := range b.Frames() {
			if x.Function == y.Function && x.File == y.File {
				// The innermost function they share: the loop's, or one around it.
				return x.Line == y.Line || len(a.Outer) == len(b.Outer)
			}
		}
	}
	return false
}

// spreadLoops finds a statement that a loop sends from several helpers, of which
// none is over the threshold. One of them has to be sent again, or there is no
// loop.
func (f *finder) spreadLoops() []*loopGroup {
	if len(f.report.Groups) < 2 {
		return nil
	}
	type key struct {
		handle      int
		fingerprint statement.Fingerprint
		outer       uint64
	}
	lines := make(map[key][]int)
	var order []key
	sites := f.sitesOf()
	f.each(func(i int, g *Group) {
		site := callsite.CallSite{}
		if sites[handleAndShape{g.Handle, g.Fingerprint}] > 1 && f.canBeLoop(g) && !f.isLoop(g) {
			site = g.CallSite()
		}
		if len(site.Outer) == 0 {
			return
		}
		k := key{g.Handle, g.Fingerprint, outerStack(site).Key()}
		if lines[k] == nil {
			order = append(order, k)
		}
		lines[k] = append(lines[k], i)
	})
	var out []*loopGroup
	for _, k := range order {
		if sum, again := f.sumOf(lines[k]); again && f.isLoop(sum) {
			out = append(out, &loopGroup{sum, noGroup})
		}
	}
	return out
}

type handleAndShape struct {
	handle      int
	fingerprint statement.Fingerprint
}

// sitesOf counts the call sites of each statement.
func (f *finder) sitesOf() map[handleAndShape]int {
	out := make(map[handleAndShape]int)
	f.each(func(_ int, g *Group) { out[handleAndShape{g.Handle, g.Fingerprint}]++ })
	return out
}

func outerStack(site callsite.CallSite) *callsite.Stack {
	return callsite.New(callsite.CallSite{Frame: site.Outer[0], Outer: site.Outer[1:], Cut: site.Cut})
}

// sumOf adds up groups of one statement at the line around them, and says whether one
// of them was sent again.
func (f *finder) sumOf(groups []int) (sum *Group, again bool) {
	first := &f.report.Groups[groups[0]]
	sum = &Group{
		Statement: first.Statement, Database: first.Database, Handle: first.Handle, System: first.System,
		Parents: slices.Clone(first.Parents), stack: outerStack(first.CallSite()),
	}
	for _, i := range groups {
		g := &f.report.Groups[i]
		sum.add(&g.Sums)
		again = again || g.Queries > 1
		sum.Parents = slices.DeleteFunc(sum.Parents, func(p Parent) bool { return !g.hasParent(p) })
		for _, a := range g.Allowances {
			if !slices.Contains(sum.Allowances, a) {
				sum.Allowances = append(sum.Allowances, a)
			}
		}
	}
	sum.Distinct = f.distinct(groups, sum.Distinct)
	return sum, again
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
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if slices.Contains(groups, q.Group) && (q.Arguments == 0 || !seen[q.Arguments]) {
			seen[q.Arguments] = true
			n++
		}
	}
	return min(n, atMost)
}

// outerLoop finds the loop whose rows, of all its executions together, a loop in
// it goes through: N x M.
func (f *finder) outerLoop(g *loopGroup) *Related {
	var outer *loopGroup
	for _, h := range f.loops {
		if h != g && h.First < g.First && h.Last > g.First && h.Queries < g.Queries && h.Rows >= g.Distinct {
			outer = h // the last one to start is the innermost
		}
	}
	if outer == nil {
		return nil
	}
	return related(outer.Group, "it is a loop itself, with as many rows in all")
}

// parent finds the query that a loop goes through the rows of: the nearest read
// before it whose rows were open, or that was finished last, with at least as many
// rows as there are different arguments.
func (f *finder) parent(g *Group) *Related {
	child := f.at(g.First)
	if child == nil {
		return nil
	}
	for i := len(f.report.Queries) - 1; i >= 0; i-- {
		q := &f.report.Queries[i]
		if q.Position >= child.Position || q.Kind != statement.Read || q.Fingerprint == g.Fingerprint ||
			q.Rows < min(g.Distinct, g.Queries) {
			continue
		}
		why := "it was the last to finish with as many rows"
		if q.Open || q.end() > child.Start {
			why = "its rows were open, as many as there are executions"
		}
		return relatedQuery(q, why)
	}
	return nil
}
