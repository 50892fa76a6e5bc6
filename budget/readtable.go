package budget

// readTable maps the hashes of reads to the write clock when they were last made. A
// map does the same with five allocations for a request of twenty reads, where this
// has one or two: it is what a unit writes most.
type readTable struct {
	places []readPlace // a power of two of them, at most three quarters full
	n      int
}

type readPlace struct {
	hash        uint64 // 0: empty
	clock       uint32
	repeated    uint16 // since the answer was last a new one, at most maxRepeated
	transaction uint16 // in which it was last read, see transactionOf
}

const fewReads = 32

// find returns the place of a hash, nil if there is none. It is good until the next
// look.
func (t *readTable) find(hash uint64) *readPlace {
	if t.n == 0 {
		return nil
	}
	if p := t.place(hash); p.hash == hash {
		return p
	}
	return nil
}

// look returns the place of a hash, or where it may be added. It is good until the
// next look.
func (t *readTable) look(hash uint64) *readPlace {
	if 4*(t.n+1) > 3*len(t.places) {
		old := t.places
		t.places = make([]readPlace, max(fewReads, 2*len(old)))
		for _, p := range old {
			if p.hash != 0 {
				*t.place(p.hash) = p
			}
		}
	}
	return t.place(hash)
}

// add takes note of a hash that is not there, in the place that look returned.
func (t *readTable) add(p *readPlace, hash uint64, clock uint32, transaction uint16) {
	*p = readPlace{hash: hash, clock: clock, transaction: transaction}
	t.n++
}

// place returns the place of a hash, or the empty one where it belongs.
func (t *readTable) place(hash uint64) *readPlace {
	mask := uint64(len(t.places) - 1)
	for i := hash >> 1; ; i++ { // the lowest bit is always set
		if p := &t.places[i&mask]; p.hash == hash || p.hash == 0 {
			return p
		}
	}
}
