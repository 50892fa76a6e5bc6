package pgxwrap_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
)

// What holds a connection of a pool while the application waits for another service is
// told. No time is judged: the limit is a nanosecond, and only times in which the service was
// asked count.
func TestConnectionsThatWait(t *testing.T) {
	pool := poolOf(t, nil, table, "INSERT INTO authors VALUES (1)")
	ask := func(ctx context.Context) {
		r := budget.FromContext(ctx)
		r.Called("GET payments.example", r.Clock()-1000, nil)
	}
	for name, test := range map[string]struct {
		run  func(ctx context.Context) error
		want budget.HoldKind
	}{
		"a transaction": {func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE authors SET name = 'b'")
				ask(ctx)
				return err
			})
		}, budget.HoldTransaction},
		"after a savepoint": {func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				return pgx.BeginFunc(ctx, tx, func(pgx.Tx) error { ask(ctx); return nil })
			})
		}, budget.HoldTransaction},
		"between two statements": {func(ctx context.Context) error {
			return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				if err := read(conn.Query(ctx, "SELECT id FROM authors")); err != nil {
					return err
				}
				ask(ctx)
				return read(conn.Query(ctx, "SELECT name FROM authors"))
			})
		}, budget.HoldConnection},
		"before it is given back": {func(ctx context.Context) error {
			return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				defer ask(ctx)
				if err := read(conn.Query(ctx, "SELECT id FROM authors")); err != nil {
					return err
				}
				return read(conn.Query(ctx, "SELECT name FROM authors"))
			})
		}, budget.HoldConnection},
		"rows": {func(ctx context.Context) error {
			rows, err := pool.Query(ctx, "SELECT id FROM authors")
			for err == nil && rows.Next() {
				ask(ctx)
			}
			return read(rows, err)
		}, budget.HoldRows},
		"a lock of the session": {func(ctx context.Context) error {
			return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				if err := read(conn.Query(ctx, "SELECT pg_advisory_lock(715)")); err != nil {
					return err
				}
				ask(ctx)
				return read(conn.Query(ctx, "SELECT pg_advisory_unlock(715)"))
			})
		}, ""},
		"the pool": {func(ctx context.Context) error {
			for range 3 {
				if err := read(pool.Query(ctx, "SELECT id FROM authors")); err != nil {
					return err
				}
				ask(ctx)
			}
			return nil
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, r := budget.Bounds{Rules: budget.Rules{IdleTransaction: 1}}.NewContext(t.Context())
			must(t, test.run(ctx))
			report := r.Report()
			var got []budget.HoldKind
			for _, i := range report.Idle {
				if len(i.Doing) > 0 {
					got = append(got, i.Held)
				}
			}
			if (test.want == "") != (len(got) == 0) || len(got) > 1 || len(got) == 1 && got[0] != test.want {
				t.Errorf("found %v: %v", got, report.Findings)
			}
		})
	}
}
