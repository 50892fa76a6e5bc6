package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// Every operation with every subject, for profiles, and so that none can rot.
func BenchmarkOperations(b *testing.B) {
	for _, op := range operations() {
		for _, s := range subjects() {
			b.Run(op.name+"/"+s.name, func(b *testing.B) {
				t, err := newTrial(s, op, fakeDriver{}, "")
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				if err := t.block(b.N); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func BenchmarkReport(b *testing.B) {
	ctx, r := budget.NewContext(context.Background())
	db := openWrapped(fakeDriver{}, "")
	for n := range perRequest {
		var id int64
		if err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT c%d FROM books WHERE id = $1", n%5), n).Scan(&id); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Report()
	}
}
