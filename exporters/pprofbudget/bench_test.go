package pprofbudget_test

import (
	"context"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
	"github.com/querybudget/querybudget/statement"
)

// BenchmarkRequest is a request of 16 queries of 4 statements in which nothing is found,
// without a database: with a reporter that needs totals, one that needs everything, and a
// profile.
func BenchmarkRequest(b *testing.B) {
	b.Run("totals", func(b *testing.B) { benchmark(b, quick{budget.WhatIsFound}) })
	b.Run("everything", func(b *testing.B) { benchmark(b, quick{budget.Everything}) })
	b.Run("profile", func(b *testing.B) { benchmark(b, pprofbudget.New(pprofbudget.Options{})) })
}

type quick struct{ content budget.Content }

func (quick) Report(context.Context, *budget.Report) {}

func (q quick) Needs() budget.Needs { return budget.Needs{Content: q.content, Quick: true} }

func benchmark(b *testing.B, reporter budget.Reporter) {
	database := budget.NewDatabase(budget.DatabaseOptions{System: "postgresql"})
	reader := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048)
	var calls []budget.Call
	for _, sql := range []string{"SELECT id FROM a", "SELECT id FROM b", "SELECT id FROM c", "SELECT id FROM d"} {
		calls = append(calls, budget.Call{Database: database, Statement: reader.Read(sql), Stack: callsite.Take()})
	}
	d := budget.Delivery{Reporters: []budget.Reporter{reporter}}
	b.ReportAllocs()
	for b.Loop() {
		ctx, r := budget.NewContext(context.Background())
		r.SetRoute(budget.Route{Method: "GET", Pattern: "/authors"})
		d.Begin(ctx, r)
		for i := range 16 {
			c := calls[i%4]
			c.Arguments.List = uint64(i)
			x, err := r.Start(c)
			if err != nil {
				b.Fatal(err)
			}
			x.Open()
			x.Close(7, nil)
		}
		d.End(ctx, r)
	}
}
