package callsite

import (
	"runtime"
	"slices"
	"testing"
)

// stacks is a memo that keeps the stacks themselves.
type stacks struct {
	Memo[runtime.Frame, []runtime.Frame]
	frames, reads int
}

func newStacks() *stacks {
	m := &stacks{}
	m.Frame = func(f runtime.Frame) runtime.Frame { m.frames++; return f }
	m.Stack = func(frames []*runtime.Frame) (out []runtime.Frame) {
		m.reads++
		for _, f := range frames {
			out = append(out, *f)
		}
		return out
	}
	return m
}

//go:noinline
func (m *stacks) of() []runtime.Frame { return *m.Of() }

func lookedUp(pcs []uintptr) (out []runtime.Frame) {
	for frames := runtime.CallersFrames(pcs); ; {
		f, more := frames.Next()
		out = append(out, f)
		if !more {
			return out
		}
	}
}

func isSame(x, y []runtime.Frame) bool {
	return slices.EqualFunc(x, y, func(x, y runtime.Frame) bool {
		return x.PC == y.PC && x.Func == y.Func && x.Entry == y.Entry && x.Function == y.Function && x.File == y.File && x.Line == y.Line
	})
}

// A memo gives what was made of the stack of the function that asks, whatever is inlined.
func TestMemo(t *testing.T) {
	for _, depth := range []int{0, 3, 40, 60, 100, 200} {
		m := newStacks()
		recurse(depth, func() {
			for range 2 {
				var buf [memoFrames]uintptr
				got, want := m.of(), lookedUp(buf[:runtime.Callers(1, buf[:])])
				if len(got) < depth || !isSame(got[1:], want[1:]) {
					t.Errorf("depth %d: got %v\nwant %v", depth, got, want)
				}
			}
		})
		if m.reads != 1 {
			t.Errorf("depth %d: a stack is read %d times", depth, m.reads)
		}
	}
}

// Frames that two stacks have in common are looked up once.
func TestMemoKeepsFrames(t *testing.T) {
	m := newStacks()
	recurse(100, func() { m.of() })
	before := m.frames
	recurse(120, func() { m.of() })
	if more := m.frames - before; m.reads != 2 || more > 10 {
		t.Errorf("%d stacks are read, and %d frames of the second one", m.reads, more)
	}
}

// Stacks that differ only where a chain has ended are two.
func TestMemoOfDeepStacks(t *testing.T) {
	m := newStacks()
	deep := func() { recurse(100, func() { m.of() }) }
	recurse(1, deep)
	recurse(2, deep)
	recurse(2, deep)
	if m.reads != 3 { // each of the three lines is one
		t.Errorf("%d stacks of 3 are read", m.reads)
	}
}

// The chain of a deep stack is a key as well: tests of an application with an ORM have such.
func TestMemoKnowsDeepChains(t *testing.T) {
	if !hasChains() {
		return
	}
	m := newStacks()
	recurse(200, func() { m.of() })
	for i := range *m.chains.sets.Load() {
		for j := range setPlaces {
			if e := (*m.chains.sets.Load())[i].places[j].Load(); e != nil && e.value != nil && len(e.pcs) > 200 {
				return
			}
		}
	}
	t.Error("the chain of a stack of more than 200 frames is not kept")
}

func TestMemoAt(t *testing.T) {
	m := newStacks()
	var buf [memoFrames]uintptr
	pcs := buf[:runtime.Callers(1, buf[:])]
	m.At(pcs)
	if got := *m.At(slices.Clone(pcs)); !isSame(got, lookedUp(pcs)) || m.reads != 1 {
		t.Errorf("a stack that is known is read again: %d times", m.reads)
	}
}

// A stack that is known costs no allocation, where chains are read.
func TestMemoAllocates(t *testing.T) {
	m := newCounts()
	if n := testing.AllocsPerRun(100, func() { m.Of() }); n != 0 && hasChains() {
		t.Errorf("%v allocations for a stack that is known", n)
	}
}

func newCounts() *Memo[int, int] {
	return &Memo[int, int]{Frame: func(f runtime.Frame) int { return f.Line }, Stack: func(lines []*int) int { return len(lines) }}
}

func BenchmarkMemo(b *testing.B) {
	recurse(25, func() {
		m := newCounts()
		for b.Loop() {
			m.Of()
		}
	})
}

// BenchmarkMemoOfNewStacks is of stacks that were never seen, with frames that are known: tests
// of an application reach each query from many lines.
func BenchmarkMemoOfNewStacks(b *testing.B) {
	var buf [memoFrames]uintptr
	var stack []uintptr
	recurse(60, func() { stack = buf[:runtime.Callers(1, buf[:])] })
	m := newCounts()
	var one []uintptr
	for i := 0; b.Loop(); i++ {
		if i%len(stack) == 0 {
			one = slices.Clone(stack)
		}
		one[i%len(stack)] = stack[(i/len(stack)+i)%len(stack)]
		m.At(one)
	}
}
