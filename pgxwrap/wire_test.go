package pgxwrap_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
)

// wire counts the bytes that pgx writes to its sockets, those that cancel a query included.
type wire struct{ bytes, dials atomic.Int64 }

func (w *wire) count(c *pgxpool.Config) {
	c.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	c.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		w.dials.Add(1)
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return wireConn{conn, w}, err
	}
}

type wireConn struct {
	net.Conn
	wire *wire
}

func (c wireConn) Write(b []byte) (int, error) {
	c.wire.bytes.Add(int64(len(b)))
	return c.Conn.Write(b)
}

// silent fails the test if f sends anything.
func (w *wire) silent(t *testing.T, f func()) {
	t.Helper()
	bytes, dials := w.bytes.Load(), w.dials.Load()
	f()
	if n, d := w.bytes.Load()-bytes, w.dials.Load()-dials; n != 0 || d != 0 {
		t.Errorf("%d bytes were sent, %d connections made", n, d)
	}
}

// Of a refused query nothing is sent, in no mode, from no place, and the connection serves
// the next one.
func TestNothingIsSent(t *testing.T) {
	for _, mode := range modes {
		w := &wire{}
		pool := poolOf(t, func(c *pgxpool.Config) {
			w.count(c)
			c.MaxConns, c.ConnConfig.DefaultQueryExecMode = 1, mode
		}, table, "INSERT INTO authors VALUES (1)")
		for name, call := range refusals {
			t.Run(mode.String()+"/"+name, func(t *testing.T) {
				pid := pidOf(t, pool)
				ctx, _ := enforce(t.Context())
				w.silent(t, func() { wantRefused(t, call(ctx, pool)) })
				must(t, pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
					w.silent(t, func() { wantRefused(t, call(ctx, conn)) })
					return nil
				}))
				refusedInTransaction(t, w, pool, call)
				if now := pidOf(t, pool); now != pid || countOf(t, pool, "authors") != 1 {
					t.Errorf("backend %d, then %d; %d rows", pid, now, countOf(t, pool, "authors"))
				}
			})
		}
	}
}

// refusedInTransaction refuses a call in a transaction and in one inside of it. Both go on,
// and nothing that ends them is refused.
func refusedInTransaction(t *testing.T, w *wire, pool *pgxpool.Pool, call func(context.Context, target) error) {
	t.Helper()
	ctx, r := enforce(t.Context())
	tx, err := pool.Begin(ctx)
	must(t, err)
	_, err = tx.Exec(budget.Without(ctx), "INSERT INTO authors VALUES (50)")
	must(t, err)
	w.silent(t, func() { wantRefused(t, call(ctx, tx)) })
	for _, end := range []func(pgx.Tx, context.Context) error{pgx.Tx.Rollback, pgx.Tx.Commit} {
		inner, err := tx.Begin(ctx)
		must(t, err)
		w.silent(t, func() { wantRefused(t, call(ctx, inner)) })
		must(t, end(inner, ctx))
	}
	must(t, tx.Commit(ctx))
	if got := r.Totals(); got.Transactions != 1 || got.Blocked != 3 || got.Queries != 0 || got.Errors != 0 {
		t.Errorf("counted %+v", got)
	}
	_, err = pool.Exec(t.Context(), "DELETE FROM authors WHERE id = 50")
	must(t, err)
}

func wantRefused(t *testing.T, err error) {
	t.Helper()
	if !isRefused(err) {
		t.Errorf("the error is %v", err)
	}
}

func pidOf(t *testing.T, pool *pgxpool.Pool) (pid int) {
	t.Helper()
	must(t, pool.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid))
	return pid
}

func countOf(t *testing.T, pool *pgxpool.Pool, table string) (n int) {
	t.Helper()
	must(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// Before the next query, pgx takes back what it has prepared of one that failed. That waits,
// too.
func TestNothingIsSentForOthers(t *testing.T) {
	w := &wire{}
	pool := poolOf(t, func(c *pgxpool.Config) { w.count(c); c.MaxConns = 1 }, table)
	for name, call := range refusals {
		t.Run(name, func(t *testing.T) {
			if err := read(pool.Query(t.Context(), "SELECT 1 / $1::int", 0)); err == nil {
				t.Fatal("a division by 0 went well")
			}
			ctx, _ := enforce(t.Context())
			w.silent(t, func() { wantRefused(t, call(ctx, pool)) })
			must(t, read(pool.Query(t.Context(), "SELECT 1 / $1::int", 1)))
		})
	}
}

// Goroutines that share a budget send exactly what it allows.
func TestRefusedInParallel(t *testing.T) {
	const allowed, sent = 20, 64
	pool := poolOf(t, nil, table)
	ctx, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: allowed, Mode: budget.Enforce})
	errs := make(chan error, sent)
	for i := range sent {
		go func() {
			_, err := pool.Exec(ctx, "INSERT INTO authors VALUES ($1)", i)
			errs <- err
		}()
	}
	refused := 0
	for range sent {
		if err := <-errs; isRefused(err) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	totals := r.Totals()
	if n := countOf(t, pool, "authors"); n != allowed || refused != sent-allowed ||
		totals.Queries != allowed || totals.Blocked != sent-allowed {
		t.Errorf("%d rows, %d refused, counted %+v", n, refused, totals)
	}
}

// A batch is sent as a whole or not at all: where there is room for a part of it, nothing
// counts but one that was refused, and the room is there for what comes next.
func TestBatchOverTheBudget(t *testing.T) {
	w := &wire{}
	pool := poolOf(t, w.count, table)
	ctx, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: 2, Mode: budget.Enforce})
	b := &pgx.Batch{}
	for i := range 3 {
		b.Queue("INSERT INTO authors VALUES ($1)", i)
	}
	w.silent(t, func() { wantRefused(t, pool.SendBatch(ctx, b).Close()) })
	must(t, read(pool.Query(ctx, "SELECT id FROM authors")))
	must(t, read(pool.Query(ctx, "SELECT name FROM authors")))
	wantRefused(t, read(pool.Query(ctx, "SELECT 1")))
	want := budget.Totals{Queries: 2, Reads: 2, Blocked: 2, Prepares: 2}
	if got := countsOf(r.Totals()); got != want {
		t.Errorf("counted %+v", got)
	}
}
