package pgxwrap_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
)

// A pool that waits for itself says so while it hangs, with both lines: the test ends the
// hang when it was told of it.
func TestAlarmOfADeadlock(t *testing.T) {
	pool := poolOf(t, func(c *pgxpool.Config) { c.MaxConns = 1 }, table, "INSERT INTO authors VALUES (1)")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	told := make(chan budget.Hang, 10)
	alarm := &budget.Alarm{After: time.Millisecond, Tell: func(h []budget.Hang) {
		told <- h[0]
		cancel()
	}}
	j := budget.Job{Name: "pay", Delivery: budget.Delivery{Alarm: alarm}}
	err := j.Run(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE authors SET name = 'b'"); err != nil {
				return err
			}
			return read(pool.Query(ctx, "SELECT id FROM authors"))
		})
	})
	if err == nil || len(told) != 1 {
		t.Fatalf("%v, told %d times", err, len(told))
	}
	h := <-told
	function := "pgxwrap_test.TestAlarmOfADeadlock"
	if h.State != budget.HangWaiting || !strings.Contains(h.Waiter().StableName(), function) || len(h.Holds) != 1 || !h.Holds[0].Own ||
		!strings.Contains(h.Holds[0].Latest().StableName(), function) || h.Holds[0].Latest().Line+3 != h.Waiter().Line {
		t.Errorf("%s", h.String())
	}
	if p := h.Report.Pools; len(p) != 1 || p[0].Max != 1 || p[0].InUse != 1 || !strings.HasSuffix(h.String(), "pool 1 of 1 in use") {
		t.Errorf("%+v: %s", p, h.String())
	}
}

// A unit that holds nothing is told who does.
func TestAlarmOfAWait(t *testing.T) {
	pool := poolOf(t, func(c *pgxpool.Config) { c.MaxConns = 1 }, table)
	nightly, r := budget.NewContext(t.Context())
	r.SetName("nightly")
	tx, err := pool.Begin(nightly)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	told := make(chan budget.Hang, 10)
	alarm := &budget.Alarm{After: time.Millisecond, Tell: func(h []budget.Hang) {
		told <- h[0]
		cancel()
	}}
	j := budget.Job{Name: "page", Delivery: budget.Delivery{Alarm: alarm}}
	err = j.Run(ctx, func(ctx context.Context) error { return read(pool.Query(ctx, "SELECT id FROM authors")) })
	must(t, tx.Rollback(nightly))
	if err == nil || len(told) != 1 {
		t.Fatalf("%v, told %d times", err, len(told))
	}
	if h := <-told; !strings.Contains(h.String(), "page: waiting for a connection for ") || !strings.Contains(h.String(), ", held by nightly: a transaction for ") ||
		!strings.Contains(h.Holds[0].Began().StableName(), "TestAlarmOfAWait") {
		t.Errorf("%s", h.String())
	}
}
