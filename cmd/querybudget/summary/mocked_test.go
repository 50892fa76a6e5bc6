package summary

import (
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/source"
)

// What is read again behind a call that a mock stands for may have changed.
func TestIsMocked(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}, mocks: source.MockCalls{
		"example.com/shop/install.go": {{12, 1, 30}}, "example.com/shop/refresh.go": {{12, 1, 30}},
	}}
	s.passed.lines = map[callsite.Frame]*passedBy{{Function: "example.com/shop.list", File: "list.go", Line: 6}: {}}
	s.mocks["example.com/shop/list.go"] = [][3]int{{6, 1, 30}} // that one sends queries
	for _, c := range []struct {
		before, again string
		want          bool
	}{
		{"load:1 < install:10 < serve:3", "load:1 < install:14 < serve:3", true},
		{"load:1 < install:13 < serve:3", "load:1 < install:14 < serve:3", false},
		{"load:1 < install:10 < serve:3", "load:1 < install:11 < serve:3", false},
		{"load:1 < refresh:10 < list:5 < serve:3", "load:1 < list:7 < serve:3", true},
		{"load:1 < refresh:14 < list:5 < serve:3", "load:1 < list:7 < serve:3", false},
		{"load:1 < list:5 < serve:3", "load:1 < refresh:14 < list:7 < serve:3", true},
		{"load:1 < list:5 < serve:3", "load:1 < list:7 < serve:3", false},
		{"load:1 < other:10 < serve:3", "load:1 < install:14 < serve:3", false},
	} {
		f := s.twice(t, "SELECT a", c.again, c.before)
		f.worst.Kind = budget.Duplicate
		if got := s.isMocked(f); got != c.want {
			t.Errorf("%s, and then %s: got %t", c.before, c.again, got)
		}
	}
	if f := (&seen{mocked: true}); f.reason() == nil {
		t.Error("it is listed")
	}
}
