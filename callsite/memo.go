package callsite

import "runtime"

// Memo keeps what was made of whole stacks, so that each is read once however often it comes,
// and what was made of single frames, of which stacks have most in common. A stack that it knows
// costs a few ns a frame, and no lock. It is small while there are few stacks, grows to a fixed
// bound, and then forgets some: those are read again.
//
// It is ready when Frame and Stack are set, which must not change afterwards. It is safe for
// concurrent use and must not be copied.
type Memo[F, T any] struct {
	// Frame returns what is kept of a frame.
	Frame func(runtime.Frame) F
	// Stack returns what is kept of a stack, from the inside out. It must not keep frames,
	// which are shared.
	Stack func(frames []*F) T

	chains  table[known[T]]
	stacks  table[known[T]] // by what runtime.Callers returns
	symbols symbols[F]
}

// memoFrames is how many frames of a stack are looked at: tests of an application stand at the
// outer end, below routers and middleware.
const memoFrames = 256

// memoChain is the number of return addresses that make a key: a chain has wrappers, too.
const memoChain = memoFrames + 64

// Of returns what Stack makes of the stack of the function that calls Of's caller, of 255 frames
// at most. What it returns is shared.
//
//go:noinline
func (m *Memo[F, T]) Of() *T {
	var chain [memoChain]uintptr
	n, hash := readChain(&chain[0], memoChain)
	key := chain[:n]
	if n == memoChain {
		key = nil // more may follow
	}
	of := find(&m.chains, hash, key)
	if of != nil && of.value != nil {
		return of.value
	}
	var buf [memoFrames]uintptr
	pcs := buf[:runtime.Callers(callersSkip, buf[:])]
	value := m.At(pcs[min(1, len(pcs)):])
	if of == nil && len(key) > 0 {
		rememberChain(&m.chains, key, hash, m.symbols.covers(key, pcs, memoFrames, m.Frame), value)
	}
	return value
}

// At does so for a stack with the given program counters, as [runtime.Callers] gives them: that
// of another goroutine, for instance.
func (m *Memo[F, T]) At(pcs []uintptr) *T {
	hash := hashPCs(pcs)
	if of := find(&m.stacks, hash, pcs); of != nil {
		return of.value
	}
	frames := make([]*F, 0, memoFrames)
	for _, pc := range pcs {
		if s := m.symbols.of(pc, m.Frame); s.at != 0 {
			frames = append(frames, &s.function)
		}
	}
	value := m.Stack(frames)
	remember(&m.stacks, pcs, hash, &value)
	return &value
}
