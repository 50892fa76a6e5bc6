package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
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

// The report of a request, and its record in a log.
func BenchmarkReport(b *testing.B) {
	logger := slogbudget.Options{Level: slog.LevelInfo}.Reporter(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	for _, different := range []int{1, 5, perRequest} {
		ctx, r := budget.NewContext(context.Background())
		db := openWrapped(fakeDriver{}, "")
		for n := range perRequest {
			var id int64
			if err := db.QueryRowContext(ctx, statements[n%different], n).Scan(&id); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("build/%d statements", different), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Report()
			}
		})
		b.Run(fmt.Sprintf("log/%d statements", different), func(b *testing.B) {
			b.ReportAllocs()
			report := r.Report()
			for b.Loop() {
				logger.Report(ctx, report)
			}
		})
		_ = db.Close()
	}
}
