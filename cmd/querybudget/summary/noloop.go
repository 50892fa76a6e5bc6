package summary

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// What a call sends again and again is a loop over data if the source has a loop around it that ends. What
// has none, and goes through no rows that were read, may be anything that happens several times: a timer, a
// state that is reached again, a message.

// isInNoLoop reports whether nothing but its number tells that something is sent in a loop: there is none
// in the source around a line of the stack, no function on it that calls itself, no goroutine for each
// item, and no read with as many rows.
func (s *Summary) isInNoLoop(f *seen) bool {
	return f.isLoop() && !f.hasRows && f.across == nil && !isRecursive(f.frames) && !s.isLooped(f.frames)
}

// isLooped reports whether the source has a loop that ends around one of the lines.
func (s *Summary) isLooped(frames []callsite.Frame) bool {
	return slices.ContainsFunc(frames, func(f callsite.Frame) bool { return s.loops.Has(f) || s.ended.Has(f) })
}

// isWork reports whether what a unit sent repeatedly is one piece of work, as far as that is known.
func (s *Summary) isWork(u *Unit, f *budget.Finding) bool {
	switch {
	case u.Endless:
		return s.isOneWork(f)
	case isOfFew(f):
		return s.isLooped(s.code.application(f.CallSite()))
	}
	return true
}

// fewReads is the number of reads from which on they are a loop, as everywhere. Of fewer, without a read that
// has as many rows, the source has to show one.
const fewReads = 5

func isOfFew(f *budget.Finding) bool {
	return f.Kind == budget.NPlusOne && f.Count < fewReads && f.Confidence != budget.Proven && f.Parent == nil
}

// isRecursive reports whether a function stands twice on a stack.
func isRecursive(frames []callsite.Frame) bool {
	return slices.ContainsFunc(frames, func(f callsite.Frame) bool {
		return len(slices.DeleteFunc(slices.Clone(frames), func(o callsite.Frame) bool { return o.Function != f.Function })) > 1
	})
}
