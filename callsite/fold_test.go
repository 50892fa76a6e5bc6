package callsite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The recursive functions below capture a stack at their deepest level, whatever the
// depth is. None is inlined, so that lines are told by functions alone.

type node struct {
	c       *Cache
	sibling bool
}

//go:noinline
func (n node) leaf() *Stack { return n.c.Capture() }

//go:noinline
func (n node) walk(depth int) *Stack {
	if depth == 0 {
		return n.leaf()
	}
	if n.sibling && depth%2 == 0 {
		return n.walk(depth - 1) // the other child
	}
	return n.walk(depth - 1)
}

//go:noinline
func (n node) oneLine(depth int) *Stack {
	return map[bool]func() *Stack{true: n.leaf, false: func() *Stack { return n.oneLine(depth - 1) }}[depth == 0]()
}

//go:noinline
func (n node) even(depth int) *Stack {
	if depth <= 0 {
		return n.leaf()
	}
	return n.odd(depth - 1)
}

//go:noinline
func (n node) odd(depth int) *Stack {
	return n.even(depth - 1)
}

//go:noinline
func (n node) inTx(f func() *Stack) *Stack { return f() }

//go:noinline
func (n node) throughTx(depth int) *Stack {
	return n.inTx(func() *Stack {
		if depth == 0 {
			return n.leaf()
		}
		return n.throughTx(depth - 1)
	})
}

// chained makes closures that call each other.
//
//go:noinline
func (n node) chained(depth int) *Stack {
	f := func() *Stack { return n.leaf() }
	for range depth {
		next := f
		f = func() *Stack { return next() }
	}
	return f()
}

//go:noinline
func (n node) local(depth int) *Stack {
	var walk func(int) *Stack
	walk = func(depth int) *Stack {
		if depth == 0 {
			return n.leaf()
		}
		return walk(depth - 1)
	}
	return walk(depth)
}

//go:noinline
func walkGeneric[T any](n node, v T, depth int) *Stack {
	if depth == 0 {
		return n.leaf()
	}
	return walkGeneric(n, v, depth-1)
}

func (n node) ranged(depth int) (s *Stack) {
	if depth == 0 {
		return n.leaf()
	}
	for range func(yield func(int) bool) { yield(1) } {
		s = n.ranged(depth - 1)
	}
	return s
}

func TestRecursionIsOneFoldedCallSite(t *testing.T) {
	n := node{c: &Cache{}}
	for name, walk := range map[string]func(int) *Stack{
		"direct":            n.walk,
		"two children":      node{c: n.c, sibling: true}.walk,
		"mutual":            func(depth int) *Stack { return n.even(2 * depth) },
		"through a helper":  n.throughTx,
		"on one line":       n.oneLine,
		"chain of closures": func(depth int) *Stack { return n.chained(depth + 1) },
		"local function":    n.local,
		"generic":           func(depth int) *Stack { return walkGeneric(n, "", depth) },
		"range over func":   func(depth int) *Stack { return n.ranged(depth + 1) },
	} {
		t.Run(name, func(t *testing.T) {
			whole, cut, keys := map[uint64]int{}, map[uint64]int{}, map[uint64]int{}
			var first CallSite
			for depth := range 100 {
				s := walk(depth)
				keys[s.Key()]++
				fold := s.CallSite().Fold()
				if !s.CallSite().Cut {
					whole[s.Folded()]++
					if depth == 0 {
						first = fold
					}
					continue
				}
				cut[s.Folded()]++
				if !first.Continues(fold) {
					t.Errorf("depth %d: %s\nis no inner part of %s", depth, describe(fold), describe(first))
				}
			}
			// Those cut outside of the recursion lack one frame, two, or three.
			if len(whole) != 1 || len(cut) > 4 || len(cut) == 0 || len(keys) < 15 {
				t.Errorf("folded call sites: %d, of cut stacks %d; keys: %d", len(whole), len(cut), len(keys))
			}
		})
	}
}

func describe(s CallSite) string {
	var out []string
	for _, f := range s.Frames() {
		out = append(out, fmt.Sprint(f))
	}
	return strings.Join(out, " < ")
}

func sitesOf(stacks ...string) (out []CallSite) {
	for _, stack := range stacks {
		var s CallSite
		for i, name := range strings.Fields(stack) {
			function, line, _ := strings.Cut(name, ":")
			f := Frame{Function: "shop." + function, File: function + ".go", Line: int(line[0] - '0')}
			if i == 0 {
				s.Frame = f
			} else {
				s.Outer = append(s.Outer, f)
			}
		}
		out = append(out, s)
	}
	return out
}

func shortFrames(frames []Frame) string {
	var out []string
	for _, f := range frames {
		out = append(out, fmt.Sprintf("%s:%d", strings.TrimPrefix(f.Function, "shop."), f.Line))
	}
	return strings.Join(out, " ")
}

