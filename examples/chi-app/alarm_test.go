package main

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// A pool of one connection that waits for itself says so while it hangs, with both lines,
// on every driver: the test ends the hang when it was told of it.
func TestAlarmOfADeadlock(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		fill(t, db, 6)
		db.SetMaxOpenConns(1)
		for what, unit := range map[string]func(context.Context, *sql.DB, func()) error{"rows": rowsThenQuery, "transaction": txThenQuery} {
			h := hangOf(t, func(ctx context.Context) error { return unit(ctx, db, func() {}) })
			if h.State != budget.HangWaiting {
				t.Fatalf("%s: %s", what, h.String())
			}
			if site := h.Waiter(); site.StableName() != "chi-app.countWorks" {
				t.Errorf("%s: the waiter is %s", what, site)
			}
			if p := h.Report.Pools; len(p) != 1 || p[0].Max != 1 || p[0].InUse != 1 || p[0].Waits < 1 {
				t.Errorf("%s: the pool is %+v", what, p)
			}
			if what == "transaction" {
				if n := len(h.Holds); n != 1 || !h.Holds[0].Own || h.Holds[0].Began().StableName() != "chi-app.txThenQuery" || h.Holds[0].Latest().StableName() != "chi-app.txThenQuery" ||
					!strings.Contains(h.String(), ", while it holds a transaction for ") {
					t.Errorf("what holds the connection is not told: %s", h.String())
				}
			}
			if what == "rows" {
				if len(h.Report.Open) != 1 || h.Report.Open[0].CallSite().StableName() != "chi-app.rowsThenQuery" {
					t.Errorf("what holds the connection is not told: %s", h.String())
				}
				if s := h.String(); !strings.HasPrefix(s, "deadlock: waiting for a connection for ") || !strings.Contains(s, "chi-app.countWorks, while it holds rows of SELECT writers at pool_test.go:") ||
					!strings.HasSuffix(s, "pool 1 of 1 in use") {
					t.Errorf("said %q", s)
				}
			}
		}
	})
}

// A query that hangs in the server is told by its line.
func TestAlarmOfAQuery(t *testing.T) {
	for _, d := range databases {
		sleep := map[string]string{"pgx": "SELECT pg_sleep(60)", "pq": "SELECT pg_sleep(60)", "mysql": "SELECT sleep(60)"}[d.name]
		if sleep == "" {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			d.need(t)
			db := d.open(t)
			h := hangOf(t, func(ctx context.Context) error {
				_, err := db.ExecContext(ctx, sleep)
				return err
			})
			if h.State != budget.HangRunning || h.Report.Executing[0].CallSite().File != "alarm_test.go" {
				t.Errorf("%s", h.String())
			}
		})
	}
}

// A query that waits for a lock is told with the transaction of another unit that has it,
// and the lines of that.
func TestAlarmOfALock(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		if d.system == "sqlite" {
			t.Skip("a writer of SQLite is told to try again")
		}
		db := d.open(t)
		fill(t, db, 3)
		ctx, r := budget.NewContext(t.Context())
		r.SetName("nightly")
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback() //nolint:errcheck // nothing is kept
		if _, err := tx.ExecContext(ctx, "UPDATE writers SET name = 'a'"); err != nil {
			t.Fatal(err)
		}
		h := hangOf(t, func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, "UPDATE writers SET name = 'b'")
			return err
		})
		if h.State != budget.HangRunning || len(h.Holds) != 1 || h.Holds[0].Unit != "nightly" || !strings.HasPrefix(h.Holds[0].Began().StableName(), "chi-app.TestAlarmOfALock") || h.Holds[0].Idle == 0 ||
			!strings.Contains(h.String(), ", perhaps behind nightly: a transaction for ") {
			t.Errorf("%s", h.String())
		}
	})
}

// hangOf runs a job until it is told that it hangs.
func hangOf(t *testing.T, job func(context.Context) error) budget.Hang {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	told := make(chan []budget.Hang, 10)
	j := budget.Job{Name: "deadlock", Delivery: budget.Delivery{Alarm: &budget.Alarm{After: time.Millisecond, Tell: func(h []budget.Hang) { told <- h }}}}
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx, job) }()
	select {
	case h := <-told:
		cancel()
		if err := <-done; err == nil {
			t.Error("the job did not hang")
		}
		if len(told) > 0 {
			t.Errorf("told %d times more", len(told))
		}
		return h[0]
	case err := <-done:
		t.Fatalf("the job ended, and nothing was told: %v", err)
	}
	return budget.Hang{}
}
