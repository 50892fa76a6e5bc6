package summary

import (
	"testing"

	"github.com/querybudget/querybudget/budget"
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
