package explain

import (
	"fmt"
	"hash/maphash"
	"strconv"
)

// multiset counts rows by their hashes: no value is kept.
type multiset struct {
	seed   maphash.Seed // the same for those that are compared
	counts map[uint64]int
	rows   int
}

func newMultiset(seed maphash.Seed) *multiset { return &multiset{seed: seed, counts: map[uint64]int{}} }

// add adds rows, with the values at some places or with all.
func (m *multiset) add(rows [][]any, places []int) {
	for _, row := range rows {
		m.rows++
		m.counts[m.hash(row, places)]++
	}
}

func (m *multiset) hash(row []any, places []int) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	write := func(v any) {
		text := asText(v)
		if v == nil {
			text = "NULL" // the length tells it from the text
		}
		_, _ = h.WriteString(strconv.Itoa(len(asText(v))) + ":" + text) // it never fails
	}
	if places == nil {
		for _, v := range row {
			write(v)
		}
	}
	for _, i := range places {
		write(row[i])
	}
	return h.Sum64()
}

// difference says in what two multisets differ, empty if they do not.
func (m *multiset) difference(o *multiset) string {
	missing, more := 0, 0
	for h, n := range m.counts {
		missing += max(0, n-o.counts[h])
	}
	for h, n := range o.counts {
		more += max(0, n-m.counts[h])
	}
	if missing+more == 0 {
		return ""
	}
	return fmt.Sprintf("of the %d rows of the loop it lacks %d, and has %d others", m.rows, missing, more)
}
