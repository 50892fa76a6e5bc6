package sqlwraptest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/adaptortest"
	"github.com/querybudget/querybudget/sqlwrap"
)

// VerifyCounts runs [CheckCounts] and fails the test for each difference.
func VerifyCounts(t TB, target Target) {
	t.Helper()
	if err := CheckCounts(t.Context(), target); err != nil {
		t.Error(err)
	}
}

// CheckCounts runs each rule of what counts on the wrapped driver (package
// adaptortest), and returns an error that lists the totals that are not as the rule
// says. Target.Select and Target.SelectAll must read the table that Target.Insert
// writes to.
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
	for _, statement := range target.Setup {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("sqlwraptest: %s: %w", statement, errors.Join(err, db.Close()))
		}
	}
	account, err := sqlwrap.Database(ctx, db)
	if err != nil {
		return fmt.Errorf("sqlwraptest: %w", errors.Join(err, db.Close()))
	}
	a := &adaptor{queries{target, db}, db, account}
	leftOut, err := adaptortest.Check(ctx, a)
	if len(leftOut) > 0 {
		err = errors.Join(err, fmt.Errorf("sqlwraptest: rules were left out: %q", leftOut))
	}
	return errors.Join(err, a.queryRow(ctx), db.Close())
}

// executor is a DB, a Tx or a Conn.
type executor interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// queries are those of a target, on one of them.
type queries struct {
	Target
	on executor
}

func (q queries) Insert(ctx context.Context, id int) error {
	_, err := q.on.ExecContext(ctx, q.Target.Insert, id, "text")
	return err
}

func (q queries) Select(ctx context.Context, id int) error {
	return drain(q.on.QueryContext(ctx, q.Target.Select, id))
}

func (q queries) Open(ctx context.Context) (adaptortest.Rows, error) {
	rows, err := q.on.QueryContext(ctx, q.SelectAll)
	if err != nil {
		return nil, err
	}
	return rows, rows.Err()
}

func drain(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

// adaptor is a handle of database/sql.
type adaptor struct {
	queries
	db      *sql.DB
	account *budget.Database
}

func (a *adaptor) Database() *budget.Database { return a.account }

func (a *adaptor) Ping(ctx context.Context) error { return a.db.PingContext(ctx) }

func (a *adaptor) Fail(ctx context.Context) error {
	_, err := a.db.ExecContext(ctx, a.Broken)
	return err
}

func (a *adaptor) Prepare(ctx context.Context) (adaptortest.Statement, error) {
	return prepareSelect(a.db.PrepareContext(ctx, a.Target.Select))
}

func (a *adaptor) Begin(ctx context.Context) (adaptortest.Tx, error) {
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return transaction{queries{a.Target, tx}, tx}, nil
}

func (a *adaptor) Conn(ctx context.Context) (adaptortest.Conn, error) {
	conn, err := a.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return connection{queries{a.Target, conn}, conn}, nil
}

// queryRow is a rule of database/sql's own.
func (a *adaptor) queryRow(ctx context.Context) error {
	ctx, recorder := budget.NewContext(ctx)
	if err := a.db.QueryRowContext(ctx, a.Target.Select, 1).Scan(new(any), new(any)); err != nil {
		return fmt.Errorf("sqlwraptest: QueryRow: %w", err)
	}
	if t := recorder.Totals(); t.Queries != 1 || t.Reads != 1 || t.Rows != 1 || t.OpenRows != 0 || t.Errors != 0 {
		return fmt.Errorf("sqlwraptest: QueryRow is one query: counted %+v", t)
	}
	return nil
}

type transaction struct {
	queries
	tx *sql.Tx
}

func (t transaction) Commit(context.Context) error   { return t.tx.Commit() }
func (t transaction) Rollback(context.Context) error { return t.tx.Rollback() }

func (t transaction) Prepare(ctx context.Context) (adaptortest.Statement, error) {
	return prepareSelect(t.tx.PrepareContext(ctx, t.Target.Select))
}

type prepared struct{ *sql.Stmt }

func prepareSelect(s *sql.Stmt, err error) (adaptortest.Statement, error) {
	if err != nil {
		return nil, err
	}
	return prepared{s}, nil
}

func (p prepared) Select(ctx context.Context, id int) error { return drain(p.QueryContext(ctx, id)) }

type connection struct {
	queries
	conn *sql.Conn
}

func (c connection) Ping(ctx context.Context) error { return c.conn.PingContext(ctx) }
func (c connection) Close() error                   { return c.conn.Close() }

func (c connection) Control(ctx context.Context, text string) error {
	_, err := c.conn.ExecContext(ctx, text)
	return err
}
