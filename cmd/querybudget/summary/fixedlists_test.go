package summary

import (
	"fmt"
	"slices"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/source"
)

// All loops around a statement have to go over such lists, in all functions of the stack.
func TestIsOfFixedList(t *testing.T) {
	at := func(lines ...int) (frames []callsite.Frame) {
		for i, line := range lines {
			frames = append(frames, callsite.Frame{Function: fmt.Sprintf("shop.f%d", i), File: "shop.go", Line: line})
		}
		return frames
	}
	s := &Summary{
		loops:      source.Spans{"shop/shop.go": {{10, 19}, {30, 39}, {33, 36}}},
		fixedLists: source.FixedLoops{"shop/shop.go": {{10, 19, 3}, {33, 36, 2}}},
	}
	for _, c := range []struct {
		kind   budget.FindingKind
		count  int64
		frames []callsite.Frame
		want   bool
	}{
		{budget.WriteLoop, 3, at(12), true},
		{budget.NPlusOne, 3, at(50, 12, 60), true},
		{budget.WriteLoop, 4, at(12), false}, // something else goes around it
		{budget.WriteLoop, 3, at(50), false},
		{budget.WriteLoop, 3, at(34), false},
		{budget.WriteLoop, 3, at(12, 31), false},
		{budget.WriteLoop, manyTimes, at(12), false},
		{budget.Duplicate, 3, at(12), false},
	} {
		f := &seen{worst: budget.Finding{Kind: c.kind, Count: c.count}, frames: c.frames}
		if got := s.isOfFixedList(f); got != c.want {
			t.Errorf("%s %d times at %v: got %t", c.kind, c.count, c.frames, got)
		}
	}
	few := seen{ofList: true}
	if few.add(&seen{}); few.ofList || !slices.ContainsFunc(reasons, func(r *reason) bool { return r.is(&seen{ofList: true}) }) {
		t.Error("what another loop sends, too, is not of a list")
	}
}
