package corpus

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/querybudget/querybudget/budget"
)

// Score is how often the rules are right.
type Score struct {
	Kind                  string
	Right, Wrong, Missed  int
	Sites                 int // of Right
	Parents, WithParent   int // of those whose parent is judged
	Proofs, ToProve       int
	Proposed, Invalid     int
	CasesRight, CasesRuns int // runs without anything wrong; of all kinds only
}

// Precision is the part of what was found that is right, 1 if nothing was found.
func (s *Score) Precision() float64 { return ratio(s.Right, s.Right+s.Wrong) }

// Recall is the part of what there is that was found, 1 if there is nothing.
func (s *Score) Recall() float64 { return ratio(s.Right, s.Right+s.Missed) }

func ratio(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// Scores are how often the rules are right. All is of the kinds that are found by default.
type Scores struct {
	Kinds, Hints []Score
	All          Score
}

// ScoresOf adds up outcomes.
func ScoresOf(outcomes []Outcome) (out Scores) {
	byKind := make(map[budget.FindingKind]*Score)
	of := func(kind budget.FindingKind) *Score {
		if byKind[kind] == nil {
			byKind[kind] = &Score{Kind: string(kind)}
		}
		return byKind[kind]
	}
	all := &out.All
	all.Kind = "all"
	for i := range outcomes {
		o := &outcomes[i]
		for j := range o.Right {
			of(o.Right[j].Want.Kind).addRight(&o.Right[j])
		}
		for j := range o.Wrong {
			of(o.Wrong[j].Kind).Wrong++
		}
		for _, want := range o.Missed {
			of(want.Kind).Missed++
		}
		all.Proposed += o.Proposed
		all.Invalid += len(o.Invalid)
		all.CasesRuns++
		if o.IsRight() {
			all.CasesRight++
		}
	}
	for _, s := range byKind {
		if slices.Contains(hintKinds, budget.FindingKind(s.Kind)) {
			out.Hints = append(out.Hints, *s)
			continue
		}
		out.Kinds = append(out.Kinds, *s)
		all.Right, all.Wrong, all.Missed = all.Right+s.Right, all.Wrong+s.Wrong, all.Missed+s.Missed
		all.Sites, all.Parents, all.WithParent = all.Sites+s.Sites, all.Parents+s.Parents, all.WithParent+s.WithParent
		all.Proofs, all.ToProve = all.Proofs+s.Proofs, all.ToProve+s.ToProve
	}
	for _, kinds := range [][]Score{out.Kinds, out.Hints} {
		slices.SortFunc(kinds, func(a, b Score) int { return strings.Compare(a.Kind, b.Kind) })
	}
	return out
}

func (s *Score) addRight(m *Match) {
	s.Right++
	if m.Site {
		s.Sites++
	}
	if m.Want.Parent != "" {
		s.WithParent++
		if m.Parent {
			s.Parents++
		}
	}
	if m.Want.Proven {
		s.ToProve++
		if m.Proof {
			s.Proofs++
		}
	}
}

// Print writes the table, with the kinds that are off by default below the sum of the others.
func Print(w io.Writer, outcomes []Outcome) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "kind\tlabels\tright\twrong\tmissed\tprecision\trecall\tcall sites\tparents\tproofs")
	scores := ScoresOf(outcomes)
	for _, s := range slices.Concat(scores.Kinds, []Score{scores.All}, scores.Hints) {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%.3f\t%.3f\t%d/%d\t%d/%d\t%d/%d\n", s.Kind, s.Right+s.Missed, s.Right, s.Wrong, s.Missed,
			s.Precision(), s.Recall(), s.Sites, s.Right, s.Parents, s.WithParent, s.Proofs, s.ToProve)
	}
	_ = t.Flush()
	all := scores.All
	_, _ = fmt.Fprintf(w, "\n%d of %d runs of cases are right in all; of %d proposed statements %d are wrong\n", all.CasesRight, all.CasesRuns, all.Proposed, all.Invalid)
}

// PrintWrong writes what is wrong, case by case. Systems with the same mistakes are one.
func PrintWrong(w io.Writer, outcomes []Outcome) {
	var names []string
	mistakes := make(map[string]map[string][]string) // case, mistake, systems
	for i := range outcomes {
		o := &outcomes[i]
		for _, text := range o.mistakes() {
			if mistakes[o.Case] == nil {
				mistakes[o.Case] = make(map[string][]string)
				names = append(names, o.Case)
			}
			mistakes[o.Case][text] = append(mistakes[o.Case][text], o.System)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		_, _ = fmt.Fprintf(w, "%s\n", name)
		var lines []string
		for text, systems := range mistakes[name] {
			lines = append(lines, fmt.Sprintf("  %s [%s]", text, strings.Join(systems, " ")))
		}
		slices.Sort(lines)
		_, _ = fmt.Fprintln(w, strings.Join(lines, "\n"))
	}
}

// mistakes says in a line each what is wrong with an outcome.
func (o *Outcome) mistakes() (out []string) {
	for i := range o.Wrong {
		out = append(out, "wrong: "+o.Wrong[i].String())
	}
	for _, w := range o.Missed {
		out = append(out, fmt.Sprintf("missed: %s of %s in %s", w.Kind, w.Table, w.Func))
	}
	for _, m := range o.Right {
		if !m.Site {
			out = append(out, fmt.Sprintf("call site: %s, and not %s", m.Finding.CallSite().Function, m.Want.Func))
		}
		if !m.Parent {
			parent := none
			if p := m.Finding.Parent; p != nil {
				parent = p.Summary
			}
			out = append(out, fmt.Sprintf("parent: %s, and not %s", parent, m.Want.Parent))
		}
		if !m.Proof {
			out = append(out, fmt.Sprintf("not proven: %s of %s", m.Want.Kind, m.Want.Table))
		}
	}
	for _, text := range o.Invalid {
		out = append(out, "repair: "+text)
	}
	return out
}
