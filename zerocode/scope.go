package zerocode

import (
	"context"
	"hash/fnv"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/querybudget/querybudget/budget"
)

// A unit of work is a request that a server serves, or else one call that a test makes
// into the application: the lines of test files on the stack tell such calls apart. The
// scope of a test, of a round of a loop in it, or of a goroutine that it started, has one
// unit at a time. Scopes are found by a profiler label of the goroutine, which goroutines
// that it starts inherit.

// Labels are the profiler's labels of the calling goroutine. The hook of a watched
// toolchain sets them; without one, nothing is attributed.
type Labels struct {
	Get func() string
	Set func(string)
}

var (
	labels Labels
	scopes sync.Map // by label: *scope
	last   atomic.Int64
)

// Watch makes the labels known, before the program begins.
func Watch(l Labels) { labels = l }

// scope is where units follow one another.
type scope struct {
	label, name string
	test        *scope // the one of the test that a round belongs to; nil for itself

	mu     sync.Mutex
	chain  uint64 // of the present unit
	unit   *budget.Recorder
	rounds []*scope // of a test, which end with it
}

var bounds = budget.Bounds{TrackValues: true, Queries: 2000, Rules: budget.Rules{Slow: budget.None}}

func newScope(name string) *scope {
	s := &scope{label: strconv.FormatInt(last.Add(1), 10), name: name}
	scopes.Store(s.label, s)
	return s
}

func currentScope() *scope {
	if labels.Get == nil {
		return nil
	}
	s, _ := scopes.Load(labels.Get())
	found, _ := s.(*scope)
	return found
}

// BeginTest begins a test, or a subtest. The function that it returns ends it, in the same
// goroutine.
func BeginTest(name string) (end func()) {
	if labels.Get == nil || name == "" {
		return func() {}
	}
	before := labels.Get()
	s := newScope(name)
	labels.Set(s.label)
	return func() {
		s.end()
		labels.Set(before)
	}
}

// Round begins the next round of a loop in a test, or a goroutine that a test starts:
// what follows is no part of what was before.
func Round() {
	s := currentScope()
	if s == nil || s.isRequest() {
		return
	}
	s.flush()
	next := newScope(s.name)
	if next.test = s.test; s.test == nil {
		next.test = s
	}
	next.test.mu.Lock()
	next.test.rounds = append(next.test.rounds, next)
	next.test.mu.Unlock()
	labels.Set(next.label)
}

func (s *scope) isRequest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chain == requestChain
}

// flush ends the present unit. Goroutines that go on begin another one.
func (s *scope) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	write(s.unit)
	s.unit = nil
}

// BeginRequest begins a request that a server serves. The function that it returns ends
// it, with the pattern of its route if that is known.
func BeginRequest(ctx context.Context, method, path string) (context.Context, func(pattern string)) {
	if budget.FromContext(ctx) != nil || labels.Get == nil {
		return ctx, func(string) {}
	}
	before := labels.Get()
	ctx, r := bounds.NewContext(ctx)
	s := newScope(method + " " + path)
	s.unit, s.chain = r, requestChain
	labels.Set(s.label)
	return ctx, func(pattern string) {
		if pattern == "" {
			pattern = folded(path)
		}
		r.SetRoute(budget.Route{Method: method, Pattern: strings.TrimPrefix(pattern, method+" ")})
		s.end()
		labels.Set(before)
	}
}

// requestChain is the chain of a unit that goes on until its request ends.
const requestChain = 1

// folded is a path with its numbers taken out: a guess at its route.
func folded(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.ContainsAny(p, "0123456789") {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

// recorder returns who counts a query of the calling goroutine.
func recorder(carried *budget.Recorder) *budget.Recorder {
	if carried != nil {
		return carried
	}
	s := currentScope()
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chain == requestChain {
		return s.unit
	}
	chain, line := testChain()
	if s.unit == nil || chain != 0 && chain != s.chain {
		write(s.unit)
		_, s.unit = bounds.NewContext(context.Background())
		s.unit.SetName(s.name + " " + line)
		s.chain = chain
	}
	return s.unit
}

func (s *scope) end() {
	s.flush()
	scopes.Delete(s.label)
	s.mu.Lock()
	rounds := s.rounds
	s.rounds = nil
	s.mu.Unlock()
	for _, r := range rounds {
		r.end()
	}
}

// testChain identifies the lines of test files on the stack, and names the innermost one.
// It is 0 in a goroutine that has none.
func testChain() (chain uint64, line string) {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	h := fnv.New64a()
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.File, "_test.go") {
			at := f.File[strings.LastIndexByte(f.File, '/')+1:] + ":" + strconv.Itoa(f.Line)
			_, _ = h.Write([]byte(at + f.Function))
			if line == "" {
				line = at
			}
		}
		if !more {
			break
		}
	}
	if line == "" {
		return 0, ""
	}
	return h.Sum64() | 2, line
}
