package summary

import (
	"maps"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/zerocode"
)

// asked tells of pairs of lines whether they ask the same question in all units. Those that
// do so in some ask by chance: the owner of a project and the user who changes it are one in
// most test data.
type asked struct {
	code  testCode
	pairs map[askedPair]*agreement
}

// askedPair is two lines with their callers that send one statement, in the order of their
// names; one of them is empty for a line that sends it several times.
type askedPair struct{ shape, database, one, other string }

// agreement counts the units in which both lines sent their statement, and the different
// questions that they had in common, by the file of a unit: the numbers of arguments
// differ from one process to the next, and the same rows have others there.
type agreement struct {
	same, differ int64
	questions    map[string]map[uint32]bool
}

// different is how many different questions there were, in the file that has most.
func (g *agreement) different() (n int) {
	for _, questions := range g.questions {
		n = max(n, len(questions))
	}
	return n
}

const (
	askedFrames = 8  // that tell lines apart here
	askedLines  = 50 // of one statement in one unit, beyond which none is compared
)

func (a *asked) lines(site callsite.CallSite) string {
	frames := a.code.application(site)
	return lines(frames[:min(len(frames), askedFrames)])
}

// asks is what one line asked in a unit, with which statement.
type asks struct {
	shape, line string
	hasLiterals bool
	all         []uint32
}

// isLike reports whether two lines send one text, so that what they ask is told by their arguments.
func (s *asks) isLike(other *asks) bool {
	return s.shape == other.shape && s.hasLiterals == other.hasLiterals
}

// add looks at the reads of a unit, which was read from a file. Those that a test sends are
// none, and of a line that asked more than is kept, or what has no number, nothing is known.
func (a *asked) add(u *Unit, file string) {
	for key, from := range a.sent(u, u.Asked, func(g *budget.Group) string { return g.Shape }) {
		for n, s := range from {
			if len(s.all) > 1 {
				a.see(askedPair{s.shape, key.database, "", s.line}, file, repeated(s.all))
			}
			for _, before := range from[:n] {
				if before.isLike(&s) {
					a.see(pairOf(s.shape, key.database, before.line, s.line), file, common(before.all, s.all))
				}
			}
		}
	}
	for key, from := range a.sent(u, u.Rows, zerocode.RowKey) {
		for n, s := range from {
			for _, before := range from[:n] {
				if !before.isLike(&s) {
					a.see(pairOf(shapes(before.shape, s.shape), key.database, before.line, s.line), file, common(before.all, s.all))
				}
			}
		}
	}
}

// sentKey is what statements have in common that may ask the same.
type sentKey struct{ what, database string }

// sent returns what the lines of a unit asked, by what they asked for.
func (a *asked) sent(u *Unit, numbers map[int][]uint32, what func(*budget.Group) string) map[sentKey][]asks {
	sent := map[sentKey][]asks{}
	for i := range u.Groups {
		g := &u.Groups[i]
		if n := len(numbers[i]); n == 0 || n == zerocode.AskedMax || slices.Contains(numbers[i], 0) {
			continue
		}
		if line := a.lines(g.CallSite()); line != "" {
			key := sentKey{what(g), g.Database}
			sent[key] = append(sent[key], asks{g.Shape, line, g.Statement != nil && g.HasLiterals, numbers[i]})
		}
	}
	maps.DeleteFunc(sent, func(_ sentKey, from []asks) bool { return len(from) > askedLines })
	return sent
}

func pairOf(shape, database, one, other string) askedPair {
	return askedPair{shape, database, min(one, other), max(one, other)}
}

// shapes names two statements that ask for one row.
func shapes(one, other string) string {
	if one == other {
		return one // with a literal in one of them
	}
	return min(one, other) + "\n" + max(one, other)
}

// see takes note of the questions that the lines of a pair have in common in a unit.
func (a *asked) see(pair askedPair, file string, common []uint32) {
	g := a.pairs[pair]
	if g == nil {
		g = &agreement{questions: map[string]map[uint32]bool{}}
		a.pairs[pair] = g
	}
	if len(common) == 0 {
		g.differ++
		return
	}
	g.same++
	if g.questions[file] == nil {
		g.questions[file] = map[uint32]bool{}
	}
	for _, arguments := range common {
		g.questions[file][arguments] = true
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
	p := askedPair{shape: f.Shape, database: f.Database, other: a.lines(f.CallSite())}
	if f.Before == nil {
		return p
	}
	if f.Before.Shape != f.Shape {
		p.shape = shapes(f.Shape, f.Before.Shape)
	}
	return pairOf(p.shape, p.database, a.lines(f.Before.CallSite()), p.other)
}

// of adds up what is known of the pairs of a finding.
func (a *asked) of(f *seen) (g agreement) {
	g.questions = map[string]map[uint32]bool{}
	for pair := range f.pairs {
		known := a.pairs[pair]
		if known == nil {
			continue
		}
		g.same += known.same
		g.differ += known.differ
		for file, questions := range known.questions {
			if g.questions[file] == nil {
				g.questions[file] = map[uint32]bool{}
			}
			maps.Copy(g.questions[file], questions)
		}
	}
	return g
}
