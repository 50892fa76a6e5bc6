package statement

import (
	"hash/maphash"
	"sync/atomic"
)

const (
	longSets = 32
	// maxLongBytes bounds what is kept of all long texts, in bytes.
	maxLongBytes = 1 << 20
)

// longTexts remembers the statements of long texts, and not the texts: two hashes and
// the length tell them apart.
type longTexts [longSets]longSet

type longSet struct {
	ways [waysOfSet]atomic.Pointer[longText]
	next atomic.Uint32
}

type longText struct {
	key       longKey
	statement *Statement
}

type longKey struct {
	hash, check uint64
	length      int
}

// readLong reads a text that is too long to be kept.
func (r *Reader) readLong(text string) *Statement {
	known := r.long.Load()
	if known == nil {
		known = new(longTexts)
		if !r.long.CompareAndSwap(nil, known) {
			known = r.long.Load()
		}
	}
	key := longKey{maphash.String(r.hasher.seed, text), maphash.String(r.check, text), len(text)}
	set := &known[key.hash%longSets]
	for i := range set.ways {
		if l := set.ways[i].Load(); l != nil && l.key == key {
			return l.statement
		}
	}
	st := r.read(text)
	if st.size() <= maxLongBytes/(longSets*waysOfSet) {
		set.ways[(set.next.Add(1)-1)%waysOfSet].Store(&longText{key, st})
	}
	return st
}

// size returns the length of all texts of a statement, in bytes.
func (s *Statement) size() int {
	n := len(s.Shape) + len(s.Summary) + len(s.Verb)
	for _, names := range [][]string{s.Tables, s.Keys, s.Sets} {
		for _, name := range names {
			n += len(name)
		}
	}
	for _, v := range s.assigned {
		n += len(v.name)
	}
	return n
}
