package adaptortest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// setUp are the ids of rows that are there before the first rule runs.
var setUp = []int{100, 101, 102, 103, 104, 105, 106, 107}

// rules are what counts, as budget's documentation has it. A rule stops at the first
// operation that fails.
var rules = []struct {
	name string
	run  func(*check, context.Context) error
	want budget.Totals
}{
	{"a write is one query", func(c *check, ctx context.Context) error { return c.Insert(ctx, 1) },
		budget.Totals{Queries: 1, Writes: 1}},
	{"a read is one query, with its rows", func(c *check, ctx context.Context) error { return c.Select(ctx, 1) },
		budget.Totals{Queries: 1, Reads: 1, Rows: 1}},
	{"a transaction is no query", (*check).transaction,
		budget.Totals{Queries: 2, Reads: 1, Writes: 1, Rows: 1, Transactions: 1}},
	{"a transaction that is rolled back", (*check).rollback,
		budget.Totals{Queries: 1, Writes: 1, Transactions: 1}},
	{"a transaction shared by goroutines", (*check).sharedTransaction,
		budget.Totals{Queries: 8, Writes: 8, Transactions: 1}},
	{"preparing is no query, each execution is", (*check).prepared,
		budget.Totals{Queries: 2, Reads: 2, Rows: 2, Duplicates: 1}},
	{"a ping is no query", func(c *check, ctx context.Context) error { return c.Ping(ctx) }, budget.Totals{}},
	{"a connection of its own", (*check).connection,
		budget.Totals{Queries: 1, Reads: 1, Rows: 1}},
	{"transaction control as text is no query", (*check).textTransaction,
		budget.Totals{Queries: 1, Writes: 1, Transactions: 1}},
	{"a cancelled context reaches no driver", (*check).cancelled, budget.Totals{}},
	{"rows that are closed early", (*check).closedEarly,
		budget.Totals{Queries: 1, Reads: 1, Rows: 1}},
	{"rows that are closed unread", (*check).closedUnread,
		budget.Totals{Queries: 1, Reads: 1}},
	{"rows that are closed twice", (*check).closedTwice,
		budget.Totals{Queries: 1, Reads: 1}},
	{"a failed query is a query", (*check).failed, budget.Totals{}},
	{"asking twice is a duplicate", func(c *check, ctx context.Context) error {
		return errors.Join(c.Select(ctx, 1), c.Select(ctx, 1))
	}, budget.Totals{Queries: 2, Reads: 2, Rows: 2, Duplicates: 1}},
	{"asking for something else is none", func(c *check, ctx context.Context) error {
		return errors.Join(c.Select(ctx, 1), c.Select(ctx, setUp[0]))
	}, budget.Totals{Queries: 2, Reads: 2, Rows: 2}},
	{"asking again after a write is none", func(c *check, ctx context.Context) error {
		return errors.Join(c.Select(ctx, 1), c.Insert(ctx, 50), c.Select(ctx, 1))
	}, budget.Totals{Queries: 3, Reads: 2, Writes: 1, Rows: 2}},
	{"work that is left out", func(c *check, ctx context.Context) error { return c.Select(budget.Without(ctx), 1) },
		budget.Totals{}},
	{"a scope counts in the unit", (*check).scope,
		budget.Totals{Queries: 2, Reads: 2, Rows: 2}},
	{"a refused query reaches no database", (*check).refused,
		budget.Totals{Queries: 2, Reads: 1, Writes: 1, Rows: 1, Transactions: 1, Blocked: 3}},
	{"a loop has its line, its arguments and its parent", (*check).loop,
		budget.Totals{Queries: 9, Reads: 9, Rows: 11}},
	{"queries without a recorder count on the handle", (*check).unattributed, budget.Totals{}},
}

func (c *check) transaction(ctx context.Context) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	return errors.Join(tx.Insert(ctx, 10), tx.Select(ctx, 10), tx.Commit(ctx))
}

func (c *check) rollback(ctx context.Context) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	return errors.Join(tx.Insert(ctx, 11), tx.Rollback(ctx))
}

func (c *check) sharedTransaction(ctx context.Context) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = tx.Insert(ctx, 20+i) })
	}
	wg.Wait()
	return errors.Join(append(errs, tx.Commit(ctx))...)
}

func (c *check) prepared(ctx context.Context) error {
	statement, err := c.Prepare(ctx)
	if err != nil {
		return err
	}
	return errors.Join(statement.Select(ctx, 1), statement.Select(ctx, 1), statement.Close())
}

func (c *check) connection(ctx context.Context) error {
	conn, err := c.Conn(ctx)
	if err != nil {
		return err
	}
	return errors.Join(conn.Ping(ctx), conn.Select(ctx, 1), conn.Close())
}

func (c *check) textTransaction(ctx context.Context) error {
	conn, err := c.Conn(ctx)
	if err != nil {
		return err
	}
	for _, text := range []string{"BEGIN", "SAVEPOINT s", "RELEASE SAVEPOINT s"} {
		if err := conn.Control(ctx, text); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	return errors.Join(conn.Insert(ctx, 30), conn.Control(ctx, "COMMIT"), conn.Close())
}

func (c *check) cancelled(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.Insert(ctx, 40); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the context is cancelled, and the error is %w", err)
	}
	return nil
}

