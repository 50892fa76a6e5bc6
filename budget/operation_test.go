package budget_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// What database/sql tries again is one operation with the outcome of its last attempt,
// as a query is.
func TestRetriedOperationIsOne(t *testing.T) {
	other := errors.New("no such table")
	for name, attempt := range map[string]func(*budget.Recorder, error){
		"connect": func(r *budget.Recorder, err error) { db.Connected(r, r.Clock(), err) },
		"begin":   func(r *budget.Recorder, err error) { db.Began(context.Background(), r, r.Clock(), err) },
		"prepare": func(r *budget.Recorder, err error) { db.Prepared(r, users, r.Clock(), err) },
	} {
		for _, test := range []struct {
			errs            []error
			retries, errors int64
		}{
			{[]error{nil}, 0, 0},
			{[]error{driver.ErrBadConn}, 0, 1},
			{[]error{driver.ErrBadConn, nil}, 1, 0},
			{[]error{driver.ErrBadConn, other}, 1, 1},
			{[]error{driver.ErrBadConn, driver.ErrBadConn, driver.ErrBadConn}, 2, 1},
			{[]error{driver.ErrBadConn, driver.ErrBadConn, driver.ErrBadConn, nil}, 2, 1}, // somebody asks again
			{[]error{other, nil}, 0, 1},
		} {
			ctx, r := budget.NewContext(t.Context())
			_, scope := budget.With(ctx, "scope", budget.Budget{})
			for _, err := range test.errs {
				attempt(scope, err)
			}
			for _, r := range []*budget.Recorder{r, scope} {
				if got := r.Totals(); got.Retries != test.retries || got.Errors != test.errors {
					t.Errorf("%s, %v: %d retries, %d errors", name, test.errs, got.Retries, got.Errors)
				}
			}
		}
		attempt(nil, driver.ErrBadConn)
	}
}

func TestRetriedOperationsAreToldApart(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	for _, err := range []error{driver.ErrBadConn, nil} {
		d := budget.NewDatabase(budget.DatabaseOptions{})
		d.Began(ctx, r, r.Clock(), err)
	}
	st := users
	for _, err := range []error{driver.ErrBadConn, nil} {
		db.Prepared(r, st, r.Clock(), err)
		st = rename
	}
	db.Connected(r, r.Clock(), driver.ErrBadConn)
	db.Connected(r, r.Clock(), nil) // from another line
	if got := r.Totals(); got.Retries != 0 || got.Errors != 3 || got.Prepares != 2 || got.Connects != 2 {
		t.Errorf("got %+v", got)
	}
}

// A transaction that was begun without a context belongs to the unit of its first
// query, and to no other.
func TestTransactionBelongsToItsFirstQuery(t *testing.T) {
	ctx, unit := budget.NewContext(t.Context())
	_, scope := budget.With(ctx, "scope", budget.Budget{})
	_, other := budget.NewContext(t.Context())
	var tx budget.Transaction
	for _, r := range []*budget.Recorder{nil, scope, unit, other} {
		must(t, queryIn(r, &tx))
	}
	began := tx.Clock()
	tx.Committed(began-time.Millisecond, nil)
	for r, want := range map[*budget.Recorder]struct {
		transactions int64
		number       int
		time         bool
	}{unit: {1, 1, true}, scope: {1, 1, true}, other: {0, -1, false}} {
		got := r.Report()
		if got.Totals.Transactions != want.transactions || got.Totals.TransactionTime >= time.Millisecond != want.time {
			t.Errorf("got %+v", got.Totals)
		}
		for _, q := range got.Queries {
			if q.Transaction != want.number {
				t.Errorf("a query in transaction %d, want %d", q.Transaction, want.number)
			}
		}
	}
}

// One that Without cut off stays where it is.
func TestTransactionThatCountsNowhere(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	tx := db.Began(budget.Without(t.Context()), nil, 0, nil)
	must(t, queryIn(r, &tx))
	if got := r.Report(); got.Totals.Transactions != 0 || got.Queries[0].Transaction != -1 {
		t.Errorf("got %+v", got.Totals)
	}
}

func queryIn(r *budget.Recorder, tx *budget.Transaction) error {
	x, err := r.Start(budget.Call{Database: db, Statement: users, Transaction: tx})
	x.End(0, nil)
	return err
}
