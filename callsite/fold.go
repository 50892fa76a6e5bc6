package callsite

import (
	"slices"
	"strings"
)

// Fold returns the call site as it would be without recursion: of a function that
// came to call itself, in whatever way, the innermost call is left, and of what lay
// between the calls nothing. So the levels of a tree have one folded call site, and
// five calls of one function from five lines keep five.
//
// A function that calls what it is given, such as one that begins a transaction or
// tries again, often stands twice on a stack without recursion. It is told by its
// line, which calls one function here and another there, and is not folded.
//
// A stack that was cut inside of a recursion lacks what began it: of that, the frames
// from the innermost call on are left, and Cut is set. It is an inner part of the
// folded call sites of the same recursion that were not cut: see [CallSite.Continues].
func (s CallSite) Fold() CallSite {
	frames := s.Frames()
	if len(frames) < 2 {
		return s
	}
	slices.Reverse(frames)
	f := folding{repeated: map[string]bool{}}
	for i := range frames {
		f.call(frames[i:])
	}
	if s.Cut && f.repeated[frames[0].Function] {
		f.dropUnknown()
	}
	slices.Reverse(f.path)
	s.Frame, s.Outer = f.path[0], f.path[1:]
	return s
}

// folding is a stack that is folded from the outside in.
type folding struct {
	path []Frame
	// repeated are the functions of recursions.
	repeated map[string]bool
}

// call adds the first of the frames that are left. If its function came to call
// itself, what it called in between is left out.
func (f *folding) call(rest []Frame) {
	for i, outer := range slices.Backward(f.path) {
		if outer.Function != rest[0].Function || !isRecursion(f.path[i:], rest) {
			continue
		}
		for _, between := range f.path[i:] {
			f.repeated[between.Function] = true
		}
		f.path = f.path[:i]
		break
	}
	f.path = append(f.path, rest[0])
}

// isRecursion tells recursion from a function that calls what it is given. Round is
// the way from the function to its next call, and rest begins with that. Where both
// part, recursion is at another line; it also comes round on the same way, or goes
// through a closure of the function's own.
func isRecursion(round, rest []Frame) bool {
	for k, outer := range round {
		switch {
		case k == len(rest):
			return false
		case outer.Function != rest[k].Function:
			return strings.HasPrefix(outer.Function, round[k-1].Function+".") // round[0] is the same function
		case outer.Line != rest[k].Line || outer.File != rest[k].File:
			return true
		}
	}
	return true
}

// dropUnknown leaves out what is outside of the innermost call of a recursion that
// the stack was cut in: how far it had come round at the cut says nothing.
func (f *folding) dropUnknown() {
	for i, frame := range slices.Backward(f.path) {
		if f.repeated[frame.Function] {
			f.path = f.path[i:]
			return
		}
	}
}

// Continues reports whether s may be the same call site as one that was cut: it has
// all of its frames, and goes on where they end.
func (s CallSite) Continues(cut CallSite) bool {
	frames, known := s.Frames(), cut.Frames()
	return cut.Cut && !cut.IsZero() && len(frames) >= len(known) && slices.Equal(frames[:len(known)], known)
}
