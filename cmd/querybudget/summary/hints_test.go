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

// What is committed one by one, and what a walk reads, are hints.
func TestWritesOneByOneAndWalks(t *testing.T) {
	parent := &budget.Related{}
	write := func(with ...*seen) *seen {
		return &seen{worst: budget.Finding{Kind: budget.WriteLoop, Parent: parent}, byItself: true, units: 9, with: with}
	}
	together := &seen{worst: budget.Finding{Kind: budget.WriteLoop, Parent: parent}, units: 9}
	read := &seen{worst: budget.Finding{Kind: budget.NPlusOne, Parent: parent}, units: 1}
	for _, test := range []struct {
		name string
		f    *seen
		want bool
	}{
		{"writes", write(), true},
		{"with another statement", write(write()), true},
		{"with another statement, in one transaction", write(together), false},
		{"with reads", write(read), false},
		{"in one transaction", together, false},
		{"reads", read, false},
		{"a function that calls itself", &seen{worst: budget.Finding{Kind: budget.NPlusOne, Parent: parent}, own: stack("get:1 < walk:5 < walk:5")}, true},
		{"and goes through rows", &seen{worst: budget.Finding{Kind: budget.NPlusOne, Parent: parent, Confidence: budget.Proven}, own: stack("get:1 < walk:5 < walk:5")}, false},
		{"a walk", &seen{worst: budget.Finding{Kind: budget.NPlusOne, Parent: parent, Walk: true}, units: 9}, true},
	} {
		if got := test.f.isHint(); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
	merged := write()
	merged.merge(&seen{})
	if merged.isHint() {
		t.Error("another line of the loop writes several items in a transaction")
	}
}

// A report that leaves out its queries does not tell which transactions they were in.
func TestIsCommittedOneByOneWithoutQueries(t *testing.T) {
	update := statement.NewReader("", statement.NewHasher(), 100).Read("UPDATE a SET b = 1 WHERE id = ?")
	u := &Unit{Report: budget.Report{Groups: []budget.Group{{Statement: update}}}}
	if isCommittedOneByOne(u, &budget.Finding{Kind: budget.WriteLoop, Shape: update.Shape, InTransaction: true}) {
		t.Error("one transaction may have them all")
	}
}

// Writes of one transaction can be one statement; those that are committed one by one may be on purpose.
func TestIsCommittedOneByOne(t *testing.T) {
	read := statement.NewReader("", statement.NewHasher(), 100)
	update, other := read.Read("UPDATE a SET b = 1 WHERE id = ?"), read.Read("SELECT b FROM a WHERE id = ?")
	for _, test := range []struct {
		name         string
		kind         budget.FindingKind
		of           *statement.Statement
		transactions []int
		want         bool
	}{
		{"without transactions", budget.WriteLoop, update, nil, true},
		{"one for each", budget.WriteLoop, update, []int{1, 2, 3}, true},
		{"one for all", budget.WriteLoop, update, []int{1, 1, 1}, false},
		{"a function that may write", budget.NPlusOne, read.Read("SELECT delete_system(?)"), nil, true},
		{"reads", budget.NPlusOne, other, nil, false},
	} {
		u := &Unit{Report: budget.Report{Groups: []budget.Group{{Statement: test.of}, {Statement: other}}}}
		for _, n := range test.transactions {
			u.Queries = append(u.Queries, budget.Query{Statement: other, Group: 1, Transaction: 1}, budget.Query{Statement: test.of, Transaction: n})
		}
		if got := isCommittedOneByOne(u, &budget.Finding{Kind: test.kind, Shape: test.of.Shape}); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}
