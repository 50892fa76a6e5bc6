package callsite

import (
	"runtime"
	"slices"
)

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

// covers reports whether a chain has all the addresses of a stack, of which
// runtime.Callers returned the first max. Those of inlined functions are none: they
// are made up from that of the function around them.
func covers(chain, stack []uintptr, max int) bool {
	frames := runtime.CallersFrames(stack)
	var outer runtime.Frame // the frame before
	for i, pc := range stack {
		f, more := frames.Next()
		if f.PC+1 != pc || more != (i+1 < len(stack)) {
			return false
		}
		// Of the functions inlined into one, all but the outermost have no Func.
		inlined := i > 0 && outer.Func == nil && outer.Entry == f.Entry
		outer = f
		if inlined {
			continue
		}
		for len(chain) > 0 && chain[0] != pc {
			chain = chain[1:]
		}
		if len(chain) == 0 {
			return false
		}
		chain = chain[1:]
	}
	// Either the stack was cut, or both have come to its end.
	return len(stack) == max || len(chain) == 0
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

// rememberChain trusts a chain only if it has all the addresses of the stack.
func rememberChain[T any](t *table[known[T]], chain []uintptr, hash uint64, stack []uintptr, max int, value *T) {
	if !covers(chain, stack, max) {
		value = nil
	}
	remember(t, chain, hash, value)
}
