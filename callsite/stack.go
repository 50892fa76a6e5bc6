package callsite

import (
	"runtime"
	"slices"
	"sync"
)

// maxFrames is the number of frames that are looked at. The first application
// frame was measured at index 7 to 17, at 17 under GORM's Preload and bun's
// relations.
const maxFrames = 48

// Stack is a stack, kept as program counters: it costs nothing to read until
// somebody does. All methods are safe for concurrent use, and on a nil Stack,
// which knows nothing.
type Stack struct {
	pcs  []uintptr
	hash uint64
	skip *skipRule

	once sync.Once
	site CallSite
	via  string
	key  uint64

	foldOnce sync.Once
	folded   uint64

	buriedOnce sync.Once
	buried     bool
}

// New returns a stack with the given call site, for those who know it better than
// the goroutine's stack does. It has no program counters.
func New(site CallSite) *Stack {
	key := site.hash()
	s := &Stack{site: site, hash: key, key: key}
	s.once.Do(func() {}) // there is nothing to look up
	return s
}

// Take returns the stack of its caller, which no cache keeps: it is for what is
// rare, and takes about a microsecond.
func Take() *Stack {
	var buf [maxFrames]uintptr
	pcs := buf[:runtime.Callers(callersSkip, buf[:])]
	return &Stack{pcs: slices.Clone(pcs), hash: hashPCs(pcs), skip: &skipRule{}}
}

// Here returns the call site of the code that calls it. It looks up functions and
// lines each time, which takes microseconds.
func Here() CallSite { return Take().CallSite() }

// CallSite returns the call site. It looks up functions and lines the first time.
func (s *Stack) CallSite() CallSite {
	if s == nil {
		return CallSite{}
	}
	s.resolve()
	return s.site
}

// Key is the same for stacks with the same application frames, in every process:
// stacks that differ in library frames only are one call site. It is 0 for a nil
// Stack. It looks up functions and lines the first time.
func (s *Stack) Key() uint64 {
	if s == nil {
		return 0
	}
	s.resolve()
	return s.key
}

// Via is the import path of the package that the call site called: "database/sql", or
// the library that it uses. It is empty if that is not known, and for a stack that [New]
// made. It looks up functions and lines the first time.
func (s *Stack) Via() string {
	if s == nil {
		return ""
	}
	s.resolve()
	return s.via
}

// Folded is like Key, of [CallSite.Fold]: it is the same however deep a recursion
// was. It is 0 for a nil Stack.
func (s *Stack) Folded() uint64 {
	if s == nil {
		return 0
	}
	s.foldOnce.Do(func() { s.folded = s.CallSite().Fold().hash() })
	return s.folded
}

// Hash is the same for stacks with the same program counters, in this process. It
// looks up nothing, and is 0 for a nil Stack.
func (s *Stack) Hash() uint64 {
	if s == nil {
		return 0
	}
	return s.hash
}

// PCs returns the program counters as [runtime.Callers] gives them, 48 at most,
// for profiles; nil for a stack that New made. They must not be changed.
func (s *Stack) PCs() []uintptr {
	if s == nil {
		return nil
	}
	return slices.Clip(s.pcs)
}

func (s *Stack) resolve() {
	s.once.Do(func() {
		s.site, s.via = s.skip.site(s.pcs)
		s.key = s.site.hash()
	})
}
