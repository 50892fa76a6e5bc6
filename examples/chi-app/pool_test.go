package main

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// A unit that holds the only connection and waits for another one is told, by the line
// that holds it, once its context has ended: with rows that are open, in a transaction, in
// two functions, and when two units wait for each other.
func TestPoolDeadlock(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		for name, test := range map[string]struct {
			unit  func(ctx context.Context, db *sql.DB, holds func()) error
			held  string // the marker of the line that holds the connection
			units int
		}{
			"rows":        {rowsThenQuery, "holds rows", 1},
			"transaction": {txThenQuery, "holds the transaction", 1},
			"two units":   {rowsThenQuery, "holds rows", 2},
		} {
			t.Run(name, func(t *testing.T) {
				db := d.open(t)
				fill(t, db, 6)
				db.SetMaxOpenConns(test.units)
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				var all sync.WaitGroup // that hold a connection
				all.Add(test.units)
				holds := func() {
					all.Done()
					all.Wait()
				}
				reports := make(chan *budget.Report, test.units)
				for range test.units {
					go func() {
						ctx, r := budget.NewContext(ctx)
						if err := test.unit(ctx, db, holds); !errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("the unit ended with %v", err)
						}
						reports <- settled(r)
					}()
				}
				for range test.units {
					f := (<-reports).Findings
					if len(f) != 1 || f[0].Kind != budget.HeldConnection || f[0].Proof == "" {
						t.Fatalf("found %+v", f)
					}
					checkLine(t, f[0].CallSite().File+":"+strconv.Itoa(f[0].CallSite().Line), test.held)
				}
			})
		}
	})
}

// A client that goes while rows are open is no deadlock if nobody waited.
func TestNoPoolDeadlock(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		fill(t, db, 6)
		db.SetMaxOpenConns(4)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ctx, r := budget.NewContext(ctx)
		rows, err := db.QueryContext(ctx, "SELECT id FROM writers")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close() //nolint:errcheck // its context ends first
		rows.Next()
		cancel()
		for rows.Next() {
		}
		if err := rows.Err(); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if f := settled(r).Findings; len(f) != 0 {
			t.Errorf("found %+v", f)
		}
	})
}

// settled returns the report once database/sql, which closes rows and transactions of a
// context that has ended in a goroutine of its own, has done so.
func settled(r *budget.Recorder) *budget.Report {
	for range 500 {
		if rep := r.Report(); rep.Totals.OpenRows == 0 && (len(rep.Held) > 0 || rep.Totals.Transactions == 0) {
			return rep
		}
		time.Sleep(2 * time.Millisecond)
	}
	return r.Report()
}

func rowsThenQuery(ctx context.Context, db *sql.DB, holds func()) error {
	rows, err := db.QueryContext(ctx, "SELECT id FROM writers") // holds rows
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // the context ends first
	rows.Next()
	holds()
	return countWorks(ctx, db)
}

func txThenQuery(ctx context.Context, db *sql.DB, holds func()) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // the context ends first
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM writers").Scan(&n); err != nil { // holds the transaction
		return err
	}
	holds()
	return countWorks(ctx, db)
}

func countWorks(ctx context.Context, db *sql.DB) error {
	var n int
	return db.QueryRowContext(ctx, "SELECT count(*) FROM works").Scan(&n)
}
