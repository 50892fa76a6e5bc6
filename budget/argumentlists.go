package budget

import (
	"cmp"
	"maps"
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// The arguments of the executions of a group, one by one.

// argumentList is one argument of the executions of a group, in their order.
type argumentList struct {
	key    string // the column that it is compared with, empty if that is not known
	values []uint64
	isPart bool // the number in a text that each execution has
}

// argumentLists returns the arguments of the executions in detail, by group, or by what several
// groups have in common.
func (b *builder) argumentLists(records []*record, listOf func(group int) int) [][]argumentList {
	out := make([][]argumentList, len(b.report.Groups))
	for i, rec := range records {
		group := b.report.Queries[i].Group
		if group < 0 {
			continue
		}
		lists := &out[listOf(group)]
		st := rec.origin.statement
		place := 0
		add := func(key string, hash uint64) {
			if place == len(*lists) {
				*lists = append(*lists, argumentList{key: key})
			}
			l := &(*lists)[place]
			l.values = append(l.values, hash)
			place++
		}
		for _, n := range trackedArguments(st, len(rec.hashes())) {
			add(columnOf(st, n), rec.hashes()[n])
		}
		literal := func(key string, hash uint64) {
			if place < 2*maxTrackedArguments {
				add(key, hash)
			}
		}
		st.KeyTexts(literal)
		if st.Verb == "INSERT" {
			st.AssignedTexts(literal)
		}
	}
	return out
}

// columnOf returns the column that an argument is compared with, or inserted into; empty if that is
// not known.
func columnOf(st *statement.Statement, argument int) string {
	if key, ok := st.KeyOf(argument); ok {
		return key
	}
	if st.Verb != "INSERT" {
		return ""
	}
	return st.AssignedTo(argument)
}

// trackedArguments returns the first of n arguments: those that are compared with a column before
// those that an UPDATE sets.
func trackedArguments(st *statement.Statement, n int) (first []int) {
	for _, isKey := range []bool{true, false} {
		for i := 0; i < n && len(first) < maxTrackedArguments; i++ {
			if _, ok := st.KeyOf(i); ok == isKey {
				first = append(first, i)
			}
		}
	}
	return first
}

// isNumber reports whether a hash is that of a number or a time, which columns of other
// tables have as well: see statement.Hasher.Text.
func isNumber(hash uint64) bool { return hash&2 == 0 }

// isTime reports whether a hash is that of a time.Time.
func isTime(hash uint64) bool { return hash&4 != 0 }

// isPresent reports whether a hash is that of the present time, or of a number of it.
func isPresent(hash uint64) bool { return hash&16 != 0 }

// isZero reports whether a hash is that of the number 0.
func isZero(hash uint64) bool { return hash&8 != 0 }

func countDistinct(values []uint64) int64 {
	seen := make(map[uint64]struct{}, len(values))
	for _, v := range values {
		seen[v] = struct{}{}
	}
	return int64(len(seen))
}

// partLists returns the numbers in texts that the executions of each group have, by argument and place: those
// that are as many in each. Such as count from 0 or 1 are no ids, as a rule.
func (b *builder) partLists(records []*record) [][]argumentList {
	out := make([][]argumentList, len(b.report.Groups))
	numbers := make(map[partPlace][]statement.Part)
	for i, rec := range records {
		group := b.report.Queries[i].Group
		if group < 0 {
			continue
		}
		for n, parts := range rec.parts() {
			for k, p := range parts {
				place := partPlace{group, n, k}
				numbers[place] = append(numbers[place], p)
			}
		}
	}
	for _, place := range slices.SortedFunc(maps.Keys(numbers), comparePartPlaces) {
		parts := numbers[place]
		if int64(len(parts)) < fewRows || int64(len(parts)) != b.report.Groups[place.group].Queries || isCount(parts) {
			continue
		}
		list := argumentList{isPart: true}
		for _, p := range parts {
			list.values = append(list.values, p.Hash)
		}
		out[place.group] = append(out[place.group], list)
	}
	return out
}

// partPlace is where a number stands: in an argument of a group, one of several.
type partPlace struct{ group, argument, place int }

func comparePartPlaces(a, b partPlace) int {
	return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.argument, b.argument), cmp.Compare(a.place, b.place))
}

// isCount reports whether numbers count from 0 or 1.
func isCount(parts []statement.Part) bool {
	for i := range parts[1:] {
		if parts[i+1].Hash != parts[i].Next {
			return false
		}
	}
	return parts[0].IsFirst
}
