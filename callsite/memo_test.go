package callsite

import (
	"runtime"
	"slices"
	"testing"
)

// stacks is a memo that keeps the stacks themselves.
type stacks struct {
	Memo[[]uintptr]
	reads int
}

func (m *stacks) read(pcs []uintptr) []uintptr { m.reads++; return pcs }

//go:noinline
func (m *stacks) of() []uintptr { return *m.Of(m.read) }

// A memo gives what was made of the stack of the function that asks, whatever is inlined.
func TestMemo(t *testing.T) {
	for _, depth := range []int{0, 3, 40, 60, 100, 200} {
		m := &stacks{}
		recurse(depth, func() {
			for range 2 {
				var buf [memoFrames]uintptr
				got, want := m.of(), buf[:runtime.Callers(1, buf[:])]
				if len(got) < depth || !slices.Equal(got[1:], want[1:]) {
					t.Errorf("depth %d: got %s\nwant %s", depth, names(got), names(want))
				}
			}
		})
		if m.reads != 1 {
			t.Errorf("depth %d: a stack is read %d times", depth, m.reads)
		}
	}
}

// Stacks that differ only where a chain has ended are two.
func TestMemoOfDeepStacks(t *testing.T) {
	m := &stacks{}
	deep := func() { recurse(100, func() { m.of() }) }
	recurse(1, deep)
	recurse(2, deep)
	recurse(2, deep)
	if m.reads != 3 { // each of the three lines is one
		t.Errorf("%d stacks of 3 are read", m.reads)
	}
}

func TestMemoAt(t *testing.T) {
	m := &stacks{}
	own := m.of()
	if got := *m.At(slices.Clone(own), m.read); !slices.Equal(got, own) || m.reads != 1 {
		t.Errorf("a stack that is known is read again: %d times", m.reads)
	}
}

// A stack that is known costs no allocation, where chains are read.
func TestMemoAllocates(t *testing.T) {
	var m Memo[int]
	read := func([]uintptr) int { return 1 }
	if n := testing.AllocsPerRun(100, func() { m.Of(read) }); n != 0 && hasChains() {
		t.Errorf("%v allocations for a stack that is known", n)
	}
}

func BenchmarkMemo(b *testing.B) {
	recurse(25, func() {
		var m Memo[int]
		read := func([]uintptr) int { return 1 }
		for b.Loop() {
			m.Of(read)
		}
	})
}
