package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

// score counts the findings of one kind.
type score struct{ right, wrong, missed, sites, parents, parentsRight, unproven, details, detailsRight int }

func (s *score) add(o score) {
	s.right += o.right
	s.wrong += o.wrong
	s.missed += o.missed
	s.sites += o.sites
	s.parents += o.parents
	s.parentsRight += o.parentsRight
	s.unproven += o.unproven
	s.details += o.details
	s.detailsRight += o.detailsRight
}

func (s score) precision() float64 { return ratio(s.right, s.right+s.wrong) }
func (s score) recall() float64    { return ratio(s.right, s.right+s.missed) }

func ratio(part, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(part) / float64(of)
}

// verdict is what was judged of the runs of all cases.
type verdict struct {
	kinds map[budget.FindingKind]*score
	runs  int
	notes []string // what was judged wrongly
	// repairs are the statements that findings propose, and those that their database
	// takes.
	repairs, valid int
	// compared are those whose rows were compared with those of the loop.
	compared, same int
	broken         int // cases that panicked: mistakes of the corpus
}

func (v *verdict) of(kind budget.FindingKind) *score {
	if v.kinds[kind] == nil {
		v.kinds[kind] = &score{}
	}
	return v.kinds[kind]
}

func (v *verdict) note(format string, args ...any) {
	v.notes = append(v.notes, fmt.Sprintf(format, args...))
}

// run runs a case and judges what was found.
func (v *verdict) run(ctx context.Context, c *Case, d *db.DB) {
	v.runs++
	bounds := budget.Bounds{TrackValues: !c.Bare, Rules: budget.Rules{Slow: budget.None, IdleTransaction: budget.None, Hints: c.Hints}}
	tracked, r := bounds.NewContext(ctx)
	name := fmt.Sprintf("%s on %s", c.title(), d.System)
	d, answers := listen(d)
	func() {
		defer func() {
			if err := recover(); err != nil {
				v.broken++
				v.note("%s: broken: %v", name, err)
			}
		}()
		c.Run(tracked, d)
	}()
	report := r.Report()
	found := slices.Clone(report.Findings)
	if !c.Hints {
		found = slices.DeleteFunc(found, func(f budget.Finding) bool { return f.Kind == budget.SelectStar })
	}
	for _, w := range c.Want {
		v.judge(c, name, w, &found)
	}
	for _, w := range c.May {
		found = slices.DeleteFunc(found, func(f budget.Finding) bool { return w.isOf(&f) })
	}
	for i := range found {
		f := &found[i]
		if c.Hints && f.Kind == budget.SelectStar {
			continue
		}
		v.of(f.Kind).wrong++
		v.note("%s: found %v", name, f)
	}
	for f := range report.Statements() {
		v.tryRepair(ctx, name, f, d, answers)
	}
}

// judge looks for a finding that is wanted, and takes it out of those that were found.
func (v *verdict) judge(c *Case, name string, w Want, found *[]budget.Finding) {
	s := v.of(w.Kind)
	at := w.At
	if at == "" {
		at = c.name()
	}
	isWanted := func(f budget.Finding) bool { return w.isOf(&f) }
	i := slices.IndexFunc(*found, func(f budget.Finding) bool { return isWanted(f) && siteOf(&f) == at })
	if i < 0 {
		i = slices.IndexFunc(*found, isWanted)
	}
	if i < 0 {
		s.missed++
		v.note("%s: missed %s of %s", name, w.Kind, w.Table)
		return
	}
	f := (*found)[i]
	*found = slices.Delete(*found, i, i+1)
	s.right++
	if siteOf(&f) == at {
		s.sites++
	} else {
		v.note("%s: %s at %s, not at %s", name, w.Kind, siteOf(&f), at)
	}
	v.judgeDetails(name, w, &f)
	if w.Parent == "" {
		return
	}
	s.parents++
	switch got := parentOf(&f); {
	case got != w.Parent:
		v.note("%s: the parent is %s, not %s", name, got, w.Parent)
	case w.Proven && f.Confidence != budget.Proven:
		s.unproven++
		v.note("%s: not proven", name)
	default:
		s.parentsRight++
	}
}

// isOf reports whether a finding is the one that is wanted.
func (w *Want) isOf(f *budget.Finding) bool {
	return f.Kind == w.Kind && (w.Table == "" || mentions(f.Summary, w.Table))
}

// judgeDetails judges what a finding says beside its kind, its call site and its parent.
func (v *verdict) judgeDetails(name string, w Want, f *budget.Finding) {
	s := v.of(w.Kind)
	detail := func(isJudged, isRight bool, format string, args ...any) {
		if !isJudged {
			return
		}
		s.details++
		if isRight {
			s.detailsRight++
			return
		}
		v.note("%s: %s", name, fmt.Sprintf(format, args...))
	}
	detail(w.Unproven, f.Confidence != budget.Proven, "proven: %s", f.Proof)
	detail(w.Count != 0, f.Count == w.Count, "%d times, not %d", f.Count, w.Count)
	detail(w.Also != "", slices.ContainsFunc(f.Also, func(r budget.Related) bool { return mentions(r.Summary, w.Also) }), "%s is not in Also", w.Also)
	detail(w.Says != "", strings.Contains(f.Repair, w.Says), "the repair is %q, without %q", f.Repair, w.Says)
	detail(w.Hides != "", !strings.Contains(f.Repair, w.Hides), "the repair is %q", f.Repair)
}

func siteOf(f *budget.Finding) string {
	function := f.CallSite().Function
	for _, inner := range []string{".func", "-range", "["} { // closures, and what generics are made for
		function, _, _ = strings.Cut(function, inner)
	}
	return functionName(function)
}

func mentions(summary, table string) bool { return slices.Contains(strings.Fields(summary), table) }

func parentOf(f *budget.Finding) string {
	if f.Parent == nil {
		return "none"
	}
	words := strings.Fields(f.Parent.Summary)
	return words[len(words)-1]
}
