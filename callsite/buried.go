package callsite

import (
	"runtime"
	"slices"
)

// A library that calls itself, as ent does for each row of a bulk INSERT, buries the
// application's frames under its own: beyond maxFrames, where nobody looks. Of such a stack
// each address is kept once, so that what comes after the recursion has room.

// isBuried reports whether a stack was cut before the application's first frame, inside of
// a recursion. It looks up functions of full and recursive stacks that are new only, and all
// of them: whether generated code is a library's shows in what stands outside of it.
func (s *Stack) isBuried() bool {
	if len(s.pcs) < maxFrames {
		return false
	}
	s.buriedOnce.Do(func() { s.buried = isRecursive(s.pcs) && !s.hasApplication() })
	return s.buried
}

func (s *Stack) hasApplication() bool {
	site, _ := s.skip.siteOf(framesOf(&s.skip.symbols, s.pcs))
	return !site.IsZero() && !site.Library
}

func isRecursive(pcs []uintptr) bool {
	for i, pc := range pcs {
		if slices.Contains(pcs[:i], pc) {
			return true
		}
	}
	return false
}

// maxBuried is how deep the application's frames are looked for: 2,000 rows of ent are 10,000
// frames.
const maxBuried = 1 << 14

// unburied returns the stack of the caller of Capture, each address once. It takes 75 ns a
// frame.
//
//go:noinline
func unburied() []uintptr {
	for size := 4 * maxFrames; ; size *= 4 {
		pcs := make([]uintptr, min(size, maxBuried))
		n := runtime.Callers(callersSkip+1, pcs)
		if n < len(pcs) || n == maxBuried {
			return eachOnce(pcs[:n])
		}
	}
}

// eachOnce returns the different addresses of a stack in their order, as many as are kept.
func eachOnce(pcs []uintptr) []uintptr {
	out := make([]uintptr, 0, maxFrames)
	for _, pc := range pcs {
		if len(out) == maxFrames {
			break
		}
		if !slices.Contains(out, pc) {
			out = append(out, pc)
		}
	}
	return out
}
