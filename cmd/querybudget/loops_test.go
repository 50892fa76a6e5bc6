package main

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
}
`
	s := newSources()
	s.read("example.com/shop/shop.go", "", text)
	got := s.Loops["example.com/shop/shop.go"]
	if !slices.Equal(got, [][2]int{{5, 7}, {12, 14}}) {
		t.Errorf("got %v", got)
	}
	for line, want := range map[int]bool{4: false, 6: true, 10: false, 13: true} {
		if s.Loops.has(callsite.Frame{Function: "example.com/shop.(*worker).run", File: "shop.go", Line: line}) != want {
			t.Errorf("line %d: want %t", line, want)
		}
	}
	if s.read("shop/broken.go", "", "package"); len(s.Loops) > 1 {
		t.Error("a file that cannot be parsed has loops")
	}
}
