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
	got := loopsOf("shop.go", text)
	if !slices.Equal(got, [][2]int{{5, 7}, {12, 14}}) {
		t.Errorf("got %v", got)
	}
	l := loops{"example.com/shop/shop.go": got}
	for line, want := range map[int]bool{4: false, 6: true, 10: false, 13: true} {
		if l.has(callsite.Frame{Function: "example.com/shop.(*worker).run", File: "shop.go", Line: line}) != want {
			t.Errorf("line %d: want %t", line, want)
		}
	}
	if loopsOf("shop.go", "package") != nil {
		t.Error("a file that cannot be parsed has loops")
	}
}
