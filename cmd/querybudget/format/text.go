package format

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Text writes a table of units, those with complaints first, and the complaints with line
// and repair.
func Text(out io.Writer, r *result.Result) error {
	b := bufio.NewWriter(out)
	writeUnits(b, r)
	complaints := r.Complaints()
	shown := slices.DeleteFunc(slices.Clone(complaints), func(e *result.Entry) bool { return !e.Fails() })
	for i, e := range shown {
		fmt.Fprintf(b, "\n%d. ", i+1) // a line begins with a word of ours, never with "::"
		writeComplaint(b, e)
	}
	fmt.Fprintf(b, "\nquerybudget: %s\n", summary(r))
	if n := len(complaints) - len(shown); n > 0 {
		fmt.Fprintf(b, "%s not shown: known, allowed or hints (-o json has them)\n", Plural(n, "entry"))
	}
	writeCaveats(b, r)
	return b.Flush()
}

// failing counts the entries of units that fail the gate.
func failing(r *result.Result) map[string]int {
	out := map[string]int{}
	for _, e := range r.Failing() {
		out[e.Unit]++
	}
	return out
}

// unitsByNeed returns the units, those first that need somebody's attention.
func unitsByNeed(r *result.Result) (units []*result.Unit, fails map[string]int) {
	fails = failing(r)
	for i := range r.Units {
		units = append(units, &r.Units[i])
	}
	need := func(u *result.Unit) int {
		switch {
		case u.Failed || fails[u.Name] > 0:
			return 0
		default:
			return 1
		}
	}
	slices.SortStableFunc(units, func(a, b *result.Unit) int { return cmp.Compare(need(a), need(b)) })
	return units, fails
}

func writeUnits(out io.Writer, r *result.Result) {
	units, fails := unitsByNeed(r)
	if len(units) == 0 {
		return
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tcheck\tqueries\trepeats\trows\tfindings\tbudget used")
	for _, u := range units {
		state := "ok"
		switch {
		case u.Failed:
			state = "FAIL"
		case fails[u.Name] > 0:
			state = "look"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", state, Line(shortUnit(u.Name)), u.Queries, u.Repeats, u.Rows, u.Findings, Line(used(u)))
	}
	_ = t.Flush() // the writer below keeps the error
}

func writeComplaint(out io.Writer, e *result.Entry) {
	fmt.Fprintf(out, "%s in %s\n  saw: %s\n", Line(title(e)), Line(shortUnit(e.Unit)), Line(describe(e)))
	if e.Shape != "" {
		fmt.Fprintf(out, "  sql: %s\n", Line(e.Shape))
	}
	if place(e) != "" {
		fmt.Fprintf(out, "  at:  %s\n", Line(e.Way()))
	}
	if e.Cause != "" {
		fmt.Fprintf(out, "  by:  %s\n", Line(e.Cause))
	}
	if e.Repair != "" {
		fmt.Fprintf(out, "  ->   %s\n", Line(e.Repair))
	}
}

// writeCaveats says what was not judged.
func writeCaveats(out io.Writer, r *result.Result) {
	for _, c := range caveats(r) {
		fmt.Fprintf(out, "note: %s\n", Line(c))
	}
}

// caveats are what a reader has to know about what was not seen.
func caveats(r *result.Result) (out []string) {
	if what := r.Incomplete(); what != "" {
		out = append(out, "not everything ran: "+what+": what was not run is not repaired")
	}
	var untold int64
	for i := range r.Units {
		untold += r.Units[i].Untold
	}
	if untold > 0 {
		out = append(out, Plural(untold, "query")+" more than reports tell apart: what they did is not known")
	}
	var unstable []string
	for _, e := range r.Entries {
		if e.Unstable() {
			unstable = append(unstable, fmt.Sprintf("%s in %s (%d to %d)", cmp.Or(e.Summary, e.Kind), shortUnit(e.Unit), e.Least, e.Count))
		}
	}
	if n := len(unstable); n > 0 {
		const most = 5
		text := strings.Join(unstable[:min(n, most)], ", ")
		if n > most {
			text += fmt.Sprintf(" and %d more", n-most)
		}
		out = append(out, "not the same in each of "+Plural(r.Runs, "run")+": "+text)
	}
	return out
}
