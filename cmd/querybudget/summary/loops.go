package summary

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// What a goroutine sends that no test waits for may be many pieces of work: a server of SSH
// has one for each connection, and a library reads one command after the other. That it sends
// a statement often is a loop only if the application's source has one around a line of the
// stack.

// isOneWork reports whether what a goroutine sent repeatedly belongs to one piece of its work:
// a loop of the source has it, or one function asks on two of its lines.
func (s *Summary) isOneWork(f *budget.Finding) bool {
	frames := s.code.application(f.CallSite())
	if slices.ContainsFunc(frames, s.loops.Has) {
		return true
	}
	if f.Before == nil {
		return f.Kind != budget.NPlusOne && f.Kind != budget.WriteLoop && f.Kind != budget.Duplicate
	}
	before, again := s.code.application(f.Before.CallSite()), frames
	for len(before) > 0 && len(again) > 0 && before[len(before)-1] == again[len(again)-1] {
		before, again = before[:len(before)-1], again[:len(again)-1]
	}
	return len(before) > 0 && len(again) > 0 && before[len(before)-1].Function == again[len(again)-1].Function
}

// joinLoops makes one finding of the statements that one loop of the source sends, called from the
// same lines: in one call they take turns, and in another one only some of them are sent. What a loop
// reads comes first, and then what it writes.
func (s *Summary) joinLoops() {
	first := map[string][]*seen{}
	for _, kind := range []budget.FindingKind{budget.NPlusOne, budget.WriteLoop} {
		s.joinLoopsOf(kind, first)
	}
}

// joinLoopsOf adds the loops of a kind to the first finding of each loop.
func (s *Summary) joinLoopsOf(kind budget.FindingKind, first map[string][]*seen) {
	for key, f := range s.inOrder() {
		if f.worst.Kind != kind || f.isLeftOut() || f.toLoop == 0 {
			continue
		}
		loop := s.loops.Of(f.own[f.toLoop-1])
		i := slices.IndexFunc(first[loop], func(old *seen) bool { return old.isCalledLike(f) })
		if i < 0 {
			first[loop] = append(first[loop], f)
			continue
		}
		old := first[loop][i]
		old.with = append(old.with, f)
		old.hasRows = old.hasRows || !f.isUnsure() // one of its statements says how long the loop is
		old.inside = append(append(old.inside, f.inner()...), f.inside...)
		old.saved += f.saved
		delete(s.findings, key)
	}
}

// ownOfLoop returns the lines that say where a loop is. A helper that everything passes, and that reads rows and
// goes through them itself, is one: what has to change stands there, whoever calls it.
func (s *Summary) ownOfLoop(f *seen) []callsite.Frame {
	own := s.passed.own(f.frames, s.loops)
	if f.worst.Parent == nil {
		return own
	}
	loop := loopLine(f.worst.Parent.CallSite().Frames(), f.worst.CallSite().Frames())
	passed := f.frames[:slices.Index(f.frames, own[0])]
	i := slices.IndexFunc(passed, func(frame callsite.Frame) bool { return frame.StableName() == loop.StableName() && s.loops.Has(frame) })
	if i < 0 {
		return own
	}
	return append([]callsite.Frame{passed[i]}, own...)
}

// outside names the lines that call the function with the loop of a finding.
func (f *seen) outside() string {
	callers := f.own[f.toLoop:]
	return lines(callers[:min(len(callers), framesMax)])
}

// isCalledLike reports whether two loops are called from the same lines, or some of the same where
// they are findings of several callers.
func (f *seen) isCalledLike(other *seen) bool {
	for _, one := range append([]string{f.outside()}, f.callers...) {
		if one == other.outside() || slices.Contains(other.callers, one) {
			return true
		}
	}
	return false
}

// joinRepeats adds to a loop what it is called where its keys happen to be equal, or come in
// another order: a read of the same line that is sent again.
func (s *Summary) joinRepeats() {
	loops := slices.DeleteFunc(s.sorted(), func(f *seen) bool { return f.worst.Kind != budget.NPlusOne || f.isLeftOut() })
	for key, f := range s.inOrder() {
		if f.worst.Kind != budget.Duplicate || f.worst.Before != nil && s.lineOf(f.worst.Before.CallSite()) != f.own[0] {
			continue
		}
		at := slices.IndexFunc(loops, func(loop *seen) bool { return loop.worst.Shape == f.worst.Shape && loop.isSame(f) })
		if at >= 0 {
			loops[at].isIn(f)
			loops[at].saved += f.saved
			delete(s.findings, key)
		}
	}
}
