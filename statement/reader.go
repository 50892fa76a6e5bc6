package statement

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Reader turns texts into statements of one dialect, and remembers the texts it
// read. It starts small and grows to a fixed number of places; a text that is known
// takes no lock. Texts without parameters that differ each time push one another
// out. It is safe for concurrent use.
type Reader struct {
	dialect   Dialect
	hasher    *Hasher
	functions functions
	max       int // bytes of a shape
	growing   sync.Mutex
	places    atomic.Pointer[places]
	long      atomic.Pointer[longTexts] // nil before the first one
	check     maphash.Seed
}

const (
	waysOfSet = 4
	fewSets   = 8
	maxSets   = 512 // a power of four times fewSets
	// maxKept is the longest text that is kept, in bytes. Of longer ones the statements
	// are remembered.
	maxKept = 4096
)

// places is the memory of a reader: sets of texts that are found by a hash. Constants
// are places for the texts that are written in the source: each has one address,
// which tells the place for less than a hash of the text does.
type places struct {
	sets      []textSet
	constants []atomic.Pointer[known]
}

type textSet struct {
	ways [waysOfSet]atomic.Pointer[known]
	next atomic.Uint32
}

// known is a text that was read.
type known struct {
	text      string  // a copy: some libraries use the memory again
	address   uintptr // of the text itself
	statement *Statement
}

// NewReader returns a reader whose shapes are cut to shapeBytes bytes. Literals are
// told apart with h. A SELECT that calls a function which is not known may change data,
// and is a [Write]; pureFunctions are the names of those that change none, and give the
// same answer as long as the statement's tables are the same. A schema and the case of
// letters do not count.
func NewReader(d Dialect, h *Hasher, shapeBytes int, pureFunctions ...string) *Reader {
	r := &Reader{
		dialect: d.known(), hasher: h, functions: newFunctions(pureFunctions), max: shapeBytes, check: maphash.MakeSeed(),
	}
	r.places.Store(newPlaces(fewSets))
	return r
}

func newPlaces(sets int) *places {
	return &places{make([]textSet, sets), make([]atomic.Pointer[known], sets)}
}

// Read reads a statement.
func (r *Reader) Read(text string) *Statement {
	if len(text) > maxKept {
		return r.readLong(text)
	}
	p := r.places.Load()
	address := uintptr(unsafe.Pointer(unsafe.StringData(text)))
	constant := &p.constants[(address^address>>12)/8&uintptr(len(p.constants)-1)]
	if k := constant.Load(); k != nil && k.text == text {
		return k.statement
	}
	k := r.find(p, text, address)
	if k.address == address {
		constant.Store(k)
	}
	return k.statement
}

func (r *Reader) find(p *places, text string, address uintptr) *known {
	hash := maphash.String(r.hasher.seed, text)
	set := &p.sets[hash&uint64(len(p.sets)-1)]
	for i := range set.ways {
		if k := set.ways[i].Load(); k != nil && k.text == text {
			return k
		}
	}
	own := strings.Clone(text)
	k := &known{own, address, r.read(own)}
	if set.next.Load() >= waysOfSet && len(p.sets) < maxSets {
		p = r.grow(p)
		set = &p.sets[hash&uint64(len(p.sets)-1)]
	}
	set.add(k)
	return k
}

func (s *textSet) add(k *known) { s.ways[(s.next.Add(1)-1)%waysOfSet].Store(k) }

// grow makes four times as many places. What another goroutine adds meanwhile may be
// lost, and is then read again.
func (r *Reader) grow(old *places) *places {
	r.growing.Lock()
	defer r.growing.Unlock()
	if now := r.places.Load(); now != old {
		return now
	}
	p := newPlaces(4 * len(old.sets))
	for i := range old.sets {
		for j := range old.sets[i].ways {
			if k := old.sets[i].ways[j].Load(); k != nil {
				p.sets[maphash.String(r.hasher.seed, k.text)&uint64(len(p.sets)-1)].add(k)
			}
		}
	}
	r.places.Store(p)
	return p
}
