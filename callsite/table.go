package callsite

import (
	"sync"
	"sync/atomic"
)

// table finds entries by their hashes without a lock. It has sets of a few places;
// when a set is full, there are four times as many sets, up to a bound, and from
// then on a new entry pushes another one out. What two goroutines add at a time may
// be lost: it is a cache.
type table[E any] struct {
	sets    atomic.Pointer[[]set[E]]
	growing sync.Mutex
}

type set[E any] struct {
	places [setPlaces]atomic.Pointer[E]
	next   atomic.Uint32
}

const (
	setPlaces = 4
	fewSets   = 4
	maxSets   = 1024 // a power of four times fewSets
)

// set returns the set where an entry is, if it is anywhere. It is nil for an empty
// table.
func (t *table[E]) set(hash uint64) *set[E] {
	sets := t.sets.Load()
	if sets == nil {
		return nil
	}
	return &(*sets)[hash&uint64(len(*sets)-1)]
}

// put adds an entry that is not there.
func (t *table[E]) put(hash uint64, e *E, hashOf func(*E) uint64) {
	s := t.set(hash)
	for s == nil || s.isFull() && t.mayGrow() {
		t.grow(hashOf)
		s = t.set(hash)
	}
	s.places[(s.next.Add(1)-1)%setPlaces].Store(e)
}

func (s *set[E]) isFull() bool { return s.next.Load() >= setPlaces }

func (t *table[E]) mayGrow() bool { return len(*t.sets.Load()) < maxSets }

// grow makes more sets. It may find that another goroutine just did.
func (t *table[E]) grow(hashOf func(*E) uint64) {
	before := t.sets.Load()
	t.growing.Lock()
	defer t.growing.Unlock()
	old := t.sets.Load()
	if old != before {
		return
	}
	if old == nil {
		sets := make([]set[E], fewSets)
		t.sets.Store(&sets)
		return
	}
	sets := make([]set[E], 4*len(*old))
	for i := range *old {
		for j := range (*old)[i].places {
			if e := (*old)[i].places[j].Load(); e != nil {
				s := &sets[hashOf(e)&uint64(len(sets)-1)]
				s.places[(s.next.Add(1)-1)%setPlaces].Store(e)
			}
		}
	}
	t.sets.Store(&sets)
}
