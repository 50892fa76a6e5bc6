package zerocode

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// recorder returns who counts a query of the calling goroutine.
func recorder(carried *budget.Recorder) *budget.Recorder {
	if carried != nil || labels.Get == nil {
		return carried
	}
	s := currentScope()
	if s.turns.Load() && s.began != callsite.Goroutine() {
		s = s.goroutine() // that the worker has started, for a job as a rule
	}
	if s.whole && s.began == callsite.Goroutine() {
		return s.present(1, "", "")
	}
	p := places.Of()
	switch {
	case p.serves && (s.whole || p.chain == 0):
		s = s.serve()
		return s.present(1, "", "")
	case s.whole:
		return s.present(1, "", "")
	case p.chain == 0:
		seen := switches.Load()
		s, p = s.waiting()
		return s.presentAt(seen, p.chain, p.line, p.helper)
	case !p.application && len(program().modules) > 0:
		s.leave(p.chain)
		return fixture()
	}
	return s.present(p.chain, p.line, p.helper)
}

// fixtures counts what tests send themselves, of which nothing is judged: nine in ten queries
// of some programs. It is nil for nothing.
var fixtures atomic.Pointer[budget.Recorder]

func fixture() *budget.Recorder {
	r := fixtures.Load()
	for r == nil {
		_, r = budget.Bounds{Queries: budget.None, Reads: budget.None, Rules: budget.Rules{Off: true}}.NewContext(context.Background())
		r.SetName("what tests send themselves")
		if !fixtures.CompareAndSwap(nil, r) {
			r = fixtures.Load()
		}
	}
	return r
}

// leave ends the present unit if it is that of another chain.
func (s *scope) leave(chain uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if chain != s.chain {
		s.write()
		s.unit, s.chain, s.switched = nil, chain, switches.Add(1)
	}
}

// switches counts how often a scope went on to another chain.
var switches atomic.Int64

// presentAt is like present for a chain that a goroutine was seen in when there had been so many
// switches. If it has gone on since, what is sent belongs to what it does now.
func (s *scope) presentAt(seen int64, chain uint64, line, helper string) *budget.Recorder {
	s.mu.Lock()
	now := s.unit
	isLate := s.switched > seen
	s.mu.Unlock()
	if isLate && now != nil {
		return now
	}
	return s.present(chain, line, helper)
}

// present returns the unit of a chain, a new one if the chain is not that of the latest. It is
// called as its scope and the line of the test. The function of the test that calls may be a helper.
func (s *scope) present(chain uint64, line, helper string) *budget.Recorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	if isProgram() {
		lookOn()
		s.used = time.Now()
	}
	if s.unit == nil || chain != s.chain {
		s.write()
		_, s.unit = bounds().NewContext(context.Background())
		s.unit.SetName(strings.TrimSpace(s.name + " " + line))
		s.chain, s.switched, s.start = chain, switches.Add(1), !running.Load() && !isProgram()
		s.helper = helper
	}
	return s.unit
}

// goroutine gives the calling goroutine a unit of its own.
func (s *scope) goroutine() *scope { return s.own(&scope{}) }

// serve does so for a call that came over a network. That of a server outside of tests is for
// the test that waits.
func (s *scope) serve() *scope {
	if s.family() == process {
		if w, ok := process.waiter(); ok {
			s = w.scope
		}
	}
	return s.own(&scope{request: true})
}

func (s *scope) own(m *scope) *scope {
	m.whole, m.began, m.name = true, callsite.Goroutine(), outermost()
	s.member(m)
	labels.Set(m.label)
	return m
}
