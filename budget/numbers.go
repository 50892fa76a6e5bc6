package budget

import "slices"

// number numbers hashes, equal ones with equal numbers.
func (b *builder) number(hash uint64, unknown bool) int {
	if unknown {
		return 0
	}
	return b.numbers.of(hash)
}

// numbers numbers hashes in the order in which they come, from 1. A map takes over
// where there are many.
type numbers struct {
	few  []uint64
	many map[uint64]int
}

const fewNumbers = 64

func (n *numbers) of(hash uint64) int {
	if n.many == nil {
		if i := slices.Index(n.few, hash); i >= 0 {
			return i + 1
		}
		if len(n.few) < fewNumbers {
			if n.few == nil {
				n.few = make([]uint64, 0, fewNumbers)
			}
			n.few = append(n.few, hash)
			return len(n.few)
		}
		n.many = make(map[uint64]int, 2*fewNumbers)
		for i, few := range n.few {
			n.many[few] = i + 1
		}
	}
	number := n.many[hash]
	if number == 0 {
		number = len(n.many) + 1
		n.many[hash] = number
	}
	return number
}
