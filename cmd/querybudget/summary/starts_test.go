package summary

import (
	"fmt"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// A helper that opens a database is what starts tests, if enough of them go on after it. A test of the
// start is one, too.
func TestStarts(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}, starts: starts{}}
	start := func(tests int) {
		for i := range tests {
			name := fmt.Sprint("Test", i)
			s.starts.add(&Unit{Test: name, Opener: "newShop"})
			s.starts.add(&Unit{Test: name, Opener: "newShop"})
			s.starts.add(&Unit{Test: name + "/one"})
			s.starts.add(&Unit{Test: name + "OfAll", Opener: "allOf"}) // nothing follows
		}
	}
	loop := func(shape, at string, calls int64, openers map[string]int64) {
		f := s.repeated(shape, at, 5, calls)
		f.worst.Kind, f.openers = budget.WriteLoop, openers
	}
	loop("INSERT a", "roles:1 < install:2 < begin:3", 18, map[string]int64{"newShop": 18})
	loop("INSERT a", "roles:1 < install:2", 2, nil)
	loop("INSERT a", "roles:1 < import:2", 2, nil)
	loop("INSERT b", "users:1 < install:3", 18, map[string]int64{"newShop": 9})
	loop("INSERT c", "users:2", 9, map[string]int64{"allOf": 9})
	start(startTests - 1)
	s.leaveOutSetUp()
	if s.leftOut != 0 {
		t.Errorf("%d of few tests are left out", s.leftOut)
	}
	start(startTests)
	s.leaveOutSetUp()
	if s.leftOut != 2 || len(s.findings) != 3 {
		t.Errorf("%d are left out, %d are left", s.leftOut, len(s.findings))
	}
}
