package corpus

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// Outcome is what was found in a case on one system, beside its labels.
type Outcome struct {
	Case   string
	System string
	Right  []Match
	Wrong  []budget.Finding // found, and not wanted
	Missed []Want
	// Proposed is the number of statements that repairs propose; Invalid says what is
	// wrong with some of them.
	Proposed int
	Invalid  []string
}

// Match is a label with the finding that it stands for.
type Match struct {
	Want    Want
	Finding budget.Finding
	Site    bool // the call site is right
	Parent  bool // the parent is right, or not judged
	Proof   bool // it is proven, or need not be
}

// notJudged are kinds that say how a query is written, and not what a unit does:
// libraries write SELECT * in most of the cases.
var notJudged = []budget.FindingKind{budget.SelectStar}

// judge compares findings with labels. Each label stands for one finding of its kind and
// table: of several, for the one whose call site is right.
func judge(c *Case, system string, report *budget.Report) Outcome {
	o := Outcome{Case: c.Name, System: system}
	tables := make(map[string][]string)
	for i := range report.Groups {
		if g := &report.Groups[i]; g.Statement != nil {
			tables[g.Shape] = g.Tables
		}
	}
	left := slices.DeleteFunc(slices.Clone(report.Findings), func(f budget.Finding) bool { return slices.Contains(notJudged, f.Kind) })
	for _, want := range c.Want {
		at := -1
		for i := range left {
			if f := &left[i]; f.Kind == want.Kind && isAbout(f, want.Table, tables) && (at < 0 || isAt(f, want.Func)) {
				at = i
			}
		}
		if at < 0 {
			o.Missed = append(o.Missed, want)
			continue
		}
		f := left[at]
		o.Right = append(o.Right, Match{
			Want: want, Finding: f, Site: isAt(&f, want.Func) && names(&f, want.Also), Parent: hasParent(&f, want.Parent, tables),
			Proof: !want.Proven || f.Confidence == budget.Proven,
		})
		left = slices.Delete(left, at, at+1)
	}
	o.Wrong = left
	return o
}

func isAt(f *budget.Finding, function string) bool {
	return function == "" || strings.HasSuffix(f.CallSite().Function, "."+function)
}

// names reports whether a finding names statements of these verbs beside its own.
func names(f *budget.Finding, verbs []string) bool {
	return verbs == nil || slices.EqualFunc(f.Also, verbs, func(r budget.Related, verb string) bool {
		return strings.HasPrefix(r.Shape, verb)
	})
}

// isAbout reports whether a finding is about a statement of a table, or has it among the
// others of its loop.
func isAbout(f *budget.Finding, table string, tables map[string][]string) bool {
	return table == "" || has(tables[f.Shape], table) ||
		(f.Kind == budget.NPlusOne || f.Kind == budget.WriteLoop) &&
			slices.ContainsFunc(f.Also, func(r budget.Related) bool { return has(tables[r.Shape], table) })
}

func hasParent(f *budget.Finding, table string, tables map[string][]string) bool {
	switch table {
	case "":
		return true
	case none:
		return f.Parent == nil
	default:
		return f.Parent != nil && has(tables[f.Parent.Shape], table)
	}
}

// has looks for a table, with or without its schema.
func has(tables []string, table string) bool {
	return slices.ContainsFunc(tables, func(t string) bool { return strings.EqualFold(t[strings.LastIndexByte(t, '.')+1:], table) })
}

// IsRight reports whether nothing is wrong with an outcome.
func (o *Outcome) IsRight() bool {
	return len(o.Wrong) == 0 && len(o.Missed) == 0 && len(o.Invalid) == 0 &&
		!slices.ContainsFunc(o.Right, func(m Match) bool { return !m.Site || !m.Parent || !m.Proof })
}
