package summary

import (
	"path"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/source"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// passed tells for each line which statements came through it, and from which lines. A
// retry helper or a generic function of a repository that everything passes says nothing
// about a finding.
type passed struct {
	generated []string     // files of generators, as "import/path/file.go"
	relays    source.Spans // functions that send what they are given
	lines     map[callsite.Frame]*passedBy
}

type passedBy struct {
	shapes  map[string]bool
	tables  map[string]bool
	callers map[callsite.Frame]bool
	callees map[string]bool // functions that it called; none where it sends
	sends   bool            // it is the innermost line of a statement
}

// A hub is a line that so many statements pass, from so many lines or of so many tables.
const (
	hubStatements = 8
	hubCallers    = 4
	hubCallees    = 4
	hubTables     = 4
)

func (p passed) add(frames []callsite.Frame, g *budget.Group) {
	for i, f := range frames {
		by := p.lines[f]
		if by == nil {
			by = &passedBy{shapes: map[string]bool{}, tables: map[string]bool{}, callers: map[callsite.Frame]bool{}, callees: map[string]bool{}}
			p.lines[f] = by
		}
		if len(by.shapes) < hubStatements {
			by.shapes[g.Shape] = true
		}
		if len(g.Tables) > 0 && len(by.tables) < hubTables {
			by.tables[g.Tables[0]] = true
		}
		if i+1 < len(frames) && len(by.callers) < hubCallers {
			by.callers[frames[i+1]] = true
		}
		if i > 0 && len(by.callees) < hubCallees {
			by.callees[frames[i-1].Function] = true
		}
		by.sends = by.sends || i == 0
	}
}

// sends reports whether a statement came through a line of a file.
func (p passed) sends(file string, line int) bool {
	for f := range p.lines {
		if f.Line == line && f.File == file {
			return true
		}
	}
	return false
}

// isLayer reports whether all lines of a stack, from the one that sends to the outermost,
// are of a layer that saves the records of any table: one at a time, since each has hooks,
// and no line says what a loop would save in one statement.
func (p passed) isLayer(frames []callsite.Frame) bool {
	by := p.lines[frames[0]]
	return by != nil && by.sends && !slices.ContainsFunc(frames, func(f callsite.Frame) bool { return !p.isPassed(f) })
}

// hubs returns how many of the inner frames everything passes, or a generator wrote. The
// outermost frame is none. Where nothing else is left, as in an import of all tables,
// generated code for one of them says more.
func (p passed) hubs(frames []callsite.Frame) int {
	n := p.inner(frames)
	if n < len(frames)-1 {
		return n
	}
	for i := n - 1; i >= 0; i-- {
		if p.isGenerated(frames[i]) && !p.isHub(frames[i]) && (i < n-1 || p.isGenerated(frames[n])) {
			return i
		}
	}
	return n
}

// inner returns how many frames hubs passes over. What stands several times on a stack hands
// on from one function to the next, as hooks and middleware do: beyond it there is nothing that
// sends a query. What it calls is a place then, if it is called from nowhere else: a handler
// for any table is.
func (p passed) inner(frames []callsite.Frame) int {
	relayed := p.relayed(frames)
	n := relayed
	for i, f := range frames[:len(frames)-1] {
		if i < relayed || p.isGenerated(f) {
			n = max(n, i+1)
			continue
		}
		if p.handsOn(frames, i) {
			if i == n && i > relayed && len(p.lines[frames[i-1]].callers) < hubCallers {
				n = i - 1
			}
			break
		}
		if !p.isPassed(f) {
			break
		}
		if p.isCalledFromManyLines(f) || i == n && p.isForAnything(f) {
			n = i + 1
		}
	}
	for n+1 < len(frames) && p.handsOn(frames, n) {
		n++
	}
	return n
}

// relayed returns how many of the inner frames only hand on a statement. Between two frames of
// one such function stands what it hands a closure to, such as a helper that tries again.
func (p passed) relayed(frames []callsite.Frame) (n int) {
	var in []string // the functions of the first n frames, by their lines
	for i, f := range frames[:len(frames)-1] {
		of := p.relays.Of(f)
		if of != "" && (i == n || slices.Contains(in, of)) {
			n, in = i+1, append(in, of)
		}
	}
	return n
}

func (p passed) isGenerated(f callsite.Frame) bool {
	return slices.Contains(p.generated, f.Package()+"/"+path.Base(f.File))
}

// own returns the frames but for those that everything passes, further outside, too, such
// as the lines of a helper that begins a transaction. The nearest line in one of the loops is
// kept, whoever calls its function, if it calls one thing only: a helper that tries again does not, or
// calls a closure of its own, which does.
func (p passed) own(frames []callsite.Frame, loops source.Spans) []callsite.Frame {
	frames = frames[p.hubs(frames):]
	out := frames[:1:1]
	inLoop := loops.Has(frames[0])
	for _, f := range frames[1:] {
		isLoop := !inLoop && loops.Has(f)
		if !p.isHub(f) || isLoop && p.callsOneThing(f) {
			out, inLoop = append(out, f), inLoop || isLoop
		}
	}
	return out
}

// callsOneThing reports whether all statements that come through a line come from one function, which is no closure
// of its own.
func (p passed) callsOneThing(f callsite.Frame) bool {
	callees := p.lines[f].callees
	for callee := range callees {
		if strings.HasPrefix(callee, f.Function+".") {
			return false
		}
	}
	return len(callees) == 1
}

// isHub reports whether a line says nothing: many statements come through it, from many lines
// or of many tables. A list whose filters make many statements has neither.
func (p passed) isHub(f callsite.Frame) bool {
	return p.isPassed(f) && (len(p.lines[f].callers) >= hubCallers || len(p.lines[f].tables) >= hubTables)
}

func (p passed) isCalledFromManyLines(f callsite.Frame) bool {
	return p.isPassed(f) && len(p.lines[f].callers) >= hubCallers
}

// isForAnything reports whether a line that many tables pass sends itself, calls many functions, as
// a router does, or is called from several lines. Another one loads a thing of many tables: it is
// a place.
func (p passed) isForAnything(f callsite.Frame) bool {
	by := p.lines[f]
	return p.isHub(f) && (len(by.callees) == 0 || len(by.callees) >= hubCallees || len(by.callers) > 1)
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
