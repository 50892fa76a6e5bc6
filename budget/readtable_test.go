package budget

import (
	"math/rand/v2"
	"testing"
)

func TestReadTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var table readTable
	want := map[uint64]uint32{}
	for range 5000 {
		// Many in a row, which have to go on to the next place.
		hash := random.Uint64N(3000)<<1 | 1
		if random.IntN(4) == 0 {
			hash = random.Uint64() | 1
		}
		clock := random.Uint32()
		if e := table.look(hash); e.hash == hash {
			e.clock = clock
		} else {
			table.add(e, hash, clock, 0)
		}
		want[hash] = clock
	}
	if table.n != len(want) {
		t.Errorf("%d entries, want %d", table.n, len(want))
	}
	for hash, clock := range want {
		if e := table.find(hash); e == nil || e.clock != clock {
			t.Fatalf("%d: got %v, want %d", hash, e, clock)
		}
		if e := table.find(hash ^ 1<<40); e != nil && want[hash^1<<40] == 0 {
			t.Fatalf("%d was never added", hash^1<<40)
		}
	}
}