func TestFold(t *testing.T) {
	for _, test := range []struct{ stack, want string }{
		{"get:1", "get:1"},
		{"get:1 list:5 main:1", "get:1 list:5 main:1"},
		{"walk:5 walk:7 walk:8 walk:7 list:5", "walk:5 list:5"},
		{"get:1 walk:5 walk:7 list:5", "get:1 walk:5 list:5"},
		{"a:5 b:9 a:7 b:9 a:7 list:5", "a:5 list:5"},
		{"b:4 a:7 b:9 a:7 list:5", "b:4 a:7 list:5"},
		{"c:1 a:5 c:9 b:9 a:7 list:5", "c:1 a:5 list:5"},
		// Two recursions, one below the other, and one in the other.
		{"y:1 y:2 x:5 x:2 list:5", "y:1 x:5 list:5"},
		{"y:1 y:2 x:5 y:1 y:2 x:5 list:5", "y:1 x:5 list:5"},
		// What calls what it is given: a transaction in a transaction.
		{"save.f:9 tx:5 save:3 list.f:1 tx:5 list:2", "save.f:9 tx:5 save:3 list.f:1 tx:5 list:2"},
		{"tx:5 save:3 list.f:1 tx:5 list:2", "tx:5 save:3 list.f:1 tx:5 list:2"},
		{
			"save.f:9 tx.f:6 retry:4 tx:5 save:3 list.f:1 tx.f:6 retry:4 tx:5 list:2",
			"save.f:9 tx.f:6 retry:4 tx:5 save:3 list.f:1 tx.f:6 retry:4 tx:5 list:2",
		},
		// A recursion through it.
		{"walk.f:7 retry:4 tx:5 walk:3 walk.f:8 retry:4 tx:5 walk:3 list:2", "walk.f:7 retry:4 tx:5 walk:3 list:2"},
		// And a recursion below it.
		{"get:1 walk:2 walk:3 save.f:9 tx:5 save:3 list.f:1 tx:5 list:2", "get:1 walk:2 save.f:9 tx:5 save:3 list.f:1 tx:5 list:2"},
	} {
		if got := shortFrames(sitesOf(test.stack)[0].Fold().Frames()); got != test.want {
			t.Errorf("%s: got %s, want %s", test.stack, got, test.want)
		}
	}
}

// Calls from different lines stay different, also below what looks like a recursion.
func TestFoldKeepsLines(t *testing.T) {
	for _, stack := range []string{
		"get:1 list:%d main:1", "list:%d main:1", "get:1 list:%d retry:5 page:3 retry:5 main:1",
		"get.f:1 retry:5 get:2 page.f:%d retry:5 page:1", "get:1 list:%d list.f:2 list:1", "count.f:1 page:%d main:1",
		"get.f:1 tx.f:6 retry:4 tx:5 get:2 page.f:%d tx.f:6 retry:4 tx:5 page:1",
	} {
		folded := map[uint64]bool{}
		for line := 1; line <= 5; line++ {
			folded[New(sitesOf(fmt.Sprintf(stack, line))[0]).Folded()] = true
		}
		if len(folded) != 5 {
			t.Errorf("%s: five lines are %d folded call sites", stack, len(folded))
		}
	}
}

func TestFoldOfCutStacks(t *testing.T) {
	whole := sitesOf("c:1 a:5 b:9 a:7 list:5 main:1")[0].Fold()
	for stack, want := range map[string]string{
		// Cut inside of the recursion, at either function.
		"c:1 a:5 b:9 a:7 b:9 a:7": "c:1 a:5", "c:1 a:5 b:9 a:7 b:9": "c:1 a:5",
		// Cut outside of it.
		"c:1 a:5 b:9 a:7 list:5": "c:1 a:5 list:5",
		// No recursion is seen.
		"c:1 a:5": "c:1 a:5",
	} {
		s := sitesOf(stack)[0]
		s.Cut = true
		fold := s.Fold()
		if got := shortFrames(fold.Frames()); got != want || !fold.Cut {
			t.Errorf("%s: got %s, cut %v", stack, got, fold.Cut)
		}
		if !whole.Continues(fold) {
			t.Errorf("%s does not continue as %s", stack, describe(whole))
		}
	}
	other := sitesOf("c:1 a:6 list:5")[0]
	other.Cut = true
	if whole.Continues(other) || whole.Continues(whole) || whole.Continues(CallSite{Cut: true}) {
		t.Error("continues what is another, or what was not cut")
	}
	var nothing *Stack
	if nothing.Folded() != 0 || !(CallSite{}).Fold().IsZero() {
		t.Error("a nil stack knows something")
	}
}

// A fold changes nothing of the call site that it was made of.
func TestFoldLeavesTheCallSite(t *testing.T) {
	s := sitesOf("a:5 b:9 a:7 b:9 a:7 list:5")[0]
	before := slices.Clone(s.Frames())
	s.Fold()
	if !slices.Equal(s.Frames(), before) {
		t.Errorf("got %s", shortFrames(s.Frames()))
	}
}
