package budget

import "slices"

// fewArguments is the number of different argument lists that each group tells
// apart by itself. It is more than the thresholds need.
const fewArguments = 8

// argumentSet counts different keys (record.key), which are argument lists as a rule: the first few by itself, and more
// as long as the unit remembers its reads. Most groups have one.
type argumentSet struct {
	first    uint64
	more     *[fewArguments - 1]uint64
	distinct int64
}

// add takes note of a query's arguments. Fresh says that the unit has not seen them.
func (s *argumentSet) add(rec *record, fresh bool) {
	key, isList := rec.key()
	fresh = fresh && isList
	h := key | 1<<63 // never 0
	if fresh || !s.has(h) {
		s.insert(h, fresh)
	}
}

// insert adds a list that is not among the few. Of those that find no room there,
// the fresh ones count.
func (s *argumentSet) insert(h uint64, fresh bool) {
	switch n := s.distinct; {
	case n == 0:
		s.first = h
	case n < fewArguments:
		if s.more == nil {
			s.more = new([fewArguments - 1]uint64)
		}
		s.more[n-1] = h
	case !fresh:
		return
	}
	s.distinct++
}

func (s *argumentSet) has(h uint64) bool {
	return s.first == h || s.more != nil && slices.Contains(s.more[:], h)
}

// with returns how many different lists there would be with those of a query, of
// which no more than the few are told apart.
func (s *argumentSet) with(rec *record) int64 {
	key, _ := rec.key()
	h := key | 1<<63
	if s.distinct >= fewArguments || s.has(h) {
		return s.distinct
	}
	return s.distinct + 1
}

// join adds the lists of another set of the same call site.
func (s *argumentSet) join(other *argumentSet) {
	few := min(other.distinct, fewArguments)
	for i := range few {
		h := other.first
		if i > 0 {
			h = other.more[i-1]
		}
		if !s.has(h) {
			s.insert(h, true)
		}
	}
	s.distinct += other.distinct - few
}
