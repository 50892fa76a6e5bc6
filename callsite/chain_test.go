package callsite

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"sync"
	"testing"
)

// tree calls itself in all the ways that there are in Go, as a random source says,
// and compares at its leaves what capture says with what runtime.Callers says.
type tree struct {
	*testing.T
	c      *Cache
	random *rand.Rand
	leaves int
}

// step is an interface over a method of an embedded pointer, which the compiler
// wraps.
type step interface{ step(depth int) }

type wrapped struct{ *tree }

// hasChains says whether this build reads chains.
func hasChains() bool {
	var k chain
	n, _ := readChain(&k.pcs[0], maxChain)
	return n > 0
}

//go:noinline
func (t *tree) probe() {
	var buf [maxFrames]uintptr
	for range 2 { // a miss, as a rule, and a hit
		got := t.c.Capture().pcs
		want := buf[:runtime.Callers(1, buf[:])]
		// The first is this function, at two lines.
		if !slices.Equal(got[1:], want[1:]) {
			t.Errorf("after %d leaves: got %s\nwant %s", t.leaves, names(got), names(want))
		}
	}
	t.leaves++
}

func names(pcs []uintptr) (out string) {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		out += fmt.Sprintf("\n\t%s:%d", f.Function, f.Line)
		if !more {
			return out
		}
	}
}

func (t *tree) inlined(depth int) { t.step(depth) }

//go:noinline
func (t *tree) method(depth int) { t.step(depth) }

func throughGeneric[T any](t *tree, depth int, _ T) { t.step(depth) }

//go:noinline
func throughBigGeneric[T any](t *tree, depth int, v T) {
	var pad [4]T
	pad[depth%4] = v
	t.step(depth)
	runtime.KeepAlive(&pad)
}

// grow makes the stack grow, which moves it.
//
//go:noinline
func (t *tree) grow(n, depth int) byte {
	var pad [1024]byte
	pad[n%len(pad)] = byte(n)
	if n > 0 {
		return pad[0] + t.grow(n-1, depth)
	}
	t.step(depth)
	return pad[n]
}

func (t *tree) each(depth int) iter.Seq[int] {
	return func(yield func(int) bool) { yield(depth) }
}

func (t *tree) step(depth int) {
	if depth <= 0 {
		t.probe()
		return
	}
	depth--
	switch t.random.IntN(20) {
	case 0:
		t.inlined(depth)
	case 1:
		t.method(depth)
	case 2:
		throughGeneric(t, depth, depth)
	case 3:
		throughGeneric(t, depth, "text")
	case 4:
		throughBigGeneric(t, depth, [3]string{})
	case 5:
		func() { t.step(depth) }()
	case 6:
		f := t.method
		f(depth)
	case 7:
		(*tree).method(t, depth)
	case 8:
		func() {
			defer t.step(depth)
		}()
	case 9:
		func() {
			defer func() {
				_ = recover()
				t.step(depth)
			}()
			panic("on purpose")
		}()
	case 10:
		func() {
			defer func() { _ = recover() }()
			defer t.step(depth) // while it panics
			panic("on purpose")
		}()
	case 11:
		reflect.ValueOf(t.method).Call([]reflect.Value{reflect.ValueOf(depth)})
	case 12:
		f := reflect.MakeFunc(reflect.TypeFor[func(int)](), func(in []reflect.Value) []reflect.Value {
			t.step(int(in[0].Int()))
			return nil
		}).Interface().(func(int))
		f(depth)
	case 13:
		done := make(chan struct{})
		go func() {
			defer close(done)
			t.step(depth)
		}()
		<-done
	case 14:
		var wg sync.WaitGroup
		wg.Go(func() { t.step(depth) })
		wg.Wait()
	case 15:
		for n := range t.each(depth) {
			t.step(n)
		}
	case 16:
		once := false
		sort.Slice(make([]int, 2), func(int, int) bool {
			if !once {
				once = true
				t.step(depth)
			}
			return false
		})
	case 17:
		var s step = wrapped{t}
		s.step(depth)
	case 18:
		t.grow(40, depth)
	default:
		if t.random.IntN(100) == 0 { // it takes milliseconds, and make paths does it all the time
			runtime.GC()
		}
		t.step(depth) // recursion
	}
}

