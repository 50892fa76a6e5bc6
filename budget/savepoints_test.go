package budget_test

import (
	"context"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// A transaction that one unit has begun, and another one sends in: its savepoints are counted with the
// lock of the first, and read with that of the second.
func TestSavepointsOfTwoUnits(t *testing.T) {
	reader := statement.NewReader("postgresql", statement.NewHasher(), 2048)
	db := budget.NewDatabase(budget.DatabaseOptions{Name: "a", System: "postgresql"})
	ctx, first := budget.Bounds{}.NewContext(t.Context())
	_, second := budget.Bounds{}.NewContext(t.Context())
	var c budget.Connection
	send := func(ctx context.Context, r *budget.Recorder, text string) {
		st := reader.Read(text)
		if x, is := c.StartControl(ctx, db, r, st); is {
			x.End(nil)
			return
		}
		x, err := r.Start(budget.Call{Database: db, Statement: st, Connection: &c})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(1, nil)
	}
	send(ctx, first, "BEGIN")
	send(ctx, second, "SELECT a FROM b")
	var done sync.WaitGroup
	done.Go(func() {
		for range 100 {
			second.Report()
		}
	})
	for range 100 {
		send(ctx, first, "SAVEPOINT s")
	}
	done.Wait()
	send(ctx, first, "COMMIT")
}

// One loop sets a savepoint for each item, another one in the same transaction sets none: that is a loop.
func TestSavepointsOfAnotherLoop(t *testing.T) {
	c := newCounter(t, "postgresql")
	send := func(line int, text string, args uint64) {
		st := c.reader.Read(text)
		if x, is := c.conn.StartControl(t.Context(), c.database, c.recorder, st); is {
			x.End(nil)
			return
		}
		site := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "shop.order", File: "orders.go", Line: line}})
		x, err := c.recorder.Start(budget.Call{Database: c.database, Statement: st, Stack: site, Connection: c.conn, Arguments: statement.Arguments{List: args}})
		must(t, err)
		x.End(1, nil)
	}
	send(1, "BEGIN", 0)
	for i := range 12 {
		send(2, "SAVEPOINT s", 0)
		send(3, "INSERT INTO mails (id) VALUES ($1)", uint64(i+1))
	}
	for i := range 12 {
		send(20, "INSERT INTO orders (user_id) VALUES ($1)", uint64(i+100))
	}
	send(30, "COMMIT", 0)
	found := false
	for _, f := range c.recorder.Report().Findings {
		found = found || f.Kind == budget.WriteLoop && f.CallSite().Line == 20
	}
	if !found {
		t.Error("the second loop is not found")
	}
}
