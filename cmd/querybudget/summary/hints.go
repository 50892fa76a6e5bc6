package summary

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
)

// A hint is listed below the findings, in two or three lines, and a gate lets it pass. Test data has few rows, so that numbers
// alone say little: the tables of docs/findings.md have how many of each sort were worth a change.

// hints are the reasons for which a finding is a hint, as reasons are those for which it is left out.
var hints = []*reason{
	{(*seen).isUnsure, "no read has as many rows, so that the loop may be as long as it gets"},
	{(*seen).isOneByOne, "writes that are committed one by one: what is done stays done if the rest fails, perhaps by design"},
	{(*seen).isWalk, "a walk of a tree or a graph: its steps may decide where it goes"},
	{(*seen).isPieceOfWork, "a transaction for each item, which does more than this: a piece of work by design, perhaps"},
	{(*seen).isAgain, "a read that is sent again: it may want a new answer, or ask the same by chance"},
}

// isAgain reports whether a finding is about a read that is sent again, but for one that a loop of the source repeats.
func (f *seen) isAgain() bool { return f.worst.Kind == budget.Duplicate && !f.inLoop }

// isOneByOne reports whether each of a loop's statements is a write that is committed by itself. Jobs, and what is done beside
// another service, want that, and a loop that somebody forgot to put into a transaction looks like it.
func (f *seen) isOneByOne() bool {
	return f.byItself && !slices.ContainsFunc(f.with, func(w *seen) bool { return w.isLoop() && !w.isOneByOne() })
}

// isWalk reports whether a loop asks for what it has just read, or is sent by a function that calls itself and goes
// through no rows that were read before. Of 18 such walks that were judged 10 were worth a change: the others end
// early, or do something else with each node.
func (f *seen) isWalk() bool {
	return f.worst.Kind == budget.NPlusOne && (f.worst.Walk || f.worst.Confidence != budget.Proven && callsItself(f.own))
}

// callsItself reports whether a function is on a stack twice.
func callsItself(frames []callsite.Frame) bool {
	for i, f := range frames {
		if slices.ContainsFunc(frames[:i], func(g callsite.Frame) bool { return g.StableName() == f.StableName() }) {
			return true
		}
	}
	return false
}

// isUnsure reports whether nothing but its number tells that data makes a loop longer.
func (f *seen) isUnsure() bool {
	if !f.isLoop() || f.hasRows || f.worst.Parent != nil {
		return false
	}
	return f.across == nil || f.across.Parent == nil && f.worst.Kind == budget.WriteLoop
}

// hint returns why a finding is a hint, nil if it is not.
func (f *seen) hint() *reason { return firstOf(hints, f) }

func (f *seen) isHint() bool { return f.hint() != nil }

// confidence is that of the unit that shows a finding best, or of what many units show.
func (f *seen) confidence() budget.Confidence {
	switch {
	case f.isHint():
		return budget.Hint
	case f.across != nil && f.across.Confidence == budget.Proven:
		return budget.Proven
	}
	return f.worst.Confidence
}

// withoutHints returns findings, and the hints among them.
func withoutHints(found []*seen) (sure, unsure []*seen) {
	for _, f := range found {
		if f.isHint() {
			unsure = append(unsure, f)
		} else {
			sure = append(sure, f)
		}
	}
	return sure, unsure
}

// printHints writes what is less sure, by the reasons, those first whose repair saves most.
func (s *Summary) printHints(out io.Writer, found []*seen, callers map[*seen]callsite.Frame) {
	for _, r := range hints {
		of := slices.DeleteFunc(slices.Clone(found), func(f *seen) bool { return f.hint() != r })
		if len(of) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s, less sure: %s\n", format.Plural(len(of), "hint"), r.why)
		for i, f := range of {
			if i == shownMax && len(of)-i > fewMore {
				fmt.Fprintf(out, "%d more, with -all\n", len(of)-i)
				break
			}
			at, first := s.at(f, callers[f])
			fmt.Fprintf(out, "%-12s %s\n%13s%s at worst, in %s, at %s\n", f.worst.Kind, cut(f.worst.Shape, 100), "", f.times(), format.Plural(f.units, "call"), at)
			var beside []string
			if f.worst.Before != nil && first != f.own[0] {
				beside = append(beside, "first at "+first.String())
			}
			if both, ok := s.bothIn(f); ok {
				beside = append(beside, "both in "+both.String())
			}
			if beside != nil {
				fmt.Fprintf(out, "%13s%s\n", "", strings.Join(beside, "; "))
			}
		}
	}
}
