package budget

// pair returns the parent of a loop that asks for all the ids in two columns of a result, each once: the home
// team and the guest of each match, by way of a set.
func (r *results) pair(g, parent *Group, arguments argumentList, distinct int64) (Parent, bool) {
	if r.queries > 1 || arguments.isPart || distinct < defaultNPlusOne || distinct != int64(len(arguments.values)) || !isID(arguments.key) {
		return Parent{}, false
	}
	for c := range r.columns {
		for d := range c {
			if r.isUnion(c, d, arguments.values) {
				return Parent{
					Position: r.position, Column: qualified(parent, r.columns[d].name), Key: arguments.key, Match: MatchExact, Arguments: distinct, Queries: r.queries,
				}, true
			}
		}
	}
	return Parent{}, false
}

// isUnion reports whether different values are all that two columns of ids have, and neither has all of them.
func (r *results) isUnion(c, d int, different []uint64) bool {
	for _, column := range []int{c, d} {
		if name := r.columns[column].name; !isID(name) || plainName(name) == "id" { // its own
			return false
		}
	}
	one, other := r.set(c), r.set(d)
	if len(one) >= len(different) || len(other) >= len(different) {
		return false
	}
	both := 0
	for _, v := range different {
		if !one[v] && !other[v] {
			return false
		}
		if one[v] && other[v] {
			both++
		}
	}
	return len(one)+len(other)-both == len(different)
}