// A stack that was recognised is the one that runtime.Callers gives, whatever the
// calls on the way. No Go code leaves a gap in its chain.
func TestCapturedStacksAreExact(t *testing.T) {
	trees := 3000
	if testing.Short() {
		trees = 300
	}
	for seed := range uint64(trees) {
		tree := &tree{T: t, c: &Cache{}, random: rand.New(rand.NewPCG(seed, 1))}
		for range 4 {
			tree.step(tree.random.IntN(70))
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		known, gaps := 0, 0
		for e := range tree.c.chains.all() {
			known++
			if e.value == nil && len(e.pcs) < maxChain { // with many wrappers it is too short
				gaps++
			}
		}
		if hasChains() && (known == 0 || gaps > 0) || !hasChains() && known > 0 {
			t.Fatalf("seed %d: %d chains are known, %d of them with a gap", seed, known, gaps)
		}
	}
}

// The same stack from many goroutines at once, while the collector moves stacks.
func TestCapturedStacksInParallel(t *testing.T) {
	c := &Cache{}
	var wg sync.WaitGroup
	for worker := range uint64(8) {
		wg.Go(func() {
			tree := &tree{T: t, c: c, random: rand.New(rand.NewPCG(worker, 2))}
			for range 200 {
				tree.step(tree.random.IntN(30))
			}
		})
	}
	wg.Wait()
}

// covers refuses a chain that lacks an address, wherever it is.
func TestChainsWithGaps(t *testing.T) {
	var buf [maxFrames]uintptr
	deepStack := func() []uintptr { return buf[:runtime.Callers(1, buf[:])] }
	var stack []uintptr
	throughBigGeneric(&tree{T: t, c: &Cache{}, random: rand.New(rand.NewPCG(1, 1))}, 0, 0)
	func() { stack = slices.Clone(deepStack()) }()
	var physical []uintptr
	frames := runtime.CallersFrames(stack)
	var outer runtime.Frame
	for i, pc := range stack {
		f, _ := frames.Next()
		if i == 0 || outer.Func != nil || outer.Entry != f.Entry {
			physical = append(physical, pc)
		}
		outer = f
	}
	covers := func(chain []uintptr) bool {
		return new(symbols[runtime.Frame]).covers(chain, stack, maxFrames, function)
	}
	if !covers(physical) {
		t.Fatal("a whole chain is refused")
	}
	for i := range physical {
		if covers(slices.Delete(slices.Clone(physical), i, i+1)) {
			t.Errorf("a chain without address %d is trusted", i)
		}
		wrapper := slices.Insert(slices.Clone(physical), i, uintptr(1))
		if !covers(wrapper) {
			t.Errorf("a chain with a wrapper before address %d is refused", i)
		}
	}
	if covers(append(slices.Clone(physical), 1)) {
		t.Error("a chain that goes on below the stack's end is trusted")
	}
	if covers(nil) {
		t.Error("no chain is trusted")
	}
	// What is not trusted is known, and answers nothing.
	whole := &Stack{pcs: stack}
	var known table[known[Stack]]
	for from, want := range []*Stack{whole, nil} {
		rememberChain(&known, physical[from:], uint64(from), covers(physical[from:]), whole)
		if got := find(&known, uint64(from), physical[from:]); got == nil || got.value != want {
			t.Errorf("a chain without its first %d addresses: got %v, want %p", from, got, want)
		}
	}
}

func BenchmarkCapture(b *testing.B) {
	for _, depth := range []int{5, 15, 25} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			c := &Cache{}
			recurse(depth, func() {
				for b.Loop() {
					c.Capture()
				}
			})
		})
	}
}

// BenchmarkCallers is what BenchmarkCapture is to be compared with.
func BenchmarkCallers(b *testing.B) {
	for _, depth := range []int{5, 15, 25} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			recurse(depth, func() {
				var buf [maxFrames]uintptr
				for b.Loop() {
					runtime.Callers(1, buf[:])
				}
			})
		})
	}
}

//go:noinline
func recurse(n int, f func()) {
	if n > 0 {
		recurse(n-1, f)
		return
	}
	f()
}

// all returns the entries of a table.
func (t *table[E]) all() iter.Seq[*E] {
	return func(yield func(*E) bool) {
		if t.sets.Load() == nil {
			return
		}
		for i := range *t.sets.Load() {
			set := &(*t.sets.Load())[i]
			for j := range set.places {
				if e := set.places[j].Load(); e != nil && !yield(e) {
					return
				}
			}
		}
	}
}
