package zerocode

import (
	"sync/atomic"
	"time"
)

// A goroutine without a line of test code on its stack was started by the application, or
// by a library: an errgroup, a server of gRPC. Its work belongs to the test that waits for
// it, if exactly one does; its stack is looked at. Else the goroutine is a unit of its own.
// So it is where the test's goroutine runs a server: what a connection asks for is a client's.
// What was started outside of tests, such as a server of SSH in TestMain, or the jobs of a
// scheduler, follows the tests: each goroutine has a unit of its own for each call that waits.

// looksMax is how often stacks of all goroutines are looked at: it takes 100 µs, and more
// in a program of many goroutines.
const looksMax = 20_000

var looks atomic.Int64

// waiter is a goroutine that runs a line of a test.
type waiter struct {
	scope *scope
	place *place
}

// waiting returns for whom the calling goroutine works.
func (s *scope) waiting() (*scope, *place) {
	w, ok := s.waiter()
	switch {
	case s.follows && !ok:
		return s, &place{}
	case s.follows:
		return s, w.place
	case !ok:
		return s.goroutine(), &place{chain: 1}
	case s.family() != process || w.scope.family() == process:
		return w.scope, w.place
	}
	m := w.scope.member(&scope{follows: true})
	labels.Set(m.label)
	return m, w.place
}

// waiter returns the only goroutine of a test that waits, if there is one.
func (s *scope) waiter() (w waiter, ok bool) {
	if isProgram() || looks.Add(1) > looksMax {
		return w, false
	}
	var own, others []waiter
	isServer := false
	labels.Stacks(func(label string, stack []uintptr) {
		w := scopeOf(label)
		if w == nil || w.whole || !s.mayWorkFor(w) {
			return
		}
		p := places.At(stack)
		isServer = isServer || w == s && p.accepts
		switch {
		case p.chain == 0 || p.inTesting:
		case w != s:
			others = append(others, waiter{w, p})
		case !p.started || p.application && s.family() != process:
			own = append(own, waiter{w, p})
		}
	})
	if isServer && s.family() != process && len(own) > 0 && len(others) > 0 {
		return w, false // one goroutine of the test runs a server, and another one is its client
	}
	first, second := own, others
	if s.family() == process {
		first, second = others, own
	}
	switch {
	case len(first) == 1:
		return first[0], true
	case len(first) == 0 && len(second) == 1:
		return second[0], true
	}
	return w, false
}

// mayWorkFor reports whether a goroutine of s can be one that w waits for. What TestMain has
// started, such as a server, works for the tests and not for what runs beside it for good.
func (s *scope) mayWorkFor(w *scope) bool {
	if s.family() == process {
		return w == s || w.family() != process
	}
	return w.family() == s.family()
}

// outermost is the function of the application that the calling goroutine began with:
// "shop.(*Worker).Run".
func outermost() string {
	return places.Of().outermost
}

// idle is how long a goroutine without a request has sent nothing when what it did before
// is one piece of work.
const idle = time.Second

// flushIdle ends the units of goroutines that have no end of their own, in a program. Those who
// look on do not see what its start sends.
func flushIdle(now time.Time) {
	process.mu.Lock()
	members := append([]*scope(nil), process.members...)
	process.mu.Unlock()
	if !live() {
		members = append(members, process)
	}
	for _, m := range members {
		m.mu.Lock()
		if m.unit != nil && now.Sub(m.used) > idle {
			m.write()
			m.unit = nil
		}
		m.mu.Unlock()
	}
}
