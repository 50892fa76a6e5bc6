package budget

import (
	"math/rand/v2"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// Whatever comes in whatever order, up to fewArguments lists are told apart for
// sure, and more as far as they are known to be new.
func TestArgumentSets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	o := &origin{statement: &statement.Statement{}}
	for round := range 2000 {
		kinds := uint64(1 + round%30)
		sets, seen := [2]argumentSet{}, [2]map[uint64]bool{{}, {}}
		all := map[uint64]bool{}
		for range 40 {
			i, rec := random.IntN(2), &record{origin: o, arguments: random.Uint64N(kinds)}
			fresh := !all[rec.arguments] && random.IntN(4) > 0 // the unit may have forgotten
			if got, want := sets[i].with(rec), min(len(seen[i])+1, fewArguments); !seen[i][rec.arguments] && int(min(got, fewArguments)) != want {
				t.Fatalf("with one more: %d, want %d", got, want)
			}
			sets[i].add(rec, fresh)
			seen[i][rec.arguments], all[rec.arguments] = true, true
		}
		for i := range sets {
			want := int64(len(seen[i]))
			if got := sets[i].distinct; got > want || got < min(want, fewArguments) {
				t.Fatalf("%d lists counted as %d", want, got)
			}
		}
		before := sets[1]
		sets[0].join(&sets[1])
		if got, want := sets[0].distinct, int64(len(all)); got < min(want, fewArguments) || want <= fewArguments && got != want {
			t.Fatalf("%d lists of both counted as %d", want, got)
		}
		if before != sets[1] {
			t.Fatal("joining changed the other set")
		}
	}
}

func TestArgumentSetsCountWhatIsNew(t *testing.T) {
	o := &origin{statement: &statement.Statement{}}
	var s argumentSet
	for i := range 20 {
		s.add(&record{origin: o, arguments: uint64(i)}, true)
	}
	if s.distinct != 20 {
		t.Errorf("%d distinct", s.distinct)
	}
	var joined argumentSet
	if joined.join(&s); joined.distinct != 20 {
		t.Errorf("joined to none: %d", joined.distinct)
	}
	same := s
	same.join(&argumentSet{first: s.first, more: s.more, distinct: fewArguments})
	if same.distinct != 20 {
		t.Errorf("the same ones joined: %d", same.distinct)
	}
}
