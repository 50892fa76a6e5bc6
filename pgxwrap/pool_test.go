package pgxwrap_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
)

// A goroutine that holds the pool's connections and waits for another one is told, with
// both lines.
func TestWaitsWhileItHolds(t *testing.T) {
	for name, hold := range map[string]func(ctx context.Context, pool *pgxpool.Pool, wait func()) error{
		"a transaction of which only BEGIN was sent": func(ctx context.Context, pool *pgxpool.Pool, wait func()) error {
			return pgx.BeginFunc(ctx, pool, func(pgx.Tx) error {
				wait()
				return nil
			})
		},
		"a transaction": func(ctx context.Context, pool *pgxpool.Pool, wait func()) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE authors SET name = 'b'")
				wait()
				return err
			})
		},
		"open rows": func(ctx context.Context, pool *pgxpool.Pool, wait func()) error {
			rows, err := pool.Query(ctx, "SELECT name FROM authors")
			if err == nil && rows.Next() {
				wait()
			}
			return read(rows, err)
		},
		"a connection": func(ctx context.Context, pool *pgxpool.Pool, wait func()) error {
			return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				defer wait()
				return read(conn.Query(ctx, "SELECT name FROM authors"))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			pool := poolOf(t, func(c *pgxpool.Config) { c.MaxConns = 1 }, table, "INSERT INTO authors VALUES (1)")
			rules := budget.Rules{IdleTransaction: time.Millisecond} // the wait is told once, and not as idle time too
			ctx, r := budget.Bounds{Rules: rules}.NewContext(t.Context())
			must(t, hold(ctx, pool, func() { waitInVain(t, ctx, pool) }))
			report := r.Report()
			if n := report.Totals; n.Waits != 1 || n.WaitTime <= 0 || n.Errors != 1 || n.Queries > 1 {
				t.Errorf("counted %+v", n)
			}
			if len(report.Findings) != 1 || report.Findings[0].Kind != budget.HeldConnection || report.Findings[0].Confidence != budget.Proven {
				t.Fatalf("found %v", report.Findings)
			}
			f := report.Findings[0]
			holds, waits := f.CallSite(), f.Also[0].CallSite()
			if f.Summary == "" || !strings.Contains(holds.Function, "TestWaitsWhileItHolds") || !strings.HasSuffix(waits.Function, "waitInVain") {
				t.Errorf("held at %v, waited at %v", holds, waits)
			}
		})
	}
}

