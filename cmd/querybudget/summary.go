package main

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
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
	"github.com/querybudget/querybudget/zerocode"
)

// unit is a report as a watched program writes it.
type unit struct {
	Test, Package string
	Endless       bool             // all that a goroutine did, in one piece of work or many
	Start         bool             // of TestMain
	Fixtures      bool             // what tests sent themselves
	Dropped       int64            // reports that nobody read in time, in place of one
	Asked         map[int][]uint32 // by group: numbers for its arguments
	Rows          map[int][]uint32 // and for the row that it asks for
	budget.Report
}

func (u *unit) UnmarshalJSON(text []byte) error {
	var head struct {
		Test, Package string
		Endless       bool
		Start         bool
		Fixtures      bool
		Dropped       int64
		Asked         map[int][]uint32
		Rows          map[int][]uint32 `json:"rows_asked"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	u.Test, u.Package, u.Endless, u.Start = head.Test, head.Package, head.Endless, head.Start
	u.Fixtures, u.Dropped, u.Asked, u.Rows = head.Fixtures, head.Dropped, head.Asked, head.Rows
	return json.Unmarshal(text, &u.Report)
}

// summary is what many units had in common.
type summary struct {
	code              testCode
	units             int64
	queries, fixtures int64
	findings          map[findingKey]*seen
	leftOut           int // findings of set-up
	passed            passed
	loops             loops
	exercised         exercised
	across            budget.Across
	asked             asked
	flags             []string         // that the tests need
	process           string           // whose reports are read
	tests             []unit           // each without its report, but for its name
	fewest            map[string]int64 // executions of a write in a call, by statement and lines
	interrupted       int
}

// testCode tells frames of tests from those of the application.
type testCode struct{ zerocode.TestCode }

func (c testCode) has(f callsite.Frame) bool { return c.Has(f.Function, f.File) }

// application returns the frames below the test, from the inside out.
func (c testCode) application(site callsite.CallSite) []callsite.Frame {
	frames := site.Frames()
	if i := slices.IndexFunc(frames, c.has); i >= 0 {
		return frames[:i]
	}
	return frames
}

// findingKey tells findings apart: by the lines that the application has on the stack.
type findingKey struct {
	kind  budget.FindingKind
	lines string
}

// framesMax is how many frames tell findings apart: those of one function of a repository
// that the same line of a service reaches are one, wherever the service is called from.
const framesMax = 4

// seen is a finding of one or more units.
type seen struct {
	worst       budget.Finding
	frames      []callsite.Frame // of the application, from the inside out; at least one
	shapes      map[string]bool  // of the statements that the same lines send
	setUp       int64            // units that also define tables, and what TestMain does once
	startedIn   string           // the latest process whose TestMain did it
	startsAgain bool             // TestMain of one did it several times
	units       int64
	loops       int64               // of them, those in which a duplicate is as many as a loop
	callsOut    int64               // of them, those in which another service is called each time
	saved       int64               // executions that a repair saves, in all units
	in          unit                // the one of the worst, without its report
	own         []callsite.Frame    // the frames but for those that everything passes
	layer       bool                // a write of a layer that saves any record
	fixed       bool                // few writes, as many in each call
	pairs       map[askedPair]bool  // of a duplicate: the lines that ask the same
	agreement   agreement           // and what all units say of them
	joined      []callsite.Frame    // the lines of several that are one finding
	inside      []callsite.Frame    // the lines of others that were merged, up to the one that is printed
	across      *budget.Covariation // what many units show, nil for nothing
}

// readReports adds up the reports of a folder.
func readReports(folder string, about *scanned) (*summary, error) {
	code := testCode{zerocode.NewTestCode(about.TestCode)}
	s := &summary{code: code, loops: about.Loops, flags: about.Flags, findings: map[findingKey]*seen{}, passed: passed{generated: about.Generated, lines: map[callsite.Frame]*passedBy{}}, exercised: exercised{}, fewest: map[string]int64{}, asked: asked{code, map[askedPair]*agreement{}}}
	s.across.Outside = code.has
	files, err := filepath.Glob(filepath.Join(folder, "*.ndjson"))
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
	for _, f := range s.findings {
		f.agreement = s.asked.of(f)
	}
	s.joinSmall()
	s.joinCalls()
	return s, nil
}

// leaveOutSetUp leaves out what was seen only where tables were made, or once while TestMain
// started the application: a start on an empty database, as most tests begin with. Some
// TestMain run their tests themselves, and do the same again and again.
func (s *summary) leaveOutSetUp() {
	for key, f := range s.findings {
		if f.setUp == f.units || f.isOfStart() {
			delete(s.findings, key)
			s.leftOut++
		}
	}
}

// isOfStart reports whether a read is sent again by what starts the application, from the same
// lines as in TestMain: some tests start it again.
func (f *seen) isOfStart() bool {
	return f.worst.Kind == budget.Duplicate && f.startedIn != "" && !f.startsAgain
}

// join makes one finding of those that the same lines send, beyond those that everything
// passes: a list with other filters, the same code for other tables, or a function that a
// test also calls by itself.
func (s *summary) join() {
	joined := map[findingKey][]*seen{} // by the innermost line
	all := map[findingKey]*seen{}
	for key, f := range s.inOrder() {
		f.own = s.passed.own(f.frames)
		f.layer = f.worst.Kind == budget.WriteLoop && s.passed.isLayer(f.frames)
		f.fixed = f.isFixed(s.fewest[key.lines])
		line := findingKey{f.worst.Kind, lines(f.own[:1])}
		if i := slices.IndexFunc(joined[line], f.isSame); i >= 0 {
			joined[line][i].merge(f)
			continue
		}
		joined[line] = append(joined[line], f)
		all[key] = f
	}
	s.findings = all
}

// inOrder yields the findings as sorted does, with their keys.
func (s *summary) inOrder() iter.Seq2[findingKey, *seen] {
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

// place returns the frames that say where a finding is: to the function that has the loop,
// where that is known, and those of its nearest callers else.
func (f *seen) place() []callsite.Frame {
	own := f.own
	if p := f.worst.Parent; p != nil {
		loop := loopLine(p.CallSite().Frames(), f.worst.CallSite().Frames()).StableName()
		if i := slices.IndexFunc(own, func(o callsite.Frame) bool { return o.StableName() == loop }); i >= 0 {
			return own[:i+1]
		}
	}
	return own[:min(len(own), framesMax)]
}

// isSame reports whether two findings of one kind and line are in one place, as far as
// both are known to the test.
func (f *seen) isSame(other *seen) bool {
	a, b := f.place(), other.place()
	n := min(len(a), len(b))
	return lines(a[:n]) == lines(b[:n])
}

// merge adds what is one finding.
func (f *seen) merge(other *seen) {
	f.inside = append(f.inside, other.inner()...)
	f.units += other.units
	f.fixed = f.fixed && other.fixed
	f.loops += other.loops
	f.callsOut += other.callsOut
	f.saved += other.saved
	maps.Copy(f.shapes, other.shapes)
	maps.Copy(f.pairs, other.pairs)
	f.worst.Also = append(slices.Clip(f.worst.Also), other.worst.Also...)
	if f.across == nil {
		f.across = other.across
	}
}

func (s *summary) read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it is only read
	s.process = name
	for d := json.NewDecoder(bufio.NewReaderSize(file, 1<<20)); ; {
		var u unit
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

func (s *summary) add(u *unit) {
	s.queries += u.Totals.Queries
	if u.Fixtures {
		s.fixtures += u.Totals.Queries
		return
	}
	s.units++
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
		setUp = setUp || definesTables(g)
	}
	s.tests = append(s.tests, unit{Test: u.Test, Package: u.Package, Report: budget.Report{Name: u.Name}})
	for i := range u.Findings {
		if f := &u.Findings[i]; f.Confidence != budget.Hint && !s.isFixture(f.CallSite()) && (!u.Endless || s.isOneWork(f)) {
			s.addFinding(u, f, setUp)
		}
	}
	if !setUp && !u.Endless {
		report := u.Report
		report.Name = strconv.Itoa(len(s.tests) - 1) // the same request is one of many tests
		s.across.Add(&report)
	}
}

// countFewest takes note of how often a call sends a write.
func (s *summary) countFewest(g *budget.Group, frames []callsite.Frame) {
	key := g.Shape + "\n" + lines(frames)
	if n, ok := s.fewest[key]; !ok || g.Queries < n {
		s.fewest[key] = g.Queries
	}
}

// isFixture reports whether a test sends a statement itself.
func (s *summary) isFixture(site callsite.CallSite) bool {
	return site.Function == "" || s.code.has(site.Frame)
}

// definesTables reports whether a statement makes or changes a table that stays.
func definesTables(g *budget.Group) bool {
	switch g.Verb {
	case "CREATE", "ALTER", "RENAME":
		return !strings.Contains(strings.ToUpper(cut(g.Shape, 40)), "TEMP")
	}
	return false
}

func (s *summary) addFinding(u *unit, f *budget.Finding, setUp bool) {
	frames := s.code.application(f.CallSite())
	key := findingKey{f.Kind, f.Shape + "\n" + lines(frames)}
	old := s.findings[key]
	if old == nil {
		old = &seen{frames: frames, own: frames, shapes: map[string]bool{f.Shape: true}, pairs: map[askedPair]bool{}}
		s.findings[key] = old
	}
	if setUp || u.Start && old.startedIn != s.process {
		old.setUp++
	}
	if u.Start {
		old.startsAgain = old.startsAgain || old.startedIn == s.process
		old.startedIn = s.process
	}
	if f.Kind == budget.Duplicate {
		old.pairs[s.asked.pair(f)] = true
	}
	old.units++
	if f.Count >= likeLoops {
		old.loops++
	}
	if f.CallsOut {
		old.callsOut++
	}
	old.saved += f.Count
	if f.Count > old.worst.Count {
		old.worst, old.in = *f, s.tests[len(s.tests)-1]
	}
}

// addCovariation adds what many units show together, unless one of them showed it.
func (s *summary) addCovariation(c *budget.Covariation) {
	frames := s.code.application(c.CallSite())
	if len(frames) == 0 || s.isFixture(c.CallSite()) {
		return
	}
	at, _ := strconv.Atoi(c.Unit)
	shown := &seen{
		worst: c.Finding, frames: frames, own: frames, shapes: map[string]bool{c.Shape: true}, units: c.Units, saved: c.Count, in: s.tests[at], across: c,
	}
	if c.CallsOut {
		shown.callsOut = c.Units
	}
	for _, old := range s.inOrder() {
		if old.shows(shown) {
			if old.across == nil || c.Confidence == budget.Proven && old.across.Confidence != budget.Proven {
				old.across = c
			}
			return
		}
	}
	s.findings[findingKey{c.Kind, c.Shape + "\n" + lines(frames)}] = shown
}

// shows reports whether a finding of one unit is the loop that many units show: it is about
// the same statement, perhaps as one of several, from the same function with the loop.
func (f *seen) shows(loop *seen) bool {
	if f.worst.Kind != budget.NPlusOne && f.worst.Kind != budget.WriteLoop {
		return false
	}
	if f.worst.Shape == loop.worst.Shape && f.isSame(loop) {
		return true
	}
	return slices.ContainsFunc(f.worst.Also, func(r budget.Related) bool {
		frames := r.CallSite().Frames()
		n := min(len(frames), len(loop.place()))
		return r.Shape == loop.worst.Shape && lines(frames[:n]) == lines(loop.frames[:n])
	})
}

// lines names frames by their lines.
func lines(frames []callsite.Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, "%s:%d ", f.File, f.Line)
	}
	return b.String()
}

// sorted returns the findings, those first whose repair saves most.
func (s *summary) sorted() []*seen {
	return slices.SortedFunc(maps.Values(s.findings), func(a, b *seen) int {
		return cmp.Or(cmp.Compare(b.saved, a.saved), cmp.Compare(a.worst.Kind, b.worst.Kind), cmp.Compare(lines(a.frames), lines(b.frames)), cmp.Compare(a.worst.Shape, b.worst.Shape))
	})
}
