package callsite

import (
	"runtime"
	"slices"
)

// Cache keeps one [Stack] for each stack that calls [Cache.Capture], so that a
// stack is looked up once however often it comes. It is small while there are few
// stacks, grows to a fixed bound, and takes no lock on the way of a stack that it
// knows. A stack that was pushed out is made anew when it is seen again.
//
// The zero Cache is ready. It is safe for concurrent use and must not be copied.
type Cache struct {
	skip   skipRule
	chains table[known[Stack]]
	stacks table[Stack]
}

// Options say which packages are the application's, where that is not known from the
// program's build information. The zero value of each names none.
type Options struct {
	// SkipPackages are import paths, each with all packages below it, that are not the
	// place where a call comes from but lead to it: a repository layer, generated code.
	// They come before AppPackages.
	SkipPackages []string
	// AppPackages are import paths, each with all packages below it, that belong to
	// the application although their modules are fetched like other people's: those of
	// the company, which several services share.
	AppPackages []string
}

// NewCache returns a cache that takes call sites by the options.
func NewCache(o Options) *Cache {
	return &Cache{skip: skipRule{Options: Options{
		SkipPackages: slices.Clone(o.SkipPackages), AppPackages: slices.Clone(o.AppPackages),
	}}}
}

// callersSkip leaves out runtime.Callers and the function that calls it.
const callersSkip = 2

// Capture returns the stack of its caller.
//
//go:noinline
func (c *Cache) Capture() *Stack {
	var k chain
	k.n, k.hash = readChain(&k.pcs[0], maxChain)
	key := k.pcs[:k.n]
	e := find(&c.chains, k.hash, key)
	if e != nil && e.value != nil {
		return e.value
	}
	var buf [maxFrames]uintptr
	pcs := buf[:runtime.Callers(callersSkip, buf[:])]
	s := c.intern(pcs)
	if s.isBuried() {
		return c.intern(unburied())
	}
	if e == nil && len(key) > 0 {
		rememberChain(&c.chains, key, k.hash, c.skip.symbols.covers(key, pcs, maxFrames, function), s)
	}
	return s
}

// StackOf returns the stack with the given program counters, as [runtime.Callers] gives
// them: of another goroutine, for instance. It keeps the first 48, as Capture does.
func (c *Cache) StackOf(pcs []uintptr) *Stack {
	s := c.intern(pcs[:min(len(pcs), maxFrames)])
	if s.isBuried() {
		return c.intern(eachOnce(pcs))
	}
	return s
}

// intern returns the stack with the given program counters.
func (c *Cache) intern(pcs []uintptr) *Stack {
	hash := hashPCs(pcs)
	if set := c.stacks.set(hash); set != nil {
		for i := range set.places {
			if s := set.places[i].Load(); s != nil && s.hash == hash && slices.Equal(s.pcs, pcs) {
				return s
			}
		}
	}
	s := &Stack{pcs: slices.Clone(pcs), hash: hash, skip: &c.skip}
	c.stacks.put(hash, s, func(s *Stack) uint64 { return s.hash })
	return s
}

func hashPCs(pcs []uintptr) uint64 {
	h := fnvOffset
	for _, pc := range pcs {
		h = (h ^ uint64(pc)) * fnvPrime
	}
	return h ^ h>>32
}
