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

// shownMax is how many findings, and hints of each reason, are listed unless all are asked for. A few more are no reason to ask.
const (
	shownMax = 30
	fewMore  = 10
)

// Print writes the findings, the worst first, and the totals.
func (s *Summary) Print(out io.Writer, all bool) {
	found := s.sorted()
	sure, unsure := withoutHints(slices.DeleteFunc(slices.Clone(found), (*seen).isLeftOut))
	fmt.Fprintf(out, "\nquerybudget: %s\n", counted(len(sure), len(unsure)))
	if all {
		sure, unsure = found, nil
	}
	callers := s.callersOf(found)
	for i, f := range sure {
		if i == shownMax && !all && len(sure)-i > fewMore {
			fmt.Fprintf(out, "\n%d more, which cost less, with -all\n", len(sure)-i)
			break
		}
		s.printFinding(out, f, callers[f])
	}
	s.printHints(out, unsure, callers)
	fmt.Fprintln(out)
	hint := "; -all lists them"
	if all {
		hint = ""
	}
	s.printTotals(out, hint)
}

// counted says how many findings and hints there are.
func counted(findings, hints int) string {
	text := format.Plural(findings, "finding")
	if hints > 0 {
		text += ", and " + format.Plural(hints, "hint")
	}
	return text
}

func (s *Summary) printTotals(out io.Writer, hint string) {
	if s.queries == 0 {
		fmt.Fprintln(out, "No query was seen: no test that ran touched a database by way of database/sql, or its process ended before it could say so.")
		return
	}
	calls := "1 call"
	if s.units != 1 {
		calls = fmt.Sprintf("%d calls and requests", s.units)
	}
	fmt.Fprintf(out, "%s in %s", format.Plural(s.queries, "query"), calls)
	if s.fixtures > 0 {
		fmt.Fprintf(out, "; tests sent %d of them themselves", s.fixtures)
	}
	fmt.Fprintln(out)
	for _, r := range reasons {
		if n := s.count(func(f *seen) bool { return f.reason() == r }); n > 0 {
			fmt.Fprintf(out, "%s left out: %s%s\n", format.Plural(n, "finding"), r.why, hint)
		}
	}
	if s.leftOut > 0 {
		fmt.Fprintf(out, "%s left out: seen only where tests start the application: in calls that also make tables, once in TestMain, or in a helper that opens the database\n", format.Plural(s.leftOut, "finding"))
	}
	if s.interrupted > 0 {
		fmt.Fprintf(out, "%s ended in the middle of a report: what it had to say is lost\n", format.Plural(s.interrupted, "process"))
	}
}

// callersOf returns for each finding the frame that tells it from the others of its line and of its list, so that it
// is called the same whether all are printed or not.
func (s *Summary) callersOf(found []*seen) map[*seen]callsite.Frame {
	lists := map[[2]*reason][]*seen{}
	for _, f := range found {
		list := [2]*reason{f.reason(), f.hint()}
		lists[list] = append(lists[list], f)
	}
	out := map[*seen]callsite.Frame{}
	for _, list := range lists {
		for i, caller := range s.callers(list) {
			out[list[i]] = caller
		}
	}
	return out
}

// callers returns for each finding the frame that tells it from the others of its line.
func (s *Summary) callers(found []*seen) []callsite.Frame {
	sites := make([]callsite.CallSite, len(found))
	for i, f := range found {
		sites[i] = callsite.CallSite{Frame: f.own[0], Outer: f.own[1:]}
	}
	return callsite.Distinguish(sites)
}

func (s *Summary) printFinding(out io.Writer, f *seen, caller callsite.Frame) {
	at, first := s.at(f, caller)
	fmt.Fprintf(out, "\n%-12s %s\n", f.worst.Kind, cut(f.worst.Shape, 160))
	if n := len(f.shapes) - 1; n > 0 {
		fmt.Fprintf(out, "             and %s from there\n", format.Plural(n, "other statement"))
	}
	fmt.Fprintf(out, "  at         %s\n", at)
	fmt.Fprintf(out, "  seen       %s at worst, in %s; %s\n", f.times(), format.Plural(f.units, "call"), f.in.Again(s.flags))
	loop := &f.worst
	if loop.Parent == nil && f.across != nil {
		loop = &f.across.Finding
	}
	if p := loop.Parent; p != nil {
		what := "for each   row of"
		if f.worst.Kind == budget.NestedQuery {
			what = "while      rows are open of"
		}
		fmt.Fprintf(out, "  %s %s%s\n", what, cut(p.Shape, 100), rowsAt(p, loop))
	}
	if f.worst.Before != nil {
		fmt.Fprintf(out, "  first      read at %s\n", first)
	}
	if both, ok := s.bothIn(f); ok {
		fmt.Fprintf(out, "  both in    %s\n", both)
	}
	for i, line := range s.also(f) {
		fmt.Fprintf(out, "  %-10s %s\n", []string{"also", ""}[min(i, 1)], line)
	}
	if f.across != nil {
		fmt.Fprintf(out, "  evidence   %s\n", f.across.Proof)
	}
	fmt.Fprintf(out, "  repair     %s\n", f.repair())
	if slices.ContainsFunc(f.with, func(w *seen) bool { return w.worst.Kind == budget.NestedQuery }) {
		fmt.Fprintf(out, "  meanwhile  the rows are open: each call holds two connections, and calls that hold one each wait for ever when the pool is full\n")
	}
	if i := slices.IndexFunc(f.with, func(w *seen) bool { return f.worst.Kind == budget.NPlusOne && w.worst.Kind == budget.WriteLoop }); i >= 0 {
		writes, _, _ := strings.Cut(f.with[i].repair(), "; saves ") // in another call, perhaps
		fmt.Fprintf(out, "  writes     %s\n", writes)
	}
	if r := f.reason(); r != nil {
		fmt.Fprintf(out, "  left out   %s\n", r.why)
	} else if r := f.hint(); r != nil {
		fmt.Fprintf(out, "  less sure  %s\n", r.why)
	}
}

