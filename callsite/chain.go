package callsite

import "slices"

// A stack is recognised by the chain of its return addresses, which frame pointers
// link: reading it costs about 2 ns a frame, where [runtime.Callers] costs 75 and
// more. The chain is a key and never an answer: on a miss, runtime.Callers gives
// the stack, and the key is trusted only if the chain has every address that
// runtime.Callers found. Whether it does is decided by the addresses themselves,
// because a function that keeps no frame pointer never does. So the next stack with
// the same key is the same stack, and a chain with a gap costs time and no truth.

// maxChain is the number of return addresses that make a key. It is more than
// maxFrames because the chain has wrappers that runtime.Callers leaves out.
const maxChain = 64

// chain is what was read of a goroutine's stack, from the inside out.
type chain struct {
	pcs  [maxChain]uintptr
	n    int
	hash uint64
}

// known is a chain, or a stack, that was seen, with what is known of it: nil for a chain with
// a gap, which says nothing.
type known[T any] struct {
	pcs   []uintptr
	hash  uint64
	value *T
}

// find returns what is known of a chain or a stack, nil for one that was not seen.
func find[T any](t *table[known[T]], hash uint64, pcs []uintptr) *known[T] {
	set := t.set(hash)
	if set == nil {
		return nil
	}
	for i := range set.places {
		if e := set.places[i].Load(); e != nil && e.hash == hash && slices.Equal(e.pcs, pcs) {
			return e
		}
	}
	return nil
}

// remember adds what was not seen before.
func remember[T any](t *table[known[T]], pcs []uintptr, hash uint64, value *T) {
	t.put(hash, &known[T]{slices.Clone(pcs), hash, value}, func(e *known[T]) uint64 { return e.hash })
}

// rememberChain adds a chain, which answers only if it is whole.
func rememberChain[T any](t *table[known[T]], chain []uintptr, hash uint64, isWhole bool, value *T) {
	if !isWhole {
		value = nil
	}
	remember(t, chain, hash, value)
}
