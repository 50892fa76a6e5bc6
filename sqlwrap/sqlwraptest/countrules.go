package sqlwraptest

import (
	"context"
	"errors"

	"github.com/querybudget/querybudget/budget"
)

// rules are what counts, as budget's documentation has it.
var rules = []struct {
	name string
	run  func(*counter, context.Context) error
	want budget.Totals
}{
	{"a write is one query", func(c *counter, ctx context.Context) error { return c.insert(ctx, c.db, 1) },
		budget.Totals{Queries: 1, Writes: 1}},
	{"a read is one query, with its rows", func(c *counter, ctx context.Context) error { return c.read(ctx, c.db, c.Select, 1) },
		budget.Totals{Queries: 1, Reads: 1, Rows: 1}},
	{"QueryRow is one query", func(c *counter, ctx context.Context) error {
		return c.db.QueryRowContext(ctx, c.Select, 1).Scan(new(any), new(any))
	}, budget.Totals{Queries: 1, Reads: 1, Rows: 1}},
	{"a transaction is no query", (*counter).transaction,
		budget.Totals{Queries: 2, Reads: 1, Writes: 1, Rows: 1, Transactions: 1}},
	{"a transaction that is rolled back", (*counter).rollback,
		budget.Totals{Queries: 1, Writes: 1, Transactions: 1}},
	{"a transaction shared by goroutines", (*counter).sharedTransaction,
		budget.Totals{Queries: 8, Writes: 8, Transactions: 1}},
	{"preparing is no query, each execution is", (*counter).prepared,
		budget.Totals{Queries: 2, Reads: 2, Rows: 2, Duplicates: 1}},
	{"a ping is no query", func(c *counter, ctx context.Context) error { return c.db.PingContext(ctx) }, budget.Totals{}},
	{"a connection of its own", (*counter).connection,
		budget.Totals{Queries: 1, Reads: 1, Rows: 1}},
	{"transaction control as text is no query", (*counter).textTransaction,
		budget.Totals{Queries: 1, Writes: 1, Transactions: 1}},
	{"a cancelled context reaches no driver", (*counter).cancelled, budget.Totals{}},
	{"rows that are closed early", (*counter).closedEarly,
		budget.Totals{Queries: 1, Reads: 1, Rows: 1}},
	{"rows that are closed unread", (*counter).leftOpen,
		budget.Totals{Queries: 1, Reads: 1}},
	{"a failed query is a query", (*counter).failed, budget.Totals{}},
	{"asking twice is a duplicate", func(c *counter, ctx context.Context) error {
		return errors.Join(c.read(ctx, c.db, c.Select, 1), c.read(ctx, c.db, c.Select, 1))
	}, budget.Totals{Queries: 2, Reads: 2, Rows: 2, Duplicates: 1}},
	{"asking for something else is none", func(c *counter, ctx context.Context) error {
		return errors.Join(c.read(ctx, c.db, c.Select, 1), c.read(ctx, c.db, c.Select, 10))
	}, budget.Totals{Queries: 2, Reads: 2, Rows: 2}},
	{"asking again after a write is none", func(c *counter, ctx context.Context) error {
		return errors.Join(c.read(ctx, c.db, c.Select, 1), c.insert(ctx, c.db, 50), c.read(ctx, c.db, c.Select, 1))
	}, budget.Totals{Queries: 3, Reads: 2, Writes: 1, Rows: 2}},
	{"work that is left out", func(c *counter, ctx context.Context) error {
		return c.read(budget.Without(ctx), c.db, c.Select, 1)
	}, budget.Totals{}},
	{"a refused query reaches no database", (*counter).refused,
		budget.Totals{Queries: 2, Reads: 1, Writes: 1, Rows: 1, Transactions: 1, Blocked: 3}},
}