// times says how often a statement was sent, and of a duplicate, how often again.
func (f *seen) times() string {
	switch n := f.worst.Count; {
	case f.worst.Kind != budget.Duplicate:
		return format.Plural(n, "time")
	case n == 1:
		return "once more"
	default:
		return format.Plural(n, "time") + " more"
	}
}

// repair leaves out where the rows come from, which the line of the parent says.
func (f *seen) repair() string {
	if f.worst.Parent == nil {
		return f.worst.Repair
	}
	repair, _, _ := strings.Cut(f.worst.Repair, "; the rows come from ")
	return repair
}

// alsoMost is how many other statements of a loop are printed.
const alsoMost = 3

// also returns the other statements of a finding, each once. A line that sends one with other
// filters, or for other tables, stands there once, too.
func (s *Summary) also(f *seen) (lines []string) {
	said := map[string]bool{}
	add := func(shape string, at callsite.Frame, times string) {
		line, key := cut(shape, 100), shape
		isElsewhere := at != (callsite.Frame{}) && at != f.own[0]
		if isElsewhere {
			verb, _, _ := strings.Cut(shape, " ")
			line, key = line+" at "+at.String(), strings.ToUpper(verb)+" at "+at.String()
		}
		if !said[key] && (isElsewhere || shape != f.worst.Shape) {
			lines = append(lines, line+times)
		}
		said[key] = true
	}
	for _, of := range append([]*seen{f}, f.with...) {
		if of != f {
			times := ""
			if of.worst.Count > f.worst.Count { // fewer calls have it, and it is worse there
				times = ", " + of.times() + " at worst"
			}
			add(of.worst.Shape, of.own[0], times)
		}
		for i := range of.worst.Also {
			r := &of.worst.Also[i]
			if site := r.CallSite(); site.IsZero() || site.Library {
				add(r.Shape, callsite.Frame{}, "")
			} else {
				add(r.Shape, s.lineOf(site), "")
			}
		}
	}
	if more := len(lines) - alsoMost; more > 1 {
		lines = append(lines[:alsoMost], fmt.Sprintf("%d more", more))
	}
	return lines
}

// lineOf returns the line of the application that says where a statement comes from.
func (s *Summary) lineOf(site callsite.CallSite) callsite.Frame {
	frames := s.code.application(site)
	if len(frames) == 0 {
		return site.Frame
	}
	return s.passed.own(frames, nil)[0]
}

// rowsAt says where the rows of a loop are, if that is known: a line of a library says nothing.
func rowsAt(parent *budget.Related, loop *budget.Finding) string {
	site := parent.CallSite()
	if site.IsZero() || site.Library {
		return ""
	}
	return " at " + loopLine(site.Frames(), loop.CallSite().Frames()).String()
}

// loopLine returns the line of a loop's function that has the rows: the innermost function
// that called both the parent and the statements of the loop. It looks from the inside, since
// a deep stack is cut at the outer end. A frame that both have, with other callers, is what
// everything passes, such as the function of a store that sends.
func loopLine(parent, loop []callsite.Frame) callsite.Frame {
	for i, f := range parent {
		j := slices.Index(loop, f)
		if j < 0 || !sameCallers(parent[i+1:], loop[j+1:]) {
			continue
		}
		if i > 0 && j > 0 && parent[i-1].StableName() == loop[j-1].StableName() {
			return parent[i-1]
		}
		return f
	}
	if len(parent) == 0 || len(loop) == 0 {
		return callsite.Frame{}
	}
	return starter(parent, loop)
}

// starter returns the line of the function that may have started the goroutine of a loop, which has no frame in common
// with the read: that whose closure the goroutine began with, or else the outermost that is no test.
func starter(parent, loop []callsite.Frame) callsite.Frame {
	began, _, isClosure := strings.Cut(loop[len(loop)-1].Function, ".func")
	at := len(parent) - 1
	for at > 0 && strings.HasSuffix(parent[at].File, "_test.go") {
		at--
	}
	if i := slices.IndexFunc(parent, func(f callsite.Frame) bool { return isClosure && f.Function == began }); i >= 0 {
		at = i
	}
	return parent[at]
}

// sameCallers reports whether the callers of a frame are the same on two stacks, of which one
// may be cut.
func sameCallers(a, b []callsite.Frame) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// cut shortens a statement in the middle, whose beginning and end say most.
func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most*2/3]) + " ... " + string(r[len(r)-most/3:])
}
