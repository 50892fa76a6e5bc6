package summary

import (
	"slices"

	"github.com/querybudget/querybudget/callsite"
)

// isMocked reports whether a read is sent again behind a call that a mock may stand for: in the function that both
// reads have in common, in one that sent the first read and went on, or in one that sends the second.
func (s *Summary) isMocked(f *seen) bool {
	if f.worst.Before == nil || len(s.mocks) == 0 {
		return false
	}
	first, again := forked(s.code.application(f.worst.Before.CallSite()), f.frames)
	if len(first) == 0 {
		return false
	}
	common, then := len(first)-1, len(again)-1
	return s.hasMock(first[common], first[common].Line, again[then].Line) ||
		slices.ContainsFunc(first[:common], func(frame callsite.Frame) bool { return s.hasMock(frame, frame.Line, 0) }) ||
		slices.ContainsFunc(again[:then], func(frame callsite.Frame) bool { return s.hasMock(frame, 0, frame.Line) })
}

// hasMock reports whether a call that a mock may stand for has sent nothing in all tests.
func (s *Summary) hasMock(f callsite.Frame, after, before int) bool {
	return slices.ContainsFunc(s.mocks.Between(f, after, before), func(line int) bool { return !s.passed.sends(f.File, line) })
}

// forked returns two stacks up to the function in which they part; nothing if they part in two functions.
func forked(a, b []callsite.Frame) (first, again []callsite.Frame) {
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 || a[len(a)-1].StableName() != b[len(b)-1].StableName() {
		return nil, nil
	}
	return a, b
}
