package main

import (
	"path"
	"slices"

	"github.com/querybudget/querybudget/callsite"
)

// passed tells for each line which statements came through it, and from which lines. A
// retry helper or a generic function of a repository that everything passes says nothing
// about a finding.
type passed struct {
	generated []string // files of generators, as "import/path/file.go"
	lines     map[callsite.Frame]*passedBy
}

type passedBy struct {
	shapes  map[string]bool
	callers map[callsite.Frame]bool
}

// hubStatements and hubCallers are how many statements from how many lines make a hub of a
// line.
const (
	hubStatements = 8
	hubCallers    = 4
)

func (p passed) add(frames []callsite.Frame, shape string) {
	for i, f := range frames[:max(0, len(frames)-1)] {
		by := p.lines[f]
		if by == nil {
			by = &passedBy{map[string]bool{}, map[callsite.Frame]bool{}}
			p.lines[f] = by
		}
		if len(by.shapes) < hubStatements {
			by.shapes[shape] = true
		}
		if caller := frames[i+1]; len(by.callers) < hubCallers {
			by.callers[caller] = true
		}
	}
}

// hubs returns how many of the inner frames everything passes, or a generator wrote. The
// outermost frame is none. What stands several times on a stack hands on from one function
// to the next, as hooks and middleware do: beyond it there is nothing that sends a query.
func (p passed) hubs(frames []callsite.Frame) int {
	n := 0
	for i, f := range frames[:len(frames)-1] {
		if slices.Contains(p.generated, f.Package()+"/"+path.Base(f.File)) {
			n = i + 1
			continue
		}
		if !p.isPassed(f) || p.handsOn(frames, i) {
			break
		}
		if len(p.lines[f].callers) >= hubCallers {
			n = i + 1
		}
	}
	for n+1 < len(frames) && p.handsOn(frames, n) {
		n++
	}
	return n
}

// own returns the frames but for those that everything passes, further outside, too, such
// as the lines of a helper that begins a transaction.
func (p passed) own(frames []callsite.Frame) []callsite.Frame {
	frames = frames[p.hubs(frames):]
	out := frames[:1:1]
	for _, f := range frames[1:] {
		if !p.isPassed(f) || len(p.lines[f].callers) < hubCallers {
			out = append(out, f)
		}
	}
	return out
}

// isPassed reports whether many statements come through a line.
func (p passed) isPassed(f callsite.Frame) bool {
	by := p.lines[f]
	return by != nil && len(by.shapes) >= hubStatements
}

// handsOn reports whether a frame that many statements pass stands on a stack further
// outside, too, with other ones between: a function that calls itself has none.
func (p passed) handsOn(frames []callsite.Frame, i int) bool {
	return slices.Index(frames[i+1:], frames[i]) > 0 && p.isPassed(frames[i])
}
