package sqlwraptest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// VerifyCounts runs [CheckCounts] and fails the test for each difference.
func VerifyCounts(t TB, target Target) {
	t.Helper()
	if err := CheckCounts(t.Context(), target); err != nil {
		t.Error(err)
	}
}

// CheckCounts runs each rule of what counts on the wrapped driver, and returns an
// error that lists the totals that are not as the rule says. Target.Select and
// Target.SelectAll must read the table that Target.Insert writes to.
func CheckCounts(ctx context.Context, target Target) error {
	if target.Open == nil {
		return errors.New("sqlwraptest: Target.Open is missing")
	}
	wrap := target.Wrap
	if wrap == nil {
		wrap = sqlwrap.Connector
	}
	bare, err := target.Open()
	if err != nil {
		return fmt.Errorf("sqlwraptest: %w", err)
	}
	db := sql.OpenDB(wrap(bare))
	db.SetMaxOpenConns(2)
	db.SetMaxIdleConns(2)
	c := &counter{Target: target, db: db}
	for _, statement := range target.Setup {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("sqlwraptest: %s: %w", statement, errors.Join(err, db.Close()))
		}
	}
	for _, rule := range rules {
		ctx, recorder := budget.NewContext(ctx)
		if err := rule.run(c, ctx); err != nil {
			c.errs = append(c.errs, fmt.Errorf("sqlwraptest: %s: %w", rule.name, err))
			continue
		}
		c.compare(rule.name, recorder.Totals(), rule.want)
	}
	c.unattributed(ctx)
	return errors.Join(errors.Join(c.errs...), db.Close())
}

// counter runs the rules. It stops at the first error of a rule: a rule that
// fails on the bare driver says nothing.
type counter struct {
	Target
	db   *sql.DB
	errs []error
}

// compare looks at the counts that every driver has in common.
func (c *counter) compare(rule string, got, want budget.Totals) {
	got.RowsAffected, got.Prepares, got.Connects = 0, 0, 0
	got.ExecTime, got.FetchTime, got.ConnectTime, got.PrepareTime, got.TransactionTime, got.Time, got.WallTime = 0, 0, 0, 0, 0, 0, 0
	if got != want {
		c.errs = append(c.errs, fmt.Errorf("sqlwraptest: %s:\n\tcounted %+v\n\twant    %+v", rule, got, want))
	}
}

// executor is a DB, a Tx or a Conn.
type executor interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

func (c *counter) insert(ctx context.Context, on executor, id int) error {
	_, err := on.ExecContext(ctx, c.Insert, id, "text")
	return err
}

func (c *counter) read(ctx context.Context, on executor, query string, args ...any) error {
	rows, err := on.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows)
}

func drain(rows *sql.Rows) error {
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

// failed runs a broken statement. Where the driver takes no statement without
// preparing it, database/sql prepares it first, and what fails is no query yet.
func (c *counter) failed(ctx context.Context) error {
	ctx, recorder := budget.NewContext(ctx)
	if _, err := c.db.ExecContext(ctx, c.Broken); err == nil {
		return errors.New("Target.Broken did not fail")
	}
	got := recorder.Totals()
	got.Reads, got.Writes = 0, 0 // whatever Target.Broken looks like
	want := budget.Totals{Queries: 1, Errors: 1}
	if got.Prepares > 0 && got.Queries == 0 {
		want.Queries = 0
	}
	c.compare("a failed query is a query", got, want)
	return nil
}

func (c *counter) transaction(ctx context.Context) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return errors.Join(c.insert(ctx, tx, 10), c.read(ctx, tx, c.Select, 10), tx.Commit())
}

func (c *counter) rollback(ctx context.Context) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return errors.Join(c.insert(ctx, tx, 11), tx.Rollback())
}

func (c *counter) sharedTransaction(ctx context.Context) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = c.insert(ctx, tx, 20+i) })
	}
	wg.Wait()
	return errors.Join(append(errs, tx.Commit())...)
}