func (c *check) closedEarly(ctx context.Context) error {
	c.part = true
	rows, err := c.Open(ctx)
	if err != nil {
		return err
	}
	rows.Next()
	return rows.Close()
}

// closedUnread looks at the totals while the rows are open. An adaptor that sees the
// end of a result only counts it as running until then.
func (c *check) closedUnread(ctx context.Context) error {
	c.part = true
	rows, err := c.Open(ctx)
	if err != nil {
		return err
	}
	if t := budget.FromContext(ctx).Totals(); t.Running == 1 {
		c.compare(t, budget.Totals{Running: 1})
	} else {
		c.compare(t, budget.Totals{Queries: 1, Reads: 1, OpenRows: 1})
	}
	return rows.Close()
}

func (c *check) closedTwice(ctx context.Context) error {
	c.part = true
	rows, err := c.Open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(rows.Close(), rows.Close())
}

// failed sends a broken statement. Where the wrapped driver takes no statement without
// preparing it, it is prepared first, and what fails is no query yet.
func (c *check) failed(ctx context.Context) error {
	ctx, recorder := budget.NewContext(ctx)
	switch err := c.Fail(ctx); {
	case errors.Is(err, errors.ErrUnsupported):
		return err
	case err == nil:
		return errors.New("the statement of Fail did not fail")
	}
	got := recorder.Totals()
	got.Reads, got.Writes = 0, 0 // whatever the statement looks like
	want := budget.Totals{Queries: 1, Errors: 1}
	if got.Prepares > 0 && got.Queries == 0 {
		want.Queries = 0
	}
	c.compare(got, want)
	return nil
}

func (c *check) scope(ctx context.Context) error {
	inside, scope := budget.With(ctx, "part", budget.Budget{})
	err := errors.Join(c.Select(ctx, 1), c.Select(inside, setUp[0]))
	c.compare(scope.Totals(), budget.Totals{Queries: 1, Reads: 1, Rows: 1})
	return err
}

// refused runs out of its budget in a transaction, in a prepared statement and
// outside of both. What was done before can still be committed.
func (c *check) refused(ctx context.Context) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	statement, err := tx.Prepare(ctx)
	if err != nil {
		return errors.Join(err, tx.Rollback(ctx))
	}
	budget.FromContext(ctx).SetBudget(budget.Budget{Queries: 2, Mode: budget.Enforce})
	if err := errors.Join(tx.Insert(ctx, 60), tx.Select(ctx, 60)); err != nil {
		return errors.Join(err, tx.Rollback(ctx))
	}
	for _, err := range []error{tx.Insert(ctx, 61), statement.Select(ctx, 60), c.Select(ctx, 1)} {
		var exceeded *budget.ExceededError
		if !errors.As(err, &exceeded) {
			c.fail("a query over the budget was not refused: the error is %v", err)
		}
	}
	// Without the budget, for closing is never refused.
	if err := errors.Join(statement.Close(), tx.Commit(ctx)); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return c.expect(ctx, 60, 1)
}

// expect compares the rows of an id with a number.
func (c *check) expect(ctx context.Context, id int, want int64) error {
	ctx, recorder := budget.NewContext(budget.Without(ctx))
	err := c.Select(ctx, id)
	if got := recorder.Totals().Rows; got != want {
		c.fail("%d rows with id %d, want %d", got, id, want)
	}
	return err
}

// loop reads one row after another from one line, after a list that has them all.
func (c *check) loop(ctx context.Context) error {
	c.part = true
	rows, err := c.Open(ctx)
	if err != nil {
		return err
	}
	read := 0
	for read < 3 && rows.Next() {
		read++
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, id := range setUp[:6] {
		if err := c.Select(ctx, id); err != nil {
			return err
		}
	}
	report := budget.FromContext(ctx).Report()
	found := false
	for _, f := range report.Findings {
		if f.Kind == budget.NPlusOne {
			found = true
			if f.Count != 6 || f.Distinct != 6 || f.First != 2 || f.Last != 7 || f.CallSite().IsZero() {
				c.fail("the loop is %v, from %d to %d, %d distinct arguments", &f, f.First, f.Last, f.Distinct)
			}
		}
	}
	if !found {
		c.fail("6 reads in a loop are no n+1: groups %+v", report.Groups)
	}
	return errors.Join(c.Select(ctx, setUp[6]), c.Select(ctx, setUp[7])) // to 9 in all
}

// unattributed runs queries without a recorder.
func (c *check) unattributed(ctx context.Context) error {
	handle := c.Database()
	if handle == nil {
		return errors.New("the adaptor has no Database")
	}
	ctx = withoutRecorder{ctx}
	before := handle.Unattributed()
	if err := errors.Join(c.Insert(ctx, 70), c.Select(ctx, 70)); err != nil {
		return err
	}
	after := handle.Unattributed()
	if n := after.Queries - before.Queries; n != 2 || after.Errors != before.Errors || !after.Attributed {
		c.fail(
			"2 queries without a recorder: counted %d, %d errors, attributed before: %v",
			n,
			after.Errors-before.Errors,
			after.Attributed,
		)
	}
	return nil
}

// withoutRecorder is a context without values: nobody has put a recorder into it.
type withoutRecorder struct{ context.Context }

func (withoutRecorder) Value(any) any { return nil }
