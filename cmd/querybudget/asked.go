package main

import (
	"cmp"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// asked tells of pairs of lines whether they ask the same question in all units. Those that
// do so in some ask by chance: the owner of a project and the user who changes it are one in
// most test data.
type asked struct {
	code  testCode
	pairs map[askedPair]*agreement
}

// askedPair is two lines with their callers that send one statement; from is empty for one
// line that sends it several times.
type askedPair struct{ shape, database, from, line string }

// agreement counts the units in which both lines sent their statement, and the different
// questions that they had in common.
type agreement struct {
	same, differ int64
	questions    map[question]bool
}

// question is what a unit asked. Numbers of arguments differ from one process to the next,
// each of which has a file of reports.
type question struct {
	file      string
	arguments uint32
}

// askedFrames is how many frames tell lines apart here.
const askedFrames = 8

func (a *asked) lines(site callsite.CallSite) string {
	frames := a.code.application(site)
	return lines(frames[:min(len(frames), askedFrames)])
}

// add looks at the reads of a unit, which was read from a file.
func (a *asked) add(u *unit, file string) {
	type statement struct{ shape, database string }
	sent := map[statement][]int{}
	for i := range u.Groups {
		if g := &u.Groups[i]; len(u.Asked[i]) > 0 {
			key := statement{g.Shape, g.Database}
			sent[key] = append(sent[key], i)
		}
	}
	for key, groups := range sent {
		slices.SortFunc(groups, func(i, j int) int { return cmp.Compare(u.Groups[i].First, u.Groups[j].First) })
		for n, i := range groups {
			pair := askedPair{shape: key.shape, database: key.database, line: a.lines(u.Groups[i].CallSite())}
			if asks := u.Asked[i]; len(asks) > 1 {
				a.see(pair, file, repeated(asks))
			}
			for _, j := range groups[:n] {
				pair.from = a.lines(u.Groups[j].CallSite())
				a.see(pair, file, common(u.Asked[j], u.Asked[i]))
			}
		}
	}
}

// see takes note of the questions that the lines of a pair have in common in a unit.
func (a *asked) see(pair askedPair, file string, common []uint32) {
	g := a.pairs[pair]
	if g == nil {
		g = &agreement{questions: map[question]bool{}}
		a.pairs[pair] = g
	}
	if len(common) == 0 {
		g.differ++
		return
	}
	g.same++
	for _, arguments := range common {
		g.questions[question{file, arguments}] = true
	}
}

// repeated returns what is asked more than once.
func repeated(asks []uint32) (out []uint32) {
	for i, q := range asks {
		if slices.Contains(asks[:i], q) {
			out = append(out, q)
		}
	}
	return out
}

func common(a, b []uint32) []uint32 {
	return slices.DeleteFunc(slices.Clone(b), func(q uint32) bool { return !slices.Contains(a, q) })
}

// pair returns the lines that a duplicate is about.
func (a *asked) pair(f *budget.Finding) askedPair {
	p := askedPair{shape: f.Shape, database: f.Database, line: a.lines(f.CallSite())}
	if f.Before != nil {
		p.from = a.lines(f.Before.CallSite())
	}
	return p
}

// of adds up what is known of the pairs of a finding.
func (a *asked) of(f *seen) (g agreement) {
	g.questions = map[question]bool{}
	for pair := range f.pairs {
		if known := a.pairs[pair]; known != nil {
			g.same += known.same
			g.differ += known.differ
			for q := range known.questions {
				g.questions[q] = true
			}
		}
	}
	return g
}
