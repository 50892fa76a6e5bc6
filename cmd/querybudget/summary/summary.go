// Package summary adds up what a watched program reported, unit by unit: it makes one finding of what the same
// lines did in many calls of tests, says what is left out and why, and prints it.
package summary

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/querybudget/querybudget/cmd/querybudget/source"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
	"github.com/querybudget/querybudget/zerocode"
)

// Summary is what many units had in common. It belongs to one goroutine. [Read] makes it.
type Summary struct {
	code              testCode
	units             int64
	queries, fixtures int64
	findings          map[findingKey]*seen
	leftOut           int // findings of set-up
	passed            passed
	loops, ended      source.Spans
	fixedLists        source.FixedLoops
	mocks             source.MockCalls
	exercised         exercised
	starts            starts
	across            budget.Across
	asked             asked
	flags             []string         // that the tests need
	process           string           // whose reports are read
	tests             []Unit           // each without its report, but for its name
	fewest            map[string]int64 // executions of a write in a call, by statement and lines
	interrupted       int
}

func newSummary(about *About) *Summary {
	code := testCode{zerocode.NewTestCode(about.TestCode)}
	s := &Summary{
		code:       code,
		loops:      about.Loops,
		ended:      about.Ended,
		fixedLists: about.Fixed,
		mocks:      about.Mocks,
		flags:      about.Flags,
		findings:   map[findingKey]*seen{},
		passed:     passed{generated: about.Generated, relays: about.Relays, lines: map[callsite.Frame]*passedBy{}},
		exercised:  exercised{},
		starts:     starts{},
		fewest:     map[string]int64{},
		asked:      asked{code, map[askedPair]*agreement{}},
	}
	s.across.Outside = code.has
	return s
}

// Ending is that of the files of reports.
const Ending = ".ndjson"

// Read adds up the reports of a folder.
func Read(folder string, about *About) (*Summary, error) {
	s := newSummary(about)
	files, err := filepath.Glob(filepath.Join(folder, "*"+Ending))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if err := s.read(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, c := range s.across.Findings() {
		s.addCovariation(&c)
	}
	s.leaveOutSetUp()
	s.join()
	s.joinRepeats()
	s.joinCauses()
	for _, f := range s.findings {
		f.agreement = s.asked.of(f)
	}
	s.joinSmall()
	s.joinCalls()
	s.joinFirsts()
	s.joinNested()
	s.joinLoops()
	return s, nil
}

// leaveOutSetUp leaves out what was seen only where tables were made, or once while TestMain
// started the application: a start on an empty database, as most tests begin with. Some
// TestMain run their tests themselves, and do the same again and again.
func (s *Summary) leaveOutSetUp() {
	begun := s.begun()
	for key, f := range s.findings {
		calls := f.setUp + s.starts.calls(f)
		if calls >= f.units || begun.has(f, f.units-calls) || f.isOfStart() {
			delete(s.findings, key)
			s.leftOut++
		}
	}
}

// join makes one finding of those that the same lines send, beyond those that everything
// passes: a list with other filters, the same code for other tables, or a function that a
// test also calls by itself.
func (s *Summary) join() {
	joined := map[findingKey][]*seen{} // by the innermost line
	all := map[findingKey]*seen{}
	for key, f := range s.inOrder() {
		f.own = s.passed.own(f.frames, nil)
		if f.isLoop() {
			f.own = s.ownOfLoop(f)
			f.toLoop = slices.IndexFunc(f.own, s.loops.Has) + 1
		}
		f.layer = f.worst.Kind == budget.WriteLoop && s.passed.isLayer(f.frames)
		f.fixed = f.isFixed(s.fewest[key.lines])
		f.ofList = s.isOfFixedList(f)
		f.ofNone = s.isInNoLoop(f)
		f.mocked = s.isMocked(f)
		f.inLoop = f.repeats() && slices.ContainsFunc(f.own, s.loops.Has) && !s.isOverFixedLists(f)
		line := findingKey{f.worst.Kind, lines(f.own[:1])}
		if i := slices.IndexFunc(joined[line], f.isSame); i >= 0 {
			joined[line][i].add(f)
			continue
		}
		joined[line] = append(joined[line], f)
		all[key] = f
	}
	s.findings = all
}

// inOrder yields the findings as sorted does, with their keys.
func (s *Summary) inOrder() iter.Seq2[findingKey, *seen] {
	keys := map[*seen]findingKey{}
	for key, f := range s.findings {
		keys[f] = key
	}
	return func(yield func(findingKey, *seen) bool) {
		for _, f := range s.sorted() {
			if !yield(keys[f], f) {
				return
			}
		}
	}
}

func (s *Summary) read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it is only read
	s.process = name
	for d := json.NewDecoder(bufio.NewReaderSize(file, 1<<20)); ; {
		var u Unit
		switch err := d.Decode(&u); {
		case err == nil:
			s.add(&u)
			s.asked.add(&u, name)
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF): // a process that was killed
			s.interrupted++
			return nil
		default:
			return err
		}
	}
}

func (s *Summary) add(u *Unit) {
	s.queries += u.Totals.Queries
	if u.Fixtures {
		s.fixtures += u.Totals.Queries
		return
	}
	s.units++
	s.starts.add(u)
	setUp := false
	for i := range u.Groups {
		g := &u.Groups[i]
		if s.isFixture(g.CallSite()) {
			s.fixtures += g.Queries
		} else {
			frames := s.code.application(g.CallSite())
			s.passed.add(frames, g)
			s.exercised.add(frames, u)
			if g.Kind == statement.Write {
				s.countFewest(g, frames)
			}
		}
		setUp = setUp || zerocode.DefinesTables(g)
	}
	s.tests = append(s.tests, Unit{Test: u.Test, Package: u.Package, Report: budget.Report{Name: u.Name}})
	for f := range u.Statements() {
		if f.Confidence != budget.Hint && !s.isFixture(f.CallSite()) && s.isWork(u, f) {
			s.addFinding(u, f, setUp)
		}
	}
	if !setUp && !u.Endless {
		report := u.Report
		report.Name = strconv.Itoa(len(s.tests) - 1) // the same request is one of many tests
		s.across.SQLite = u.SQLite
		s.across.Add(&report)
	}
}

// countFewest takes note of how often a call sends a write.
func (s *Summary) countFewest(g *budget.Group, frames []callsite.Frame) {
	key := g.Shape + "\n" + lines(frames)
	if n, ok := s.fewest[key]; !ok || g.Queries < n {
		s.fewest[key] = g.Queries
	}
}

// sorted returns the findings, those first whose repair saves most, and hints last.
func (s *Summary) sorted() []*seen {
	return slices.SortedFunc(maps.Values(s.findings), func(a, b *seen) int {
		return cmp.Or(compareHints(a, b), cmp.Compare(b.saved, a.saved), cmp.Compare(a.worst.Kind, b.worst.Kind), cmp.Compare(lines(a.frames), lines(b.frames)), cmp.Compare(a.worst.Shape, b.worst.Shape))
	})
}

func compareHints(a, b *seen) int {
	switch {
	case a.isHint() == b.isHint():
		return 0
	case a.isHint():
		return 1
	default:
		return -1
	}
}
