package zerocode

import "github.com/querybudget/querybudget/callsite"

// Turn stands behind a wait in an endless loop of the application: a worker goes on with the
// next tick or job, which is a unit of its own. A call of the goroutine of a test, and that of
// a request, are one unit; some requests start a worker for all that come.
func Turn() {
	if labels.Get == nil {
		return
	}
	s := currentScope()
	switch {
	case s.request && s.began == callsite.Goroutine(), s.turns.Load() && s.isEmpty():
	case s.whole && s.name == outermost():
		s.turns.Store(true)
		s.flush()
	default:
		if places.Of().started {
			s.goroutine().turns.Store(true)
		}
	}
}

// Message stands at the beginning of a method of the application that a library may call for
// each message, such as that of an actor. A goroutine that begins with it again, and has
// nothing else of the application on its stack, takes turns. One that a library starts for
// each item of a call begins with it once.
func Message() {
	if labels.Get == nil {
		return
	}
	s, me := currentScope(), callsite.Goroutine()
	if s.request || s.tests == me || s.whole && s.began != me {
		return
	}
	p := places.Of()
	switch {
	case !p.started || !p.alone || p.chain != 0:
	case s.whole:
		s.turns.Store(true)
		s.flush()
	case s.began == me:
		s.goroutine().turns.Store(true)
	default:
		labels.Set(s.member(&scope{began: me}).label)
	}
}

// isEmpty reports whether nothing was sent since the last turn: most workers send no query.
func (s *scope) isEmpty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unit == nil
}

// isEndless reports whether a unit is all that a goroutine does, which may be many pieces of
// work: those of a connection, one after the other.
func (s *scope) isEndless() bool { return s.whole && !s.request && !s.turns.Load() }
