package summary

import (
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// Where a finding and a hint are in one place, a gate looks at the finding: its count and its line.
func TestResultOfHints(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	s.repeated("SELECT a", "get:1 < list:5", 25, 9)
	s.repeated("SELECT a", "get:2 < list:6", 2, 1).inLoop = true
	s.repeated("SELECT b", "get:3 < list:7", 4, 9)
	r := s.Result()
	if len(r.Entries) != 2 {
		t.Fatalf("%d entries", len(r.Entries))
	}
	for _, e := range r.Entries {
		if isFinding := e.Shape == "SELECT a"; isFinding != e.Gates() || isFinding && (e.Count != 2 || e.Line != 2) || !isFinding && e.Confidence != budget.Hint {
			t.Errorf("%+v", e)
		}
	}
}

// What few calls write in a loop, and what a walk reads, are hints.
func TestSeldomWritesAndWalks(t *testing.T) {
	parent := &budget.Related{}
	write := func(units int64) *seen {
		return &seen{worst: budget.Finding{Kind: budget.WriteLoop, Parent: parent}, writes: true, units: units}
	}
	read := &seen{worst: budget.Finding{Kind: budget.NPlusOne, Parent: parent}, units: 1}
	for _, test := range []struct {
		name string
		f    *seen
		want bool
	}{
		{"writes in one call", write(1), true},
		{"in three", write(3), true},
		{"in four", write(4), false},
		{"with another statement in one", func() *seen { f := write(1); f.with = []*seen{write(1)}; return f }(), true},
		{"with another statement in many", func() *seen { f := write(1); f.with = []*seen{write(9)}; return f }(), false},
		{"with reads", func() *seen { f := write(1); f.with = []*seen{read}; return f }(), false},
		{"reads in one call", read, false},
		{"a walk", &seen{worst: budget.Finding{Kind: budget.NPlusOne, Parent: parent, Walk: true}, units: 9}, true},
	} {
		if got := test.f.isHint(); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
	merged := write(2)
	merged.merge(write(2))
	if merged.isHint() {
		t.Error("two lines of one loop are in four calls together")
	}
	call := statement.NewReader("", statement.NewHasher(), 100).Read("SELECT delete_system(?)")
	u := &Unit{Report: budget.Report{Groups: []budget.Group{{Statement: call}}}}
	if !isOfWrites(u, &budget.Finding{Kind: budget.NPlusOne, Shape: call.Shape}) {
		t.Error("a function of the database may write")
	}
}
