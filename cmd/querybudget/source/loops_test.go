package source

import (
	"slices"
	"testing"

	"github.com/querybudget/querybudget/callsite"
)

// Loops that end count: an endless one takes one piece of work after the other.
func TestLoopsOf(t *testing.T) {
	const text = `package shop

func (w *worker) run(ids []int) {
	for {
		for _, id := range ids {
			send(id)
		}
	}
	for range w.ticker.C {
		send(1)
	}
	for rows.Next() {
		send(2)
	}
	ids = slices.DeleteFunc(ids, func(id int) bool {
		return send(id)
	})
	slices.Sort(ids)
	parallel.Do(ctx, 2, count, func(ctx context.Context, i int) error {
		return send(ids[i])
	})
	retry.Do(3, func(i int) error {
		return send(1)
	})
}
`
	s := New()
	s.Read("example.com/shop", "example.com/shop/shop.go", "", text)
	got := s.Loops["example.com/shop/shop.go"]
	if !slices.Equal(got, [][2]int{{5, 7}, {12, 14}, {15, 17}, {19, 21}}) {
		t.Errorf("got %v", got)
	}
	for line, want := range map[int]bool{4: false, 6: true, 10: false, 13: true, 20: true, 23: false} {
		if s.Loops.Has(callsite.Frame{Function: "example.com/shop.(*worker).run", File: "shop.go", Line: line}) != want {
			t.Errorf("line %d: want %t", line, want)
		}
	}
	inlined := callsite.Frame{Function: "example.com/shop_test.TestRun.(*worker).run.func1", File: "store/shop.go", Line: 6}
	s.Loops["example.com/shop/store/shop.go"] = got
	if !s.Loops.Has(inlined) || s.Loops.Has(callsite.Frame{Function: inlined.Function, File: "other/shop.go", Line: 6}) {
		t.Error("a closure that was inlined into a test is looked for in the file of the test's package")
	}
	delete(s.Loops, "example.com/shop/store/shop.go")
	if s.Read("shop", "shop/broken.go", "", "package"); len(s.Loops) > 1 {
		t.Error("a file that cannot be parsed has loops")
	}
}
