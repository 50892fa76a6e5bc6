package callsite

import "runtime"

// symbols keeps what was made of the functions and lines of program counters: a program has
// few of those, and many stacks of them: 4,096 are kept at most, of about 200 bytes. It is safe
// for concurrent use.
type symbols[F any] struct {
	table table[symbol[F]]
}

// symbol is a program counter of a stack, as [runtime.Callers] gives them.
type symbol[F any] struct {
	pc       uintptr
	at       uintptr // of the call instruction; 0 for what is no Go code
	entry    uintptr // of the function that it lies in
	inlined  bool    // the function was inlined into that one
	function F
}

// of returns the symbol of a program counter, which is read by a function if it is not known.
func (s *symbols[F]) of(pc uintptr, read func(runtime.Frame) F) *symbol[F] {
	hash := hashPC(pc)
	if set := s.table.set(hash); set != nil {
		for i := range set.places {
			if e := set.places[i].Load(); e != nil && e.pc == pc {
				return e
			}
		}
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	e := &symbol[F]{pc: pc, at: f.PC, entry: f.Entry, inlined: f.Func == nil, function: read(f)}
	s.table.put(hash, e, func(e *symbol[F]) uint64 { return hashPC(e.pc) })
	return e
}

func hashPC(pc uintptr) uint64 {
	h := uint64(pc) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

// covers reports whether a chain has all the addresses of a stack, of which
// runtime.Callers returned the first max. Those of inlined functions are none: they
// are made up from that of the function around them.
func (s *symbols[F]) covers(chain, stack []uintptr, max int, read func(runtime.Frame) F) bool {
	var outer *symbol[F] // the frame before
	for _, pc := range stack {
		f := s.of(pc, read)
		if f.at+1 != pc {
			return false
		}
		// Of the functions inlined into one, all but the outermost have no Func.
		inlined := outer != nil && outer.inlined && outer.entry == f.entry
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

// function is what a Cache keeps of a frame.
func function(f runtime.Frame) runtime.Frame { return f }

// framesOf looks up the functions of a stack, from the inside out.
func framesOf(s *symbols[runtime.Frame], pcs []uintptr) []runtime.Frame {
	out := make([]runtime.Frame, 0, len(pcs))
	for _, pc := range pcs {
		if f := s.of(pc, function); f.function.Function != "" {
			out = append(out, f.function)
		}
	}
	return out
}
