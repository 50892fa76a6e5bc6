package summary

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// findingKey tells findings apart: by the lines that the application has on the stack.
type findingKey struct {
	kind  budget.FindingKind
	lines string
}

// framesMax is how many frames tell findings apart: those of one function of a repository
// that the same line of a service reaches are one, wherever the service is called from.
const framesMax = 4

// seen is a finding of one or more units.
type seen struct {
	worst       budget.Finding
	frames      []callsite.Frame // of the application, from the inside out; at least one
	shapes      map[string]bool  // of the statements that the same lines send
	setUp       int64            // units that also define tables, and what TestMain does once
	openers     map[string]int64 // units of helpers that open a database, by helper
	startedIn   string           // the latest process whose TestMain did it
	startsAgain bool             // TestMain of one did it several times
	units       int64
	byItem      bool                // in all of them each item is a piece of work in a transaction of its own
	byItself    bool                // a loop of writes, each of which is committed by itself in all of them
	forRows     bool                // a nested query that is sent for each row, in a unit at least
	calls       []int64             // their numbers, but for those that only many units show together
	loops       int64               // of them, those in which a duplicate is as many as a loop
	callsOut    int64               // of them, those in which another service is called each time
	saved       int64               // executions that a repair saves, in all units
	in          Unit                // the one of the worst, without its report
	own         []callsite.Frame    // the frames but for those that everything passes
	layer       bool                // a write of a layer that saves any record
	fixed       bool                // few writes, as many in each call
	ofList      bool                // all loops around it go over lists that stand in the source
	ofNone      bool                // no loop of the source is around it
	mocked      bool                // between the two reads stands a call that the test may have a mock for
	inLoop      bool                // a loop of the source is around a read that one line sends again
	hasRows     bool                // in a unit there was a read with as many rows, or a goroutine for each item
	pairs       map[askedPair]bool  // of a duplicate: the lines that ask the same
	agreement   agreement           // and what all units say of them
	joined      []callsite.Frame    // the lines of several that are one finding
	inside      []callsite.Frame    // the lines of others that were merged, up to the one that is printed
	across      *budget.Covariation // what many units show, nil for nothing
	toLoop      int                 // how many of its own frames lead to a loop of the source; 0 for none
	callers     []string            // of its function, in findings that were merged
	with        []*seen             // other statements of that loop
}

// isOfStart reports whether a read is sent again by what starts the application, from the same
// lines as in TestMain: some tests start it again.
func (f *seen) isOfStart() bool {
	return f.worst.Kind == budget.Duplicate && f.startedIn != "" && !f.startsAgain
}

// place returns the frames that say where a finding is: to the function that has the loop,
// where that is known, and those of its nearest callers else.
func (f *seen) place() []callsite.Frame {
	own := f.own
	if p := f.worst.Parent; p != nil {
		loop := loopLine(p.CallSite().Frames(), f.worst.CallSite().Frames()).StableName()
		if i := slices.IndexFunc(own, func(o callsite.Frame) bool { return o.StableName() == loop }); i >= 0 {
			return own[:i+1]
		}
	}
	return own[:min(len(own), framesMax)]
}

func (f *seen) isLoop() bool {
	return f.worst.Kind == budget.NPlusOne || f.worst.Kind == budget.WriteLoop
}

// isSame reports whether two findings of one kind and line are in one place, as far as
// both are known to the test.
func (f *seen) isSame(other *seen) bool {
	a, b := f.place(), other.place()
	n := min(len(a), len(b))
	if f.toLoop > 0 && f.worst.Shape == other.worst.Shape {
		n = min(n, f.toLoop) // a loop of a function that several call
	}
	return lines(a[:n]) == lines(b[:n])
}

// add adds what the same line sends. The statement that it sent most often is the one to show.
func (f *seen) add(other *seen) {
	f.merge(other)
	if other.worst.Count > f.worst.Count && lines(other.frames) == lines(f.frames) {
		also := f.worst.Also
		f.worst, f.in = other.worst, other.in
		f.worst.Also = also
	}
}

// isIn adds calls of another finding to those that a finding was seen in.
func (f *seen) isIn(other *seen) {
	unknown := f.units - int64(len(f.calls)) + other.units - int64(len(other.calls))
	f.calls = append(slices.Clip(f.calls), other.calls...)
	slices.Sort(f.calls)
	f.calls = slices.Compact(f.calls)
	f.units = int64(len(f.calls)) + unknown
}

// allCallOut reports whether another service is called in all calls.
func (f *seen) allCallOut() bool { return f.callsOut > 0 && f.callsOut >= f.units }

// merge adds what is one finding.
func (f *seen) merge(other *seen) {
	f.inside = append(f.inside, other.inner()...)
	if f.toLoop > 0 && other.toLoop > 0 {
		f.callers = append(f.callers, other.outside())
	}
	callOut := f.allCallOut() && other.allCallOut()
	f.isIn(other)
	if f.callsOut = 0; callOut {
		f.callsOut = f.units
	}
	f.fixed, f.ofList, f.ofNone = f.fixed && other.fixed, f.ofList && other.ofList, f.ofNone && other.ofNone
	f.mocked, f.byItem, f.byItself = f.mocked && other.mocked, f.byItem && other.byItem, f.byItself && other.byItself
	f.inLoop, f.hasRows, f.forRows = f.inLoop || other.inLoop, f.hasRows || other.hasRows, f.forRows || other.forRows
	f.loops += other.loops
	f.saved += other.saved
	maps.Copy(f.shapes, other.shapes)
	maps.Copy(f.pairs, other.pairs)
	f.worst.Also = append(slices.Clip(f.worst.Also), other.worst.Also...)
	if f.across == nil {
		f.across = other.across
	}
}

// shows reports whether a finding of one unit is the loop that many units show: it is about
// the same statement, perhaps as one of several, from the same function with the loop.
func (f *seen) shows(loop *seen) bool {
	if !f.isLoop() {
		return false
	}
	if f.worst.Shape == loop.worst.Shape && f.isSame(loop) {
		return true
	}
	return slices.ContainsFunc(f.worst.Also, func(r budget.Related) bool {
		frames := r.CallSite().Frames()
		n := min(len(frames), len(loop.place()))
		return r.Shape == loop.worst.Shape && lines(frames[:n]) == lines(loop.frames[:n])
	})
}

// lines names frames by their lines.
func lines(frames []callsite.Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, "%s:%d ", f.File, f.Line)
	}
	return b.String()
}
