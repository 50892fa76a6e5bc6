package summary

import (
	"maps"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
)

// What one change repairs is one finding.

// fewSmall is the number of statements that one line sends again from which on they are
// worth a line together.
const fewSmall = 3

// joinSmall makes one finding of several reads that one call of the application sends again
// once, each too little by itself: the line that makes the call is what has to change.
func (s *Summary) joinSmall() {
	for _, f := range s.sorted() {
		if f.isSmall() && f.worst.Before != nil && f.worst.Count > 1 && len(f.shapes) >= fewSmall && !f.isByChance() {
			f.joined = f.frames[:1:1] // one line has them all, as that of an ORM which preloads
		}
	}
	small := slices.DeleteFunc(s.sorted(), func(f *seen) bool { return !f.isSmall() || f.worst.Count > 1 || f.isByChance() })
	for _, f := range small {
		if f.joined != nil {
			continue
		}
		for i, at := range f.own {
			if s.passed.isForAnything(at) {
				continue // the outermost frame, perhaps, which all requests pass
			}
			same := slices.DeleteFunc(slices.Clone(small), func(other *seen) bool {
				return other == f || other.joined != nil || !slices.Contains(other.own, at)
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
func (s *Summary) joinAt(f *seen, others []*seen, at []callsite.Frame) {
	f.own, f.joined = at, f.frames[:1:1]
	f.worst.Count = mostInOneCall(append([]*seen{f}, others...))
	for _, other := range others {
		f.merge(other)
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

// mostInOneCall returns how much findings have together in the call that has most of them.
func mostInOneCall(all []*seen) (most int64) {
	counts := map[int64]int64{}
	for _, f := range all {
		most = max(most, f.worst.Count)
		for _, call := range f.calls {
			counts[call] += f.worst.Count
			most = max(most, counts[call])
		}
	}
	return most
}

// joinCauses makes one finding of a read that one line asks again after another one, whoever calls
// them: a check of permissions that reads the user whom the middleware has read has one repair, and
// as many callers as there are handlers.
func (s *Summary) joinCauses() {
	first := map[string]*seen{} // by the two lines
	for key, f := range s.inOrder() {
		if f.worst.Kind != budget.Duplicate || f.worst.Before == nil || len(f.own) < causeFrames {
			continue
		}
		before := s.code.application(f.worst.Before.CallSite())
		if len(before) == 0 {
			continue
		}
		before = s.passed.own(before, nil)
		cause := f.worst.Shape + "\n" + lines(f.own[:causeFrames]) + "\n" + lines(before[:min(len(before), causeFrames)])
		old := first[cause]
		if old == nil {
			first[cause] = f
			continue
		}
		old.merge(f)
		delete(s.findings, key)
	}
}

// causeFrames is how many frames tell a line that asks from others: that of a store, and its caller.
const causeFrames = 2

// joinCalls makes one finding of the statements that one call sends again when it is made
// again, such as a user with its addresses: the second call is what has to change.
func (s *Summary) joinCalls() {
	first := map[string]*seen{} // by the two calls
	for key, f := range s.inOrder() {
		calls, again, ok := callsOf(&f.worst)
		if !ok || f.isLeftOut() || f.joined != nil || s.passed.isHub(again) {
			continue
		}
		old := first[calls]
		if old == nil {
			first[calls] = f
			continue
		}
		if old.joined == nil {
			old.joined = old.frames[:1:1]
		}
		old.merge(f)
		old.joined = append(old.joined, f.frames[0])
		old.worst.Repair = "pass on what the first call read: saves " + format.Plural(old.worst.Count*int64(len(old.shapes)), "round trip")
		delete(s.findings, key)
	}
}

// joinFirsts makes one finding of reads that several lines send again, each in few calls, after one
// line had the answer: a middleware that reads an account, and handlers that read it once more.
func (s *Summary) joinFirsts() {
	again := map[string][]*seen{} // by the line that had the answer
	keys := map[*seen]findingKey{}
	for key, f := range s.inOrder() {
		if !f.isSmall() || f.worst.Before == nil {
			continue
		}
		first := s.lineOf(f.worst.Before.CallSite())
		cause := f.worst.Shape + "\n" + first.String()
		isKnown := slices.ContainsFunc(again[cause], func(other *seen) bool { return other.own[0] == f.own[0] })
		if first != f.own[0] && !isKnown {
			again[cause], keys[f] = append(again[cause], f), key
		}
	}
	for _, all := range again {
		var calls seen
		for _, f := range all {
			calls.isIn(f)
		}
		if len(all) < fewSmall || calls.units < fewCalls {
			continue
		}
		f := all[0]
		f.joined = f.frames[:1:1]
		for _, other := range all[1:] {
			f.merge(other)
			f.joined = append(f.joined, other.frames[0])
			f.with = append(f.with, other)
			delete(s.findings, keys[other])
		}
		f.agreement = s.asked.of(f)
	}
}

// callsOf names the two lines of one function that had an answer, first and then again, and
// the functions that they called for it. It returns the second line, and false if the function
// asked itself.
func callsOf(d *budget.Finding) (name string, line callsite.Frame, ok bool) {
	if d.Kind != budget.Duplicate || d.Before == nil {
		return "", line, false
	}
	before, again := d.Before.CallSite().Frames(), d.CallSite().Frames()
	i, j := len(before)-1, len(again)-1
	for i > 0 && j > 0 && before[i] == again[j] {
		i, j = i-1, j-1
	}
	if i == 0 || j == 0 || before[i].Function != again[j].Function {
		return "", line, false
	}
	return lines(before[i:]) + before[i-1].Function + "\n" + lines(again[j:]) + again[j-1].Function, again[j], true
}