// waitInVain wants a connection that nobody gives back.
func waitInVain(t *testing.T, ctx context.Context, pool *pgxpool.Pool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := read(pool.Query(ctx, "SELECT id FROM authors")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

// acquiring tells of each acquire that begins.
type acquiring struct {
	queryHooks
	began chan struct{}
}

func (a acquiring) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	a.began <- struct{}{}
	return ctx
}

func (acquiring) TraceAcquireEnd(context.Context, *pgxpool.Pool, pgxpool.TraceAcquireEndData) {}

// Who waits for a connection that somebody else holds has waited, and that is all. So has a
// goroutine of the same unit.
func TestWaitsForOthers(t *testing.T) {
	began := make(chan struct{}, 10)
	pool := poolOf(t, func(c *pgxpool.Config) {
		c.MaxConns, c.ConnConfig.Tracer = 1, acquiring{queryHooks{&hookLog{}}, began}
	}, table)
	<-began // the table's
	ctx, r := budget.NewContext(t.Context())
	conn, err := pool.Acquire(ctx)
	must(t, err)
	<-began
	done := make(chan error)
	go func() { done <- read(pool.Query(ctx, "SELECT id FROM authors")) }()
	<-began
	conn.Release()
	must(t, <-done)
	report := r.Report()
	if n := report.Totals; n.Waits != 1 || n.WaitTime <= 0 || n.Errors != 0 || len(report.Held) != 0 {
		t.Errorf("counted %+v, held %+v", n, report.Held)
	}
}

// A pool with room makes nobody wait, also when connections come and go.
func TestNobodyWaits(t *testing.T) {
	pool := poolOf(t, func(c *pgxpool.Config) { c.MaxConns = 2 }, table)
	ctx, r := budget.NewContext(t.Context())
	for range 5 {
		conn, err := pool.Acquire(ctx)
		must(t, err)
		must(t, conn.Hijack().Close(ctx)) // the pool does not have it any more
	}
	for _, conn := range pool.AcquireAllIdle(ctx) {
		conn.Release()
	}
	must(t, read(pool.Query(ctx, "SELECT id FROM authors")))
	if n := r.Totals(); n.Waits != 0 || n.WaitTime != 0 {
		t.Errorf("counted %+v", n)
	}
}

// What the pool sends on its own behalf is neither counted for the request that happened to
// need a connection, nor refused to it, nor lost.
func TestHooksOfThePool(t *testing.T) {
	calls := 0
	hook := func(ctx context.Context, conn *pgx.Conn) error {
		calls++
		if _, err := conn.Exec(ctx, "SET application_name = 'shop'"); err != nil {
			return err
		}
		_, err := conn.Prepare(ctx, "by id", "SELECT relname FROM pg_class WHERE oid = $1")
		return errors.Join(err, read(conn.Query(ctx, "SELECT oid FROM pg_class LIMIT $1", 1)))
	}
	for name, set := range map[string]func(*pgxpool.Config){
		"AfterConnect": func(c *pgxpool.Config) { c.AfterConnect = hook },
		"PrepareConn": func(c *pgxpool.Config) {
			c.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) { return true, hook(ctx, conn) }
		},
		"BeforeAcquire": func(c *pgxpool.Config) {
			//nolint:staticcheck // it is deprecated, and pools have it
			c.BeforeAcquire = func(ctx context.Context, conn *pgx.Conn) bool { return hook(ctx, conn) == nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			pool := poolOf(t, set)
			calls = 0
			ctx, r := enforce(t.Context())
			wantRefused(t, read(pool.Query(ctx, "SELECT 1")))
			if got := countsOf(r.Totals()); got.Queries != 0 || got.Blocked != 1 || got.Prepares != 0 || got.Errors != 0 || got.Connects != 1 {
				t.Errorf("counted %+v", got)
			}
			if calls == 0 || pgxwrap.Database(pool).Unattributed().Queries != 0 {
				t.Errorf("%d calls, %+v", calls, pgxwrap.Database(pool).Unattributed())
			}
		})
	}
}

// Connections that the pool makes for itself, with the context of who made the pool.
func TestConnectionsOfThePool(t *testing.T) {
	connected := make(chan struct{}, 1)
	pool := poolOf(t, func(c *pgxpool.Config) {
		c.MinConns = 1
		c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SELECT oid FROM pg_class LIMIT 1")
			connected <- struct{}{}
			return err
		}
	})
	<-connected
	if n := pgxwrap.Database(pool).Unattributed().Queries; n != 0 {
		t.Errorf("%d queries were lost", n)
	}
}

// A connection that was taken out of the pool for good is none that it waits for.
func TestHijackedIsNotHeld(t *testing.T) {
	pool := poolOf(t, func(c *pgxpool.Config) { c.MaxConns = 1 }, table)
	ctx, r := budget.NewContext(t.Context())
	conn, err := pool.Acquire(ctx)
	must(t, err)
	own := conn.Hijack()
	defer own.Close(ctx) //nolint:errcheck // a test's
	must(t, read(own.Query(ctx, "SELECT id FROM authors")))
	held := make(chan *pgxpool.Conn)
	go func() {
		other, err := pool.Acquire(budget.Without(ctx))
		if err != nil {
			t.Error(err)
		}
		held <- other
	}()
	other := <-held
	defer other.Release()
	waitInVain(t, ctx, pool)
	if report := r.Report(); report.Totals.Waits != 1 || len(report.Held) != 0 {
		t.Errorf("%d waits, held %+v", report.Totals.Waits, report.Held)
	}
}
