package callsite

import (
	"runtime"
	"slices"
)

// Memo keeps what was made of whole stacks, so that each is read once however often it comes.
// A stack that it knows costs a few ns a frame, and no lock. It is small while there are few
// stacks, grows to a fixed bound, and then forgets some: those are read again.
//
// The zero Memo is ready. It is safe for concurrent use and must not be copied.
type Memo[T any] struct {
	chains table[known[T]]
	stacks table[known[T]] // by what runtime.Callers returns
}

// memoFrames is how many frames of a stack are looked at: tests of an application stand at the
// outer end, below routers and middleware.
const memoFrames = 256

// Of returns what read makes of the stack of the function that calls Of's caller, of 255 frames
// at most. What it returns is shared.
//
//go:noinline
func (m *Memo[T]) Of(read func(pcs []uintptr) T) *T {
	var k chain
	k.n, k.hash = readChain(&k.pcs)
	key := k.pcs[:k.n]
	if k.n == maxChain {
		key = nil // more may follow
	}
	of := find(&m.chains, k.hash, key)
	if of != nil && of.value != nil {
		return of.value
	}
	var buf [memoFrames]uintptr
	pcs := buf[:runtime.Callers(callersSkip, buf[:])]
	value := m.At(pcs[min(1, len(pcs)):], read)
	if of == nil && len(key) > 0 {
		rememberChain(&m.chains, key, k.hash, pcs, memoFrames, value)
	}
	return value
}

// At does so for a stack with the given program counters, as [runtime.Callers] gives them: that
// of another goroutine, for instance.
func (m *Memo[T]) At(pcs []uintptr, read func(pcs []uintptr) T) *T {
	hash := hashPCs(pcs)
	if of := find(&m.stacks, hash, pcs); of != nil {
		return of.value
	}
	value := read(slices.Clone(pcs))
	remember(&m.stacks, pcs, hash, &value)
	return &value
}
