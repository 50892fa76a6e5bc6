package budget

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// fewRows is the number of executions from which on a loop is one if it is known whose
// rows it goes through. Two can be meant.
const fewRows = 3

func mayBeNPlusOne(s *suspect) bool {
	fewest := s.rules.fewest()
	isLoop := func(g *group) bool { return canBeLoop(g.origin.statement) }
	most := s.account.busiest(s.totals.Queries, fewest-1, isLoop)
	return most >= int64(s.rules.NPlusOne) || most >= fewest && s.mayHaveParent(fewest)
}

// mayHaveParent reports whether a statement was sent as often as another one has rows.
func (s *suspect) mayHaveParent(fewest int64) bool {
	return s.account.anyGroup(func(g *group) bool {
		return g.Queries >= fewest && s.account.anyGroup(func(p *group) bool {
			return p != g && p.Rows >= g.Queries && (p.MostRows == g.Queries || p.Rows == g.Queries)
		})
	})
}

// fewest is the number of executions from which on a loop is looked at. Who raises the
// threshold wants nothing below it.
func (r *Rules) fewest() int64 {
	if r.NPlusOne > defaultNPlusOne {
		return int64(r.NPlusOne)
	}
	return int64(min(r.NPlusOne, fewRows))
}

// nPlusOne finds one query for each row of another: the same statement from the same
// call site, with as many different arguments as executions allow.
func (f *finder) nPlusOne() {
	var loops []*loopGroup
	for _, g := range f.loopGroups(f.canBeLoop) {
		if f.isLoop(g) {
			loops = append(loops, g)
		}
	}
	f.loops = append(f.loops, loops[:min(len(loops), maxLoops)]...)
	for _, same := range f.sameLoops(loops) {
		f.addNPlusOne(same[0], same[1:])
	}
}

// maxLoops is the number of loops up to which they are compared with each other.
// A unit with more has no loop that is worth telling apart.
const maxLoops = 50

func (f *finder) addNPlusOne(g *loopGroup, others []*loopGroup) {
	out := f.evidence(g.Group, NPlusOne, Candidate, g.Queries)
	f.jointParent(g, others)
	if g.parent == nil && !g.recursive {
		g.parent = f.outerLoop(g)
	}
	out.Parent, out.Proof, out.Walk = g.parent, g.proof, g.proof == "" && (g.recursive || g.isChain())
	if g.proof != "" {
		out.Confidence = Proven
	}
	for _, other := range slices.Concat(others, f.fewWrites(g), f.readsAlike(g)) {
		out.Also = append(out.Also, *related(other.Group, inSameLoop))
	}
	out.Repair = f.readRepair(g, out.Parent)
	if !g.recursive && !g.Chained {
		out.loop = &loopKey{f.keyOfLoop(g)}
	}
	f.addLoop(out, g, others)
}

// fewWrites returns the writes of a loop that are too few for a finding of their own: that
// it is a loop is known by its reads.
func (f *finder) fewWrites(g *loopGroup) (few []*loopGroup) {
	if g.Queries >= int64(f.rules.WriteLoop) {
		return nil
	}
	for _, w := range f.loopGroups(func(w *Group) bool {
		return canBeWriteLoop(w.Statement) && !w.isBatched() && !w.ListsVary && w.Queries >= 2 && w.Queries <= g.Queries
	}) {
		if w.Queries <= g.Queries && f.loopOfGroup(w.members[0]) == 0 && f.sameLoop(g, w) && f.isWriteLoop(w) {
			few = append(few, w)
		}
	}
	return few
}

// readsAlike returns the reads of a loop that ask the same in each round, and have other
// answers, since the loop writes, or ask for what it wrote, or whether it is there: that they are in a loop is known by
// what else it sends.
func (f *finder) readsAlike(g *loopGroup) (alike []*loopGroup) {
	for _, r := range f.loopGroups(func(r *Group) bool {
		return r != g.Group && r.Queries == g.Queries && r.Duplicates == 0 && canBeLoop(r.Statement)
	}) {
		if r.Distinct > 1 && !r.AsksNewIDs && !f.isReadBack(r) && !f.checksBeforeInsert(r.Group) {
			continue
		}
		if r.Queries == g.Queries && f.loopOfGroup(r.members[0]) == 0 && f.sameLoop(g, r) {
			alike = append(alike, r)
		}
	}
	return alike
}

