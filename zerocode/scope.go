package zerocode

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// A unit of work is a request that a server serves, or else one call that a test makes
// into the application: the lines of test code on the stack tell such calls apart. The
// scope of a test, of a round of a loop in it, or of a goroutine that it started, has one
// unit at a time. Scopes are found by a profiler label of the goroutine, which goroutines
// that it starts inherit.

// Labels are the profiler's labels of goroutines. The hook of a watched toolchain sets
// them; without one, nothing is attributed.
type Labels struct {
	Get func() string // of the calling goroutine
	Set func(string)
	// Stacks calls yield with the label and the stack of each goroutine that has a label.
	Stacks func(yield func(label string, stack []uintptr))
}

// Outside stands for the name of a test in reports of what belongs to none: TestMain, and what
// goroutines send that were started there, while no test waits.
const Outside = "outside of tests"

var (
	labels Labels
	scopes sync.Map // by label: *scope
	last   atomic.Int64
	// process is the scope of what belongs to no test: TestMain, and servers and workers
	// that nobody's test started.
	process = &scope{name: Outside}
)

// Watch makes the labels known, before the program begins.
func Watch(l Labels) { labels = l }

// scope is where units follow one another.
type scope struct {
	label, name string
	test        *scope // the one of the test that a round belongs to; nil for itself
	// whole is set for what has one unit from its beginning to its end: a request, and a
	// goroutine that nobody waits for.
	whole   bool
	request bool
	tests   uint64      // the goroutine of the test itself, or of a round that another one of it began
	began   uint64      // the goroutine that it began in, of a whole one and of one that may take turns
	follows bool        // of a goroutine that TestMain has started: the calls of a test that wait
	turns   atomic.Bool // of a worker that waits between its pieces of work

	mu       sync.Mutex
	used     time.Time // last, where somebody looks on
	chain    uint64    // of the present unit
	switched int64     // when it went on to that
	unit     *budget.Recorder
	helper   string // of the test, that made the call
	start    bool   // it began before the tests
	ended    bool
	open     []*budget.Recorder // units before it whose rows were open
	members  []*scope           // of a test, which end with it
	served   []*scope           // its latest requests, which may go on
}

// servedMax is how many requests of a test that were answered are kept: what their
// goroutines send afterwards is theirs.
const servedMax = 32

func newScope(name string) *scope {
	s := &scope{label: newLabel(), name: name}
	scopes.Store(s.label, s)
	return s
}

func newLabel() string { return strconv.FormatInt(last.Add(1), 10) }

// member makes m a scope that ends with s or with its test. What m is must be said before: the
// test may end at the same time. It returns the scope that has the label of m already, if there
// is one.
func (s *scope) member(m *scope) *scope {
	if m.name == "" {
		m.name = s.name
	}
	if m.label == "" {
		m.label = newLabel()
	}
	if m.test = s.family(); !m.test.adopt(m) {
		m.test = process
		process.adopt(m)
	}
	first, _ := scopes.LoadOrStore(m.label, m)
	return first.(*scope)
}

// adopt takes a member, unless the scope has ended.
func (s *scope) adopt(m *scope) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.members = append(s.members, m)
	return true
}

func (s *scope) family() *scope {
	if s.test != nil {
		return s.test
	}
	return s
}

// currentScope is never nil where labels are known.
func currentScope() *scope {
	if s := scopeOf(labels.Get()); s != nil {
		return s
	}
	return process
}

// scopeOf returns the scope with a label, nil if it has ended. That of a round is made when
// somebody asks for it: most rounds send nothing.
func scopeOf(label string) *scope {
	s := known(label)
	if s != nil {
		return s
	}
	if test, isRound := testOf(label); isRound && test != nil {
		return test.member(&scope{label: label, tests: cmp.Or(goroutineOf(label), test.tests)})
	}
	return nil
}

func known(label string) *scope {
	s, _ := scopes.Load(label)
	found, _ := s.(*scope)
	return found
}

// round stands between the label of a test and the number of a round in it.
const round = "/"

// by stands before the goroutine in the label of a round that is not of the test's own.
const by = "@"

// goroutineOf returns the goroutine of a round, 0 for the test's own.
func goroutineOf(label string) uint64 {
	_, name, _ := strings.Cut(label, by)
	g, _ := strconv.ParseUint(name, 10, 64)
	return g
}

// testOf returns the scope of the test that a round belongs to, nil if it has ended.
func testOf(label string) (test *scope, isRound bool) {
	switch before, _, isRound := strings.Cut(label, round); {
	case !isRound:
		return nil, false
	case before == "":
		return process, true
	default:
		return known(before), true
	}
}

