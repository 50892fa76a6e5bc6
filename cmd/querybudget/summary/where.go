package summary

import (
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// at says where a finding is, by its line and a caller that tells it from others; first is the line that read
// the answer of a duplicate before.
func (s *Summary) at(f *seen, caller callsite.Frame) (at string, first callsite.Frame) {
	line := f.own[0]
	first, then := s.asks(f)
	if caller == line {
		caller = then
	}
	if caller == line && f.toLoop > 0 {
		caller = f.own[f.toLoop-1] // a function that sends one statement says little
	}
	if caller == line {
		return line.String(), first
	}
	return line.String() + " < " + caller.String(), first
}

// asks returns the lines that tell the two reads of a duplicate apart: the function that both have
// in common has to pass the answer on.
func (s *Summary) asks(f *seen) (first, then callsite.Frame) {
	if f.worst.Before == nil {
		return f.own[0], f.own[0]
	}
	before, again := f.worst.Before.CallSite(), f.worst.CallSite()
	if frames := s.code.application(before); len(frames) > 0 && f.joined == nil {
		frames = s.passed.own(frames, nil)
		before = callsite.CallSite{Frame: frames[0], Outer: frames[1:]}
		again = callsite.CallSite{Frame: f.own[0], Outer: f.own[1:]}
	}
	lines := callsite.Distinguish([]callsite.CallSite{before, again})
	if f.joined != nil {
		lines[1] = f.own[0]
	}
	return lines[0], lines[1]
}

// bothIn returns the line of the function that both reads of a duplicate have in common, which can pass the answer
// on, if no line that is printed is in it.
func (s *Summary) bothIn(f *seen) (line callsite.Frame, ok bool) {
	if f.worst.Before == nil || f.joined != nil {
		return line, false
	}
	before, again := s.code.application(f.worst.Before.CallSite()), s.code.application(f.worst.CallSite())
	i, j := len(before)-1, len(again)-1
	for i > 0 && j > 0 && before[i] == again[j] {
		i, j = i-1, j-1
	}
	if i < 0 || j < 0 {
		return line, false
	}
	if before[i].Function != again[j].Function {
		if j++; j == len(again) {
			return line, false
		}
	}
	at, first := s.at(f, f.own[0])
	isSaid := strings.Contains(at, again[j].StableName()) || first.StableName() == again[j].StableName()
	return again[j], !isSaid
}