// isLoop applies the threshold to what can be a loop, and looks for its parent.
func (f *finder) isLoop(g *loopGroup) bool {
	n := int64(f.rules.NPlusOne)
	if g.Queries < f.rules.fewest() {
		return false
	}
	if f.isOwnWork(g) || f.isReadBack(g) || f.isOfJobs(g) || g.followsPath() {
		return false
	}
	isExact := false
	if !g.recursive || len(g.Parents) > 0 {
		isExact = f.findParent(g)
	}
	switch {
	case f.isByLevel(g) && g.proof == "":
		return false
	case g.Queries >= n && g.Distinct >= min(n, fewArguments):
		return true
	case g.isCached || g.Paged || g.recursive:
		return false
	case isExact: // as many executions as there are rows, whatever their keys are
		return g.Distinct > 1 || g.proof != ""
	}
	return g.Queries >= n && g.proof != "" // some of the rows, in their order
}

// isByLevel reports whether a function that calls itself asks once at each depth for what is
// no answer of the depth before: that is how a tree is read level by level.
func (f *finder) isByLevel(g *loopGroup) bool {
	return g.recursive && f.report.ValuesTracked && !g.Chained && int64(len(g.members)) == g.Queries
}

// canBeLoop leaves out what only looks like a loop over rows.
func (f *finder) canBeLoop(g *Group) bool {
	return !g.Overflow && !g.ListsVary && g.InBatch == 0 && !g.AsksNewIDs && !g.AsksForNews && !g.follows() && canBeLoop(g.Statement) && !f.checksBeforeInsert(g)
}

// follows reports whether each execution asks for what comes after the last row that the one before has
// answered: the next page of a list, or what is new in it.
func (g *Group) follows() bool {
	return g.Chained && len(g.Keys) == 0 && (strings.Contains(g.Shape, " > ?") || strings.Contains(g.Shape, " >= ?"))
}

// followsPath reports whether each execution asks for a name below what the one before has found, as the
// folders of a path: there are as many as somebody writes, and the names that differ make it no walk of a tree.
// What goes through rows that were read before is a loop.
func (g *Group) followsPath() bool { return g.Chained && g.ByName && len(g.Parents) == 0 }

// canBeLoop leaves out the statements that are no loop over rows by themselves: those
// that read no table, or a schema. What a function does that is not known may be a write;
// it is still asked once for each row.
func canBeLoop(st *statement.Statement) bool {
	if st.Verb != "SELECT" && st.Verb != "TABLE" && st.Verb != "VALUES" && st.Verb != "" {
		return false
	}
	return st.Kind == statement.Read && len(st.Tables) > 0 && !isIntrospection(st.Tables) ||
		st.Kind == statement.Write && st.Verb == "SELECT"
}

// checksBeforeInsert recognises a look before each insert into the same table, which finds
// nothing: the loop is told by its inserts. Fewer inserts than looks are those of something
// else, and where each is the work of a transaction of its own, the looks are what is left.
func (f *finder) checksBeforeInsert(g *Group) bool {
	if g.Rows > 0 {
		return false
	}
	inserts := int64(0)
	for i := range f.report.Groups {
		if w := &f.report.Groups[i]; w.Kind == statement.Write && w.Verb == "INSERT" && w.SharesTable(g.Statement) && w.Last > g.First && !f.isWorker(f.loopOf([]int{i}, false)) {
			inserts += w.Queries
		}
	}
	return inserts > 0 && inserts >= g.Queries-1 // the last one may stand for an end
}

// outerLoop finds the loop whose rows, of all its executions together, a loop in
// it goes through: N x M.
func (f *finder) outerLoop(g *loopGroup) *Related {
	var outer *loopGroup
	for _, h := range f.loops {
		if h != g && h.First < g.First && h.Last > g.First && h.Queries < g.Queries && h.Rows >= g.Distinct && !f.isInPart(g, h.members[0]) {
			outer = h // the last one to start is the innermost
		}
	}
	if outer == nil {
		return nil
	}
	return related(outer.Group, "it is a loop itself, with as many rows in all")
}

// compareLoops gives loops one order.
func compareLoops(a, b *loopGroup) int {
	return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Shape, b.Shape))
}

func proofOf(p *Parent) string {
	return fmt.Sprintf("all %d arguments are values of %s of query %d", p.Arguments, p.Column, p.Position)
}
