package budget

import (
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// recursion is a statement of a function that calls itself, whatever the depth.
type recursion struct {
	statement statement.Fingerprint
	handle    int
	stack     uint64
}

// recursions returns the recursion that each group belongs to, and the groups of each.
func (b *builder) recursions() (of []recursion, groups map[recursion][]int) {
	of, groups = make([]recursion, len(b.report.Groups)), make(map[recursion][]int)
	for i := range b.report.Groups {
		g := &b.report.Groups[i]
		of[i] = recursion{g.Fingerprint, g.Handle, g.stack.Folded()}
		groups[of[i]] = append(groups[of[i]], i)
	}
	return of, groups
}

// isChained reports whether each execution of a group asks for what the one before
// answered, as in a walk from a child to its parent. Several walks may begin at one root.
func (b *builder) isChained(group int, lists []argumentList, records []*record) bool {
	for _, l := range lists {
		if countDistinct(l.values) < 2 {
			continue
		}
		var before *record
		k, links, begun := 0, 0, 0
		for i, rec := range records {
			if b.report.Queries[i].Group != group || k >= len(l.values) {
				continue
			}
			switch {
			case before == nil:
			case before.hasValue(l.values[k]):
				links++
			case l.values[k] == l.values[0]:
				begun++
			}
			before = rec
			k++
		}
		if links > 2*begun && links+begun >= k-1 {
			return true
		}
	}
	return false
}

// isByName reports whether one of the arguments of a chained group is a word that differs, and that none of
// its answers has. One that they have is a part of the key, such as the type of a node.
func (b *builder) isByName(group int, lists []argumentList, records []*record) bool {
	return slices.ContainsFunc(lists, func(l argumentList) bool {
		if l.key == "" || countDistinct(l.values) < 2 || slices.ContainsFunc(l.values, isNumber) {
			return false
		}
		for i, rec := range records {
			if b.report.Queries[i].Group == group && slices.ContainsFunc(l.values, rec.hasValue) {
				return false
			}
		}
		return true
	})
}

// chains marks the groups of a statement that a function sends at several depths of its own
// recursion, if each asks for what another one answered.
func (b *builder) chains(records []*record) {
	of, depths := b.recursions()
	answered := make(map[recursion]map[uint64]bool)
	for i, rec := range records {
		group := b.report.Queries[i].Group
		if group < 0 || len(depths[of[group]]) < fewRows {
			continue
		}
		values := answered[of[group]]
		if values == nil {
			values = make(map[uint64]bool)
			answered[of[group]] = values
		}
		if slices.ContainsFunc(rec.hashes(), func(h uint64) bool { return values[h] }) {
			b.report.Groups[group].Chained = true
		}
		if isAggregate(rec.origin.statement) {
			continue // a number of rows is the key of none
		}
		for _, c := range rec.columns() {
			for _, v := range c.values {
				if !slices.Contains(rec.hashes(), v) { // its own key leads nowhere
					values[v] = true
				}
			}
		}
	}
}

// hasValue reports whether a value is in a result, and was not asked for.
func (r *record) hasValue(v uint64) bool {
	return !slices.Contains(r.hashes(), v) && slices.ContainsFunc(r.columns(), func(c column) bool { return slices.Contains(c.values, v) })
}