// BeginTest begins a test, or a subtest. The function that it returns ends it, in the same
// goroutine.
func BeginTest(name string) (end func()) {
	if labels.Get == nil || name == "" {
		return func() {}
	}
	before := labels.Get()
	s := newScope(name)
	s.tests = callsite.Goroutine()
	labels.Set(s.label)
	return func() {
		s.end()
		labels.Set(before)
	}
}

// running is set when the tests of a program have begun: TestMain has started what it starts.
var running atomic.Bool

// Begin begins the tests of a program.
func Begin() {
	running.Store(true)
	process.flush()
}

// End ends what belongs to no test, when the tests of a program have run.
func End() {
	process.end()
	if r := fixtures.Swap(nil); r != nil {
		write(r, line{Fixtures: true})
	}
}

// Exit ends what a program that is no test has begun, when it exits. Who looks on sees no more.
func Exit() {
	if isProgram() && !live() {
		End()
	}
}

// Round begins the next round of a loop in a test: what follows is no part of what was
// before.
func Round() {
	if labels.Get != nil {
		nextRound(false)
	}
}

// nextRound gives the calling goroutine a round of its own, and ends the unit that it was in. One that
// has just begun is in none: the test may be in the middle of a call. Neither is a function of the test
// that the application calls in a goroutine of its own.
func nextRound(begins bool) {
	label := labels.Get()
	test, _ := testOf(label)
	_, name, _ := strings.Cut(label, by)
	s := known(label)
	if s != nil && s.whole {
		return
	}
	if s != nil || begins {
		me := callsite.Goroutine()
		if s != nil && (s.tests == me || s.tests == 0 && !begins) {
			s.flush()
		} else {
			name = strconv.FormatUint(me, 10)
		}
	}
	if s != nil {
		test = s.family()
	} else if test == nil {
		test = process
	}
	label = test.label + round + newLabel()
	if name != "" {
		label += by + name
	}
	labels.Set(label)
}

// Step is like Round for a loop that may go over an iterator. One of the application is at work
// between the rounds, and has them all in one call.
func Step() {
	if labels.Get == nil {
		return
	}
	if !places.Of().application {
		Round()
	}
}

// Deferred is deferred before what a test defers, so that it runs behind that. What a test has started, such
// as a server that stands for another one, has no part in it.
func Deferred() {
	if labels.Get == nil {
		return
	}
	if p := places.Of(); !p.started && !p.application {
		Round()
	}
}

// Func begins a function of test code. One that a goroutine began with is a round of its
// own.
func Func() {
	if labels.Get == nil {
		return
	}
	if p := places.Of(); p.started && p.tests == 1 && !p.application {
		nextRound(true)
	}
}

// flush ends the present unit. Goroutines that go on begin another one.
func (s *scope) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write()
	s.unit = nil
}

// stop ends the present unit, in which a goroutine that outlives its test may be at work.
func (s *scope) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unit != nil && s.whole && !s.request && s.unit.Totals().OpenRows > 0 && s.isAlive() {
		about := s.line()
		about.goesOn = true
		write(s.unit, about)
		s.unit = nil
	}
	s.write()
	s.unit = nil
}

// write writes the report of the present unit. The scope is locked. Rows that are open may
// be a goroutine's that goes on: such a unit is written when its scope ends.
func (s *scope) write() {
	switch {
	case s.unit == nil:
	case s.unit.Totals().OpenRows > 0 && len(s.open) < servedMax:
		s.open = append(s.open, s.unit)
	default:
		write(s.unit, s.line())
	}
}

// line is what a scope knows of its units.
func (s *scope) line() line {
	test := s.family().name
	if isProgram() {
		test = ""
	}
	return line{Test: test, Endless: s.isEndless(), Start: s.start && !s.whole && !s.follows, Opener: opener(s.helper), SQLite: bounds().Rules.SQLite}
}

// isAlive reports whether a goroutine of the scope goes on.
func (s *scope) isAlive() (found bool) {
	labels.Stacks(func(label string, _ []uintptr) { found = found || label == s.label })
	return found
}

// end ends a scope and its members. Goroutines that go on are outside of tests.
func (s *scope) end() {
	s.stop()
	scopes.Delete(s.label)
	s.mu.Lock()
	members := append(s.members, s.served...)
	open := s.open
	s.members, s.served, s.open = nil, nil, nil
	s.ended = s != process
	s.mu.Unlock()
	if len(open) > 0 {
		about := s.line()
		about.goesOn = s.isAlive()
		for _, unit := range open {
			write(unit, about)
		}
	}
	for _, m := range members {
		m.end()
	}
}

// answered takes note that a request of a test was answered.
func (s *scope) answered(request *scope) {
	s.mu.Lock()
	s.served = append(s.served, request)
	var oldest *scope
	if len(s.served) > servedMax || isProgram() || s.ended {
		oldest, s.served = s.served[0], s.served[1:]
	}
	s.mu.Unlock()
	if oldest != nil {
		oldest.end()
	}
}
