package budget_test

import (
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// BenchmarkTransaction is a transaction of two statements, without a database.
func BenchmarkTransaction(b *testing.B) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	c := &budget.Connection{Watched: true}
	for b.Loop() {
		_, r := budget.NewContext(b.Context())
		tx := d.Began(b.Context(), r, r.Clock(), nil)
		c.Began(&tx)
		for range 2 {
			x, err := r.Start(budget.Call{Database: d, Statement: users, Connection: c})
			if err != nil {
				b.Fatal(err)
			}
			x.End(1, nil)
		}
		tx.Committed(r.Clock(), nil)
		c.Ended()
		c.Released()
	}
}
