package summary

import (
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// A piece of work for each item has a transaction of its own, with more than the read in it.
func TestIsItemByItem(t *testing.T) {
	read := statement.NewReader("", statement.NewHasher(), 1000)
	run, config := read.Read("SELECT phase FROM runs WHERE id = ?"), read.Read("SELECT name FROM configs WHERE id = ?")
	for _, test := range []struct {
		name         string
		transactions []int // of the reads
		others       []int // of what else is sent
		want         bool
	}{
		{"more in each", []int{1, 2, 3}, []int{1, 2, 3}, true},
		{"more in most", []int{1, 2, 3}, []int{1, 3}, true},
		{"a store that begins one for each read", []int{1, 2, 3}, []int{4}, false},
		{"two of one transaction", []int{1, 1, 3}, []int{1, 3}, false},
		{"one outside", []int{1, 0, 3}, []int{1, 3}, false},
		{"one that the report leaves out", []int{1, 3}, []int{1, 3}, false},
	} {
		u := &Unit{Report: budget.Report{Groups: []budget.Group{{Statement: run}, {Statement: config}}}}
		for _, n := range test.transactions {
			u.Queries = append(u.Queries, budget.Query{Statement: run, Transaction: n})
		}
		for _, n := range test.others {
			u.Queries = append(u.Queries, budget.Query{Statement: config, Group: 1, Transaction: n})
		}
		if got := isItemByItem(u, &budget.Finding{Kind: budget.NPlusOne, Shape: run.Shape, Count: 3, InTransaction: true}); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
	u := &Unit{Report: budget.Report{Groups: []budget.Group{{Statement: run}}}}
	for i := range 3 {
		tenant := budget.Query{Statement: read.Read("SELECT set_config('app.tenant', ?, true)"), Group: 99, Transaction: i + 1}
		u.Queries = append(u.Queries, tenant, budget.Query{Statement: run, Transaction: i + 1})
	}
	if isItemByItem(u, &budget.Finding{Kind: budget.NPlusOne, Shape: run.Shape, Count: 3, InTransaction: true}) {
		t.Error("a store that names its tenant is taken for a piece of work")
	}
	work := seen{byItem: true, worst: budget.Finding{Kind: budget.NPlusOne, Parent: &budget.Related{}}}
	if !work.isHint() {
		t.Error("a piece of work for each item is listed among the findings")
	}
	work.with = []*seen{{byItself: true, worst: budget.Finding{Kind: budget.WriteLoop}}}
	if !work.isHint() {
		t.Error("what it writes in another transaction of its own makes it none")
	}
	work.merge(&seen{})
	if work.isHint() {
		t.Error("another unit shows that it is none")
	}
}
