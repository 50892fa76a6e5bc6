package budget

import (
	"cmp"
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// nPlusOne finds one query for each row of another: the same statement from the
// same call site, with as many different arguments as executions allow.
//
// A loop that sends several statements for each item is one finding. A loop
// whose line sends one statement from several helpers is found at that line.
func (f *finder) nPlusOne() {
	var loops []*joined
	for i := range f.groups {
		if f.isLoop(&f.groups[i]) {
			loops = append(loops, &f.groups[i])
		}
	}
	loops = append(loops, f.spreadLoops()...)
	slices.SortFunc(loops, func(a, b *joined) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Shape, b.Shape)) })
	many := len(loops) > maxLoops
	f.loops = slices.Clone(loops[:min(len(loops), maxLoops)])
	for len(loops) > 0 {
		first := loops[0]
		var also []Related
		rest := loops[:0:0]
		for _, g := range loops[1:] {
			if !many && sameLoop(first, g) {
				also = append(also, *related(g, "the same loop sends it too"))
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

func (f *finder) addNPlusOne(g *joined, also []Related) {
	out := f.evidence(g, NPlusOne, Candidate, g.Queries)
	out.Also = also
	if parent, proof := f.prove(g); parent != nil {
		out.Parent, out.Proof, out.Confidence = parent, proof, Proven
	} else {
		out.Parent = cmp.Or(f.parent(g), f.outerLoop(g))
	}
	out.Repair = readRepair(g, out.Parent)
	f.add(out, g.allowances())
}

// isLoop applies the threshold, and leaves out what only looks like a loop over
// rows.
func (f *finder) isLoop(g *joined) bool {
	n := int64(f.rules.NPlusOne)
	return g.Queries >= n && g.distinct() >= min(n, fewArguments) && f.canBeLoop(g)
}

func (f *finder) canBeLoop(g *joined) bool {
	return !g.Overflow && canBeLoop(g.statement()) && !f.checksBeforeInsert(g)
}

// canBeLoop leaves out the statements that are no loop over rows by themselves:
// those that read no table, ask for several keys at once, read a schema, or read
// page by page.
func canBeLoop(st *statement.Statement) bool {
	return st.Kind == statement.Read && len(st.Tables) > 0 && !st.Batched && !isIntrospection(st.Tables) && !st.Paged
}

// checksBeforeInsert recognises a look before each insert into the same table,
// which finds nothing.
func (f *finder) checksBeforeInsert(g *joined) bool {
	if g.Rows > 0 {
		return false
	}
	return slices.ContainsFunc(f.groups, func(w joined) bool {
		return w.Kind == statement.Write && w.statement().Verb == "INSERT" && sharesTable(w.Tables, g.Tables)
	})
}

func sharesTable(a, b []string) bool {
	for _, t := range a {
		for _, u := range b {
			if tableKey(t) == tableKey(u) {
				return true
			}
		}
	}
	return false
}

// sameLoop reports whether two groups are statements of one loop: as many
// executions, interleaved, below a common line.
func sameLoop(a, b *joined) bool {
	interleaved := b.First < a.Last && a.First < b.Last || a.sums.parallel && b.sums.parallel
	if a.Queries != b.Queries || a.database() != b.database() || !interleaved {
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
func (f *finder) spreadLoops() []*joined {
	type key struct {
		database    *Database
		fingerprint statement.Fingerprint
		outer       uint64
	}
	var spread map[key]*joined
	var again map[key]bool
	var order []key
	for i := range f.groups {
		g := &f.groups[i]
		if !g.spread || !f.canBeLoop(g) || f.isLoop(g) {
			continue
		}
		site := g.stack.CallSite()
		if len(site.Outer) == 0 {
			continue
		}
		k := key{g.database(), g.Fingerprint, callsite.New(callsite.CallSite{Frame: site.Outer[0], Outer: site.Outer[1:]}).Key()}
		sum := spread[k]
		if spread == nil {
			spread, again = make(map[key]*joined), make(map[key]bool)
		}
		if sum == nil {
			outer := callsite.New(callsite.CallSite{Frame: site.Outer[0], Outer: site.Outer[1:]})
			sum = &joined{Group: &Group{}, sums: &group{origin: &origin{database: g.database(), statement: g.statement(), stack: outer}}, joins: true}
			spread[k] = sum
			order = append(order, k)
		}
		sum.join(g.sums)
		again[k] = again[k] || g.Queries > 1
	}
	var out []*joined
	for _, k := range order {
		if again[k] && f.isLoop(spread[k]) {
			out = append(out, spread[k])
		}
	}
	return out
}

// outerLoop finds the loop whose rows, of all its executions together, a loop in
// it goes through: N x M.
func (f *finder) outerLoop(g *joined) *Related {
	var outer *joined
	for _, h := range f.loops {
		if h != g && h.First < g.First && h.Last > g.First && h.Queries < g.Queries && h.Rows >= g.distinct() {
			outer = h // the last one to start is the innermost
		}
	}
	if outer == nil {
		return nil
	}
	return related(outer, "it is a loop itself, with as many rows in all")
}

// parent finds the query that a loop goes through the rows of: the nearest read
// before it whose rows were open, or that was finished last, with at least as many
// rows as there are different arguments.
func (f *finder) parent(g *joined) *Related {
	records := f.account.records
	first := int(g.First) - 1
	if first >= len(records) {
		return nil
	}
	child := records[first]
	for i := first - 1; i >= 0; i-- {
		rec := records[i]
		st := rec.origin.statement
		if st.Kind != statement.Read || st.Fingerprint == g.Fingerprint || rec.rows < min(g.distinct(), g.Queries) {
			continue
		}
		why := "it was the last to finish with as many rows"
		if rec.state == openRows || rec.closed() > child.start {
			why = "its rows were open, as many as there are executions"
		}
		return &Related{Shape: st.Shape, Summary: st.Summary, Position: int64(i) + 1, Count: 1, Rows: rec.rows, Why: why, stack: rec.origin.stack}
	}
	return nil
}
