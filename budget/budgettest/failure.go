package budgettest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/internal/oneline"
)

// A failure is at most a screen: so many problems with so many lines in all, and
// so many statements of so many bytes.
const (
	maxProblems     = 8
	maxProblemLines = 16
	maxStatements   = 6
	maxShape        = 110
)

// failure is what is not as wanted, with what ran.
type failure struct {
	subject  string // "GET /authors"
	problems []problem
	report   *budget.Report
}

// Error is plain text of several lines. It holds no literal and no argument value.
func (f *failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "budgettest: %s is not as wanted:\n", oneline.Text(f.subject))
	f.writeProblems(&b)
	f.writeStatements(&b)
	f.writeAdvice(&b)
	return strings.TrimRight(b.String(), "\n")
}

func (f *failure) writeProblems(b *strings.Builder) {
	width := 0
	for _, p := range f.problems {
		width = max(width, len(oneline.Text(p.name)))
	}
	lines := 0
	for i, p := range f.problems {
		text := append([]string{p.text}, p.more...)
		if i == maxProblems || i > 0 && lines+len(text) > maxProblemLines {
			fmt.Fprintf(b, "  … and %d more\n", len(f.problems)-i)
			return
		}
		lines += len(text)
		for j, line := range text {
			name := ""
			if j == 0 {
				name = oneline.Text(p.name)
			}
			fmt.Fprintf(b, "  %-*s  %s\n", width, name, oneline.Text(line))
		}
	}
}

// summary tells what ran, without a judgement.
func summary(r *budget.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "budgettest: %s:\n", oneline.Text(cmp.Or(r.Name, "the code")))
	if r.Totals.Queries == 0 {
		b.WriteString("no query was seen")
	}
	f := &failure{report: r}
	f.writeStatements(&b)
	for _, found := range inOrder(r.Findings) {
		fmt.Fprintf(&b, "  %v\n", found)
	}
	return strings.TrimRight(b.String(), "\n")
}

// writeStatements lists the statements, those that a problem is about first.
func (f *failure) writeStatements(b *strings.Builder) {
	groups := slices.DeleteFunc(
		slices.Clone(f.report.Groups),
		func(g budget.Group) bool { return g.Queries+g.Blocked == 0 },
	)
	if len(groups) == 0 {
		return
	}
	offending := f.offending()
	slices.SortStableFunc(groups, func(a, b budget.Group) int {
		return cmp.Compare(offending[siteOf(&b)], offending[siteOf(&a)])
	})
	fmt.Fprintf(b, "What ran (%s):\n", plural(f.report.Totals.Queries, "query", "queries"))
	lines := newAbove(sitesOf(groups))
	for i := range groups[:min(len(groups), maxStatements)] {
		writeStatement(b, &groups[i], lines)
	}
	if rest := len(groups) - maxStatements; rest > 0 {
		fmt.Fprintf(b, "  … and %s\n", plural(int64(rest), "other statement", "other statements"))
	}
}

func sitesOf(groups []budget.Group) []callsite.CallSite {
	out := make([]callsite.CallSite, len(groups))
	for i := range groups {
		out[i] = groups[i].CallSite()
	}
	return out
}

func writeStatement(b *strings.Builder, g *budget.Group, lines above) {
	shape := g.Shape
	if g.Overflow {
		shape = "(other statements)"
	}
	count := times(g.Queries)
	if g.Blocked > 0 {
		count += fmt.Sprintf(" (%d refused)", g.Blocked)
	}
	fmt.Fprintf(b, "  %5s  %s\n", count, oneline.Text(cut(shape)))
	if site := g.CallSite(); !site.IsZero() {
		fmt.Fprintf(b, "         at %s\n", lines.line(site))
	}
}

func cut(shape string) string {
	if len(shape) <= maxShape {
		return shape
	}
	return strings.ToValidUTF8(shape[:maxShape], "") + "…"
}

// place is a statement at a call site.
type place struct{ shape, site string }

func siteOf(g *budget.Group) place { return place{g.Shape, g.CallSite().String()} }

// offending ranks the places that problems are about.
func (f *failure) offending() map[place]int {
	out := make(map[place]int)
	for _, e := range f.report.AllExceeded() {
		out[place{e.Shape, e.CallSite().String()}] = 1
	}
	for found := range f.report.Statements() {
		if found.Allowed == nil && found.Confidence != budget.Hint {
			out[place{found.Shape, found.CallSite().String()}] = 2
		}
	}
	return out
}

// writeAdvice says how to accept what is right.
func (f *failure) writeAdvice(b *strings.Builder) {
	limits, found := false, budget.Finding{}
	for _, p := range f.problems {
		limits = limits || p.isLimit
		for _, g := range inOrder(f.report.Findings) {
			if found.Kind == "" && string(g.Kind) == p.name && g.Allowed == nil {
				found = *g
			}
		}
	}
	if limits {
		b.WriteString(
			"If that is right, raise the limit where it stands: at the route (middleware.Limit), or in the test's Want.\n",
		)
	}
	if found.Kind != "" {
		allowances := allowance(&found)
		if found.Reads != nil {
			allowances += ", " + allowance(found.Reads)
		}
		fmt.Fprintf(b, "If the %s is right, accept it: budgettest.Want{Allow: []budget.Allowance{%s}}\n", found.Kind, allowances)
	}
}

// allowance is what accepts a finding, in Go.
func allowance(f *budget.Finding) string {
	return fmt.Sprintf("{Kind: %s, Max: %d, Reason: \"...\"}", constantOf(f.Kind), f.Count)
}

// constantOf returns the name of a kind in Go.
func constantOf(k budget.FindingKind) string {
	if k == budget.NPlusOne {
		return "budget.NPlusOne"
	}
	var b strings.Builder
	for word := range strings.SplitSeq(string(k), "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return "budget." + b.String()
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
