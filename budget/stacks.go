package budget

import (
	"runtime"
	"slices"
	"sync/atomic"
)

const (
	stackSets = 512
	stackWays = 4
)

// stacks interns the stacks of one database handle: one [Stack] for each
// distinct set of program counters, so that a stack is symbolised once however
// often it sends a query.
//
// It is a cache of fixed size without locks. A stack that was pushed out is
// made anew when it is seen again; the account keeps the ones that it refers to.
type stacks struct {
	skip skipRule
	sets [stackSets]struct {
		ways [stackWays]atomic.Pointer[Stack]
		next atomic.Uint32
	}
}

// callersSkip leaves out runtime.Callers, capture and Recorder.Start.
const callersSkip = 3

// capture returns the stack of the caller's caller.
func (c *stacks) capture() *Stack {
	var buf [maxFrames]uintptr
	pcs := buf[:runtime.Callers(callersSkip, buf[:])]
	return c.intern(pcs)
}

func (c *stacks) intern(pcs []uintptr) *Stack {
	h := hashPCs(pcs)
	set := &c.sets[h%stackSets]
	for i := range set.ways {
		if s := set.ways[i].Load(); s != nil && s.hash == h && slices.Equal(s.pcs, pcs) {
			return s
		}
	}
	s := &Stack{pcs: slices.Clone(pcs), hash: h, skip: &c.skip}
	set.ways[set.next.Add(1)%stackWays].Store(s)
	return s
}

func hashPCs(pcs []uintptr) uint64 {
	h := fnvOffset
	for _, pc := range pcs {
		h = (h ^ uint64(pc)) * fnvPrime
	}
	return h ^ h>>32
}

// callerStack returns the stack of the caller's caller, which no cache keeps: it
// is for what is rare.
func callerStack() *Stack {
	var buf [maxFrames]uintptr
	pcs := buf[:runtime.Callers(callersSkip, buf[:])]
	return &Stack{pcs: slices.Clone(pcs), hash: hashPCs(pcs), skip: &skipRule{}}
}

// NewStack returns a stack with the given call site, for an instrumentation that
// knows it better than the goroutine's stack does; see [Call.Stack].
func NewStack(site CallSite) *Stack {
	s := &Stack{site: site, key: hashSite(site)}
	s.once.Do(func() {}) // there is nothing to resolve
	return s
}
