package budget

import (
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// sameLoops puts together the loops that are statements of one loop, in their order.
func (f *finder) sameLoops(loops []*loopGroup) [][]*loopGroup {
	if len(loops) == 1 {
		return [][]*loopGroup{loops}
	}
	var out [][]*loopGroup
	if len(loops) > maxLoops {
		for i := range loops {
			out = append(out, loops[i:i+1])
		}
		return out
	}
	for _, g := range loops {
		at := slices.IndexFunc(out, func(same []*loopGroup) bool { return f.sameLoop(same[0], g) })
		if at < 0 {
			out = append(out, []*loopGroup{g})
		} else {
			out[at] = append(out[at], g)
		}
	}
	return out
}

// sameLoop reports whether two groups are statements of one loop: they take turns as
// often as each other, and one function calls both. One that is sent for most of the
// items is in it too, unless it goes through the rows of the other one, and one for some of them
// if both go through the same rows.
func (f *finder) sameLoop(a, b *loopGroup) bool {
	if a.Handle != b.Handle || !overlap(a.Group, b.Group) {
		return false
	}
	if !inOneFunction(a.stack.CallSite(), b.stack.CallSite()) {
		return a.Queries == b.Queries && haveOneParent(a, b) && areStartedTogether(a.stack.CallSite(), b.stack.CallSite()) && f.isRoundByRound(a, b)
	}
	if a.Queries == b.Queries || f.isInPart(a, b.members[0]) || f.isInPart(b, a.members[0]) || areAlternatives(a, b) {
		return true
	}
	some, all := a, b
	if a.Queries > b.Queries {
		some, all = b, a
	}
	return (2*some.Queries > all.Queries || haveOneParent(a, b)) && !isChildOf(a, b) && !isChildOf(b, a) && f.isOncePerItem(some, all)
}

// isOncePerItem reports whether no two executions of a loop lie between two of another
// one.
func (f *finder) isOncePerItem(some, all *loopGroup) bool {
	last := -1
	for i := range f.report.Queries {
		switch group := f.report.Queries[i].Group; {
		case slices.Contains(all.members, group):
			last = group
		case !slices.Contains(some.members, group):
		case last == group:
			return false
		default:
			last = group
		}
	}
	return true
}

// haveOneParent reports whether two loops go through the rows of one read.
func haveOneParent(a, b *loopGroup) bool {
	return a.parent != nil && b.parent != nil && a.parent.Position == b.parent.Position
}

// areAlternatives reports whether each round of a loop sends one of two statements, or another one: the rows that
// both go through are more than either was sent for.
func areAlternatives(a, b *loopGroup) bool {
	return haveOneParent(a, b) && a.parent.Rows >= a.Queries+b.Queries && a.ofColumn != "" && a.ofColumn == b.ofColumn && a.Kind == b.Kind
}

// areStartedTogether reports whether two goroutines began with closures of one function: a round may
// start several.
func areStartedTogether(a, b callsite.CallSite) bool {
	x, y := outermost(a), outermost(b)
	function := plainFunction(x)
	return function != x && function == plainFunction(y)
}

// isRoundByRound reports whether two loops are sent in rounds, each by two goroutines for which the next
// round waits: two goroutines with a loop each do not wait for each other.
func (f *finder) isRoundByRound(a, b *loopGroup) bool {
	var round []*Query
	var until time.Duration // the rounds before
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if !slices.Contains(a.members, q.Group) && !slices.Contains(b.members, q.Group) {
			continue
		}
		if round = append(round, q); q.Start < until {
			return false
		}
		if len(round) < 2 {
			continue
		}
		one, other := round[0], round[1]
		isOneOfEach := slices.Contains(a.members, one.Group) != slices.Contains(a.members, other.Group)
		if !isOneOfEach || one.goroutine == 0 || other.goroutine == 0 || one.goroutine == other.goroutine {
			return false
		}
		until, round = max(one.end(), other.end()), round[:0]
	}
	return len(round) == 0 && until > 0
}

func outermost(site callsite.CallSite) string {
	frames := site.Frames()
	if len(frames) == 0 {
		return ""
	}
	return frames[len(frames)-1].Function
}

func isChildOf(child, parent *loopGroup) bool {
	return child.parent != nil && child.parent.Position == parent.First
}

// inOneFunction reports whether one function calls what two call sites do.
func inOneFunction(a, b callsite.CallSite) bool {
	_, _, shares := innermostShared(a, b)
	return shares
}

// innermostShared finds the innermost function that two call sites share, below the same
// frames: the depth of its frame in a, and whether both go through it on one line.
func innermostShared(a, b callsite.CallSite) (depth int, onOneLine, shares bool) {
	x, y := a.Frames(), b.Frames()
	same := 0
	for same < min(len(x), len(y)) && x[len(x)-1-same] == y[len(y)-1-same] {
		same++
	}
	switch {
	case same == len(x):
		return max(same, 1) - 1, true, same > 0 // a is all of b's outer frames
	case same == len(y):
		return len(x) - same, true, same > 0
	case x[len(x)-1-same].Function == y[len(y)-1-same].Function:
		return len(x) - 1 - same, false, true
	}
	return len(x) - same, true, same > 0
}
