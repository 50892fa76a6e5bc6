package main

import (
	"maps"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
)

// fewCalls is the number of calls below which one read that is sent again costs nobody
// anything. In the tests of seven public applications, of such reads in 8 calls and more
// 12 of 13 were worth a change, of those in fewer calls 14 of 53.
const fewCalls = 8

// isSmall reports whether a finding costs one round trip, and that rarely.
func (f *seen) isSmall() bool {
	return f.worst.Kind == budget.Duplicate && f.worst.Count == 1 && f.units < fewCalls
}

// sameQuestions is the share of calls from which on two lines that ask the same are taken to
// do so by design, and fewQuestions the number of different questions below which that counts:
// three different answers are no accident of the test data.
const (
	sameQuestions = 0.8
	fewQuestions  = 3
)

// isByChance reports whether two lines ask for the same row in some calls and for another one
// in others, as those that read the owner of a thing and its editor do.
func (f *seen) isByChance() bool {
	a := f.agreement
	return len(a.questions) < fewQuestions && float64(a.same) < sameQuestions*float64(a.same+a.differ)
}

// isChance reports whether that is why a finding is left out.
func (f *seen) isChance() bool { return f.isByChance() && !f.isSmall() }

// isLeftOut reports whether a finding is listed with -all only.
func (f *seen) isLeftOut() bool { return f.isSmall() || f.isChance() || f.layer }

// count counts the findings that something is true of.
func (s *summary) count(is func(*seen) bool) (n int) {
	for _, f := range s.findings {
		if is(f) {
			n++
		}
	}
	return n
}

// fewSmall is the number of statements that one line sends again from which on they are
// worth a line together.
const fewSmall = 3

// joinSmall makes one finding of several reads that one call of the application sends again,
// each too little by itself: the line that makes the call is what has to change.
func (s *summary) joinSmall() {
	small := slices.DeleteFunc(s.sorted(), func(f *seen) bool { return !f.isSmall() || f.isByChance() })
	for _, f := range small {
		if f.joined != nil {
			continue
		}
		for i := range f.own {
			same := slices.DeleteFunc(slices.Clone(small), func(other *seen) bool {
				return other == f || other.joined != nil || !slices.Contains(other.own, f.own[i])
			})
			if statements(f, same) >= fewSmall {
				s.joinAt(f, same, f.own[i:])
				break
			}
		}
	}
}

// statements counts the different statements of findings.
func statements(f *seen, others []*seen) int {
	shapes := maps.Clone(f.shapes)
	for _, other := range others {
		maps.Copy(shapes, other.shapes)
	}
	return len(shapes)
}

// joinAt adds findings to one of them, which is then at an outer line.
func (s *summary) joinAt(f *seen, others []*seen, at []callsite.Frame) {
	f.own, f.joined = at, f.frames[:1:1]
	for _, other := range others {
		f.merge(other)
		f.worst.Count += other.worst.Count
		other.joined = other.frames[:1]
		f.joined = append(f.joined, other.frames[0])
	}
	f.worst.Repair = "pass on what was read before: saves " + format.Plural(f.worst.Count, "round trip")
	for key, other := range s.findings {
		if slices.Contains(others, other) {
			delete(s.findings, key)
		}
	}
}