func (c *counter) prepared(ctx context.Context) error {
	statement, err := c.db.PrepareContext(ctx, c.Select)
	if err != nil {
		return err
	}
	for range 2 {
		rows, err := statement.QueryContext(ctx, 1)
		if err != nil {
			return err
		}
		if err := drain(rows); err != nil {
			return err
		}
	}
	return statement.Close()
}

func (c *counter) connection(ctx context.Context) error {
	conn, err := c.db.Conn(ctx)
	if err != nil {
		return err
	}
	return errors.Join(conn.PingContext(ctx), c.read(ctx, conn, c.Select, 1), conn.Close())
}

func (c *counter) textTransaction(ctx context.Context) error {
	conn, err := c.db.Conn(ctx)
	if err != nil {
		return err
	}
	for _, text := range []string{"BEGIN", "SAVEPOINT s", "RELEASE SAVEPOINT s"} {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	err = c.insert(ctx, conn, 30)
	_, commit := conn.ExecContext(ctx, "COMMIT")
	return errors.Join(err, commit, conn.Close())
}

func (c *counter) cancelled(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.insert(ctx, c.db, 40); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the context is cancelled, and the error is %w", err)
	}
	return nil
}

func (c *counter) closedEarly(ctx context.Context) error {
	rows, err := c.db.QueryContext(ctx, c.SelectAll)
	if err != nil {
		return err
	}
	rows.Next()
	return errors.Join(rows.Close(), rows.Err())
}

// leftOpen looks at the totals while the rows are open.
func (c *counter) leftOpen(ctx context.Context) error {
	rows, err := c.db.QueryContext(ctx, c.SelectAll) //nolint:rowserrcheck // nobody reads them
	if err != nil {
		return err
	}
	c.compare("rows that are open", budget.FromContext(ctx).Totals(), budget.Totals{Queries: 1, Reads: 1, OpenRows: 1})
	return rows.Close()
}

// refused runs out of its budget in a transaction, in a prepared statement and
// outside of both. What was done before can still be committed.
func (c *counter) refused(ctx context.Context) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	statement, err := tx.PrepareContext(ctx, c.Select)
	if err != nil {
		return err
	}
	budget.FromContext(ctx).SetBudget(budget.Budget{Queries: 2, Mode: budget.Enforce})
	if err := errors.Join(c.insert(ctx, tx, 60), c.read(ctx, tx, c.Select, 60)); err != nil {
		return err
	}
	rows, preparedErr := statement.QueryContext(ctx, 60)
	if preparedErr == nil {
		preparedErr = drain(rows)
	}
	for _, err := range []error{c.insert(ctx, tx, 61), preparedErr, c.read(ctx, c.db, c.Select, 1)} {
		var exceeded *budget.ExceededError
		if !errors.As(err, &exceeded) {
			return fmt.Errorf("a query over the budget was not refused: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return c.exists(budget.Without(ctx), 60)
}

// exists reports an error unless the row is there.
func (c *counter) exists(ctx context.Context, id int) error {
	return c.db.QueryRowContext(ctx, c.Select, id).Scan(new(any), new(any))
}

// unattributed runs a query without a recorder.
func (c *counter) unattributed(ctx context.Context) {
	handle, err := sqlwrap.Database(ctx, c.db)
	if err != nil {
		c.errs = append(c.errs, err)
		return
	}
	before := handle.Unattributed()
	if err := errors.Join(c.insert(ctx, c.db, 70), c.read(ctx, c.db, c.Select, 70)); err != nil {
		c.errs = append(c.errs, fmt.Errorf("sqlwraptest: without a recorder: %w", err))
	}
	after := handle.Unattributed()
	if queries := after.Queries - before.Queries; queries != 2 || after.Errors != before.Errors || !after.Attributed {
		c.errs = append(c.errs, fmt.Errorf("sqlwraptest: 2 queries without a recorder: counted %d, %d errors", queries, after.Errors-before.Errors))
	}
}
