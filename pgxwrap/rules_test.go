package pgxwrap_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/adaptortest"
	"github.com/querybudget/querybudget/pgxwrap"
)

// The rules of what counts hold for a pool, in each way in which pgx sends queries.
func TestRules(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			pool := poolOf(t, func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode }, "CREATE TABLE ids (id int)")
			adaptortest.Verify(t, adaptor{queries{pool}, pool})
		})
	}
}

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// sender is a pool, a connection or a transaction.
type sender interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

type adaptor struct {
	queries
	pool *pgxpool.Pool
}

func (a adaptor) CountsSentRows() {}

func (a adaptor) Fail(ctx context.Context) error {
	_, err := a.pool.Exec(ctx, "BROKEN")
	return err
}

func (a adaptor) Begin(ctx context.Context) (adaptortest.Tx, error) {
	tx, err := a.pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return transaction{queries{&oneByOne{sender: tx}}, tx}, nil
}

func (a adaptor) Prepare(ctx context.Context) (adaptortest.Statement, error) {
	conn, err := a.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	s, err := prepareOn(ctx, conn.Conn())
	return prepared{s, conn}, err
}

func (a adaptor) Conn(ctx context.Context) (adaptortest.Conn, error) {
	conn, err := a.pool.Acquire(ctx)
	return connection{queries{conn}, conn}, err
}

func (a adaptor) Ping(ctx context.Context) error { return a.pool.Ping(ctx) }

func (a adaptor) Database() *budget.Database { return pgxwrap.Database(a.pool) }

type queries struct{ sender }

func (q queries) Insert(ctx context.Context, id int) error {
	_, err := q.Exec(ctx, "INSERT INTO ids (id) VALUES ($1)", id)
	return err
}

const selectOne = "SELECT id FROM ids WHERE id = $1"

func (q queries) Select(ctx context.Context, id int) error { return read(q.Query(ctx, selectOne, id)) }

func read(rows pgx.Rows, _ error) error {
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func (q queries) Open(ctx context.Context) (adaptortest.Rows, error) {
	rows, err := q.Query(ctx, "SELECT id FROM ids ORDER BY id")
	return openRows{rows}, err
}

type openRows struct{ pgx.Rows }

func (r openRows) Close() error {
	r.Rows.Close()
	return r.Err()
}

type transaction struct {
	queries
	tx pgx.Tx
}

func (t transaction) Prepare(ctx context.Context) (adaptortest.Statement, error) {
	return prepareOn(ctx, t.tx.Conn())
}

func (t transaction) Commit(ctx context.Context) error   { return t.tx.Commit(ctx) }
func (t transaction) Rollback(ctx context.Context) error { return t.tx.Rollback(ctx) }

// oneByOne lets goroutines share a transaction, which pgx leaves to the application.
type oneByOne struct {
	sender
	mu sync.Mutex
}

func (o *oneByOne) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sender.Exec(ctx, sql, args...)
}

type statement struct{ conn *pgx.Conn }

func prepareOn(ctx context.Context, conn *pgx.Conn) (statement, error) {
	_, err := conn.Prepare(ctx, "one", selectOne)
	return statement{conn}, err
}

func (s statement) Select(ctx context.Context, id int) error {
	return read(s.conn.Query(ctx, "one", id))
}
func (s statement) Close() error { return s.conn.Deallocate(context.Background(), "one") }

// prepared is a statement with a connection of its own.
type prepared struct {
	statement
	conn *pgxpool.Conn
}

func (p prepared) Close() error {
	defer p.conn.Release()
	return p.statement.Close()
}

type connection struct {
	queries
	conn *pgxpool.Conn
}

func (c connection) Ping(ctx context.Context) error { return c.conn.Ping(ctx) }

func (c connection) Control(ctx context.Context, text string) error {
	_, err := c.conn.Exec(ctx, text)
	return err
}

func (c connection) Close() error {
	c.conn.Release()
	return nil
}
