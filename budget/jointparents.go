package budget

import "slices"

// What one loop sends may come from several lines, from several depths of a function that calls
// itself, or be several statements, of which each round sends one. Then no group has all the values
// that were gone through, and all of them together have.

// jointParents looks for the parents of groups together.
func (b *builder) jointParents(records []*record, all []results) {
	f := &finder{report: b.report}
	of, recursions := b.recursions()
	statements := make(map[handleAndShape][]int)
	for i := range b.report.Groups {
		if g := &b.report.Groups[i]; len(recursions[of[i]]) == 1 && !g.Overflow {
			k := handleAndShape{g.Handle, g.Fingerprint}
			statements[k] = append(statements[k], i)
		}
	}
	var together [][]int
	for _, members := range recursions {
		together = append(together, members)
	}
	for _, groups := range statements {
		if len(groups) <= maxLoops {
			together = append(together, f.ofOneFunction(groups)...)
		}
	}
	b.parentsOfAll(records, all, together, func(members []int, _ *Group, parents []Parent) {
		for _, i := range members {
			b.report.Groups[i].JointParents = parents
		}
	})
	b.parentsOfAll(records, all, f.alternatives(), func(members []int, sum *Group, parents []Parent) {
		parents = slices.DeleteFunc(parents, func(p Parent) bool {
			read := f.at(p.Position)
			return p.Match != MatchExact || p.Queries > 1 || read == nil || read.Rows != sum.Queries
		})
		for _, i := range members {
			g := &b.report.Groups[i]
			g.Parents = strongest(slices.Concat(g.Parents, parents))
		}
	})
}

// ofOneFunction puts groups of one statement together that one function sends between each other, such as for
// both sides of a comparison.
func (f *finder) ofOneFunction(groups []int) (sets [][]int) {
	for _, i := range groups {
		at := slices.IndexFunc(sets, func(members []int) bool {
			g, h := &f.report.Groups[members[0]], &f.report.Groups[i]
			return overlap(g, h) && inOneFunction(g.CallSite(), h.CallSite())
		})
		if at < 0 {
			sets = append(sets, []int{i})
		} else {
			sets[at] = append(sets[at], i)
		}
	}
	return sets
}

// jointParent looks for the parent of a loop that sends one statement from several lines, of which none has
// one alone.
func (f *finder) jointParent(g *loopGroup, others []*loopGroup) {
	members := slices.Clone(g.members)
	for _, other := range others {
		if other.Fingerprint == g.Fingerprint && !other.recursive {
			members = append(members, other.members...)
		}
	}
	if g.parent != nil || g.recursive || len(members) == len(g.members) {
		return
	}
	if all := f.loopOf(members, false); len(all.Parents) > 0 {
		f.parentByValues(all)
		g.parent, g.proof, g.parentKey, g.ofColumn, g.isLikely = all.parent, all.proof, all.parentKey, all.ofColumn, all.isLikely
	}
}

// alternatives are sets of reads, or of writes, with different texts that one function sends, so that each
// round of a loop may send one of them: the subject of a comment is in one of several tables.
func (f *finder) alternatives() [][]int {
	var sets [][]int
	for i := range f.report.Groups {
		g := &f.report.Groups[i]
		if g.Queries < 2 || g.Overflow || g.isBatched() || !canBeLoop(g.Statement) && !canBeWriteLoop(g.Statement) {
			continue
		}
		at := slices.IndexFunc(sets, func(members []int) bool {
			h := &f.report.Groups[members[0]]
			return g.Fingerprint != h.Fingerprint && g.Kind == h.Kind && g.Handle == h.Handle && overlap(g, h) && inOneFunction(g.CallSite(), h.CallSite())
		})
		switch {
		case at >= 0:
			sets[at] = append(sets[at], i)
		case len(sets) < maxLoops:
			sets = append(sets, []int{i})
		}
	}
	return sets
}

// parentsOfAll looks for the parents of each set of several groups.
func (b *builder) parentsOfAll(records []*record, all []results, sets [][]int, found func(members []int, sum *Group, parents []Parent)) {
	sets = slices.DeleteFunc(sets, func(members []int) bool { return len(members) < 2 })
	if len(sets) == 0 {
		return
	}
	first := make([]int, len(b.report.Groups))
	for i := range first {
		first[i] = i
	}
	for _, members := range sets {
		for _, i := range members {
			first[i] = members[0]
		}
	}
	lists := b.argumentLists(records, func(group int) int { return first[group] })
	for _, members := range sets {
		sum := Group{Statement: b.report.Groups[members[0]].Statement}
		for _, i := range members {
			sum.add(&b.report.Groups[i].Sums)
		}
		var parents []Parent
		for _, arguments := range lists[members[0]] {
			parents = append(parents, b.parentsOf(&sum, arguments, all)...)
		}
		if parents = strongest(parents); len(parents) > 0 {
			found(members, &sum, parents)
		}
	}
}
