package callsite

import (
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// here returns the call site of its caller, through whatever is between.
func here(c *Cache) CallSite { return capture(c).CallSite() }

//go:noinline
func capture(c *Cache) *Stack { return c.Capture() }

type generic[T any] struct{ c *Cache }

func (g generic[T]) here() CallSite { return here(g.c) }

func inlined(c *Cache) CallSite { return here(c) }

func TestCallSites(t *testing.T) {
	c := &Cache{}
	deferred := func() (site CallSite) {
		defer func() { site = here(c) }()
		return
	}
	background := func() CallSite {
		done := make(chan CallSite)
		go func() { done <- here(c) }()
		return <-done
	}
	for name, call := range map[string]func() CallSite{
		"closure":      func() CallSite { return here(c) },
		"inlined":      func() CallSite { return inlined(c) },
		"generic":      func() CallSite { return generic[string]{c}.here() },
		"method value": generic[int]{c}.here,
		"deferred":     deferred,
		"goroutine":    background,
		"reflection": func() CallSite {
			return reflect.ValueOf(generic[int]{c}.here).Call(nil)[0].Interface().(CallSite)
		},
	} {
		site := call()
		if site.File != "callsite/callsite_test.go" || site.Line == 0 || site.Library || !strings.HasPrefix(site.Function, "github.com/querybudget/querybudget/callsite.") {
			t.Errorf("%s: got %+v", name, site)
		}
		for _, f := range append(slices.Clone(site.Outer), site.Frame) {
			if filepath.IsAbs(f.File) {
				t.Errorf("%s: the path of a machine: %q", name, f.File)
			}
		}
	}
	var outer []string
	for _, f := range inlined(c).Outer {
		outer = append(outer, f.Function[strings.LastIndexByte(f.Function, '.')+1:])
	}
	if got := strings.Join(outer, " < "); got != "here < inlined < TestCallSites" {
		t.Errorf("outer frames: %s", got)
	}
}

func TestLibraryFrameIsTheFallback(t *testing.T) {
	_, _, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("no caller")
	}
	var pcs [8]uintptr
	frames := pcs[:runtime.Callers(1, pcs[:])]
	rule := &skipRule{Options: Options{SkipPackages: []string{"github.com/querybudget/querybudget"}}}
	site, _ := rule.site(frames)
	if site.Library || site.File != "callsite/callsite_test.go" {
		t.Errorf("a test file is the application's: %+v", site)
	}
	site, _ = (&skipRule{}).site(nil)
	if !site.IsZero() || site.Library {
		t.Errorf("no stack: %+v", site)
	}
	if !(*Stack)(nil).CallSite().IsZero() || (*Stack)(nil).Key() != 0 {
		t.Error("a nil stack knows something")
	}
}

func TestStacksAreInterned(t *testing.T) {
	c := &Cache{}
	var seen []*Stack
	for range 3 {
		seen = append(seen, capture(c))
	}
	if seen[0] != seen[1] || seen[1] != seen[2] {
		t.Error("one line gives several stacks")
	}
	if other := capture(c); other == seen[0] || other.Key() == seen[0].Key() {
		t.Error("two lines give one stack")
	}
	// A stack that was pushed out is another pointer and the same call site.
	first := c.intern([]uintptr{1})
	for i := range uintptr(maxSets * setPlaces * 4) {
		c.intern([]uintptr{i + 2})
	}
	if again := c.intern([]uintptr{1}); again == first {
		t.Error("nothing was pushed out: the test is too small")
	}
}

func TestFrameString(t *testing.T) {
	f := Frame{Function: "example.com/shop/store.(*Books).List", File: "store/books.go", Line: 47}
	if got := f.String(); got != "store/books.go:47 store.(*Books).List" {
		t.Errorf("got %q", got)
	}
	if got := (Frame{Function: "f"}).String(); got != "f" {
		t.Errorf("got %q", got)
	}
}

// A table starts small, grows while sets are full, keeps what it has when it does,
// and stops at its bound.
func TestTableGrows(t *testing.T) {
	type entry struct{ hash uint64 }
	hashOf := func(e *entry) uint64 { return e.hash }
	var table table[entry]
	if table.set(1) != nil {
		t.Error("an empty table has a set")
	}
	var all []*entry
	for i := range uint64(300) {
		all = append(all, &entry{i * 0x9e3779b97f4a7c15 >> 20})
		table.put(all[i].hash, all[i], hashOf)
		if i == 2 && len(*table.sets.Load()) > fewSets {
			t.Errorf("%d sets for three entries", len(*table.sets.Load()))
		}
	}
	has := func(e *entry) bool {
		s := table.set(e.hash)
		for i := range s.places {
			if s.places[i].Load() == e {
				return true
			}
		}
		return false
	}
	for i, e := range all {
		if !has(e) {
			t.Errorf("entry %d was lost while there was room", i)
		}
	}
	for i := range uint64(3 * maxSets * setPlaces) {
		e := &entry{i * 0x9e3779b97f4a7c15 >> 20}
		if table.put(e.hash, e, hashOf); !has(e) {
			t.Fatalf("entry %d is not there at once", i)
		}
	}
	if n := len(*table.sets.Load()); n != maxSets {
		t.Errorf("%d sets, the bound is %d", n, maxSets)
	}
}
