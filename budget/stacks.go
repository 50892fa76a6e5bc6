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
	skip   skipRule
	chains chains
	sets   [stackSets]struct {
		ways [stackWays]atomic.Pointer[Stack]
		next atomic.Uint32
	}
}

// callersSkip leaves out runtime.Callers and the function that calls it.
const callersSkip = 2

// capture returns the stack of its caller.
//
//go:noinline
func (c *stacks) capture() *Stack {
	var k chain
	k.n, k.hash = readChain(&k.pcs)
	key := k.pcs[:k.n]
	e := c.chains.get(k.hash, key)
	if e != nil && e.stack != nil {
		return e.stack
	}
	var buf [maxFrames]uintptr
	pcs := buf[:runtime.Callers(callersSkip, buf[:])]
	s := c.intern(pcs)
	if e == nil && len(key) > 0 {
		e = &knownChain{pcs: slices.Clone(key), hash: k.hash}
		if covers(key, pcs, maxFrames) {
			e.stack = s
		}
		c.chains.put(e)
	}
	return s
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

// knownChain is a chain that was seen, with its stack: nil for one with a gap,
// which says nothing.
type knownChain struct {
	pcs   []uintptr
	hash  uint64
	stack *Stack
}

// chains is a cache like stacks, from chains to stacks.
type chains [stackSets]struct {
	ways [stackWays]atomic.Pointer[knownChain]
	next atomic.Uint32
}

func (c *chains) get(hash uint64, pcs []uintptr) *knownChain {
	set := &c[hash%stackSets]
	for i := range set.ways {
		if e := set.ways[i].Load(); e != nil && e.hash == hash && slices.Equal(e.pcs, pcs) {
			return e
		}
	}
	return nil
}

func (c *chains) put(e *knownChain) {
	set := &c[e.hash%stackSets]
	set.ways[set.next.Add(1)%stackWays].Store(e)
}

func hashPCs(pcs []uintptr) uint64 {
	h := fnvOffset
	for _, pc := range pcs {
		h = (h ^ uint64(pc)) * fnvPrime
	}
	return h ^ h>>32
}

// callerStack returns the stack of its caller, which no cache keeps: it is for what
// is rare.
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
