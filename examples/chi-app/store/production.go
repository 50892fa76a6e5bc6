package store

import (
	"context"
	"database/sql"
	"errors"
)

// Pay asks a payment service for an amount.
type Pay func(ctx context.Context, amount int) error

const (
	insertOrdered = "INSERT INTO orders (customer) VALUES (?)"
	updatePaid    = "UPDATE orders SET customer = customer WHERE customer = ?"
)

// CheckoutSlowly asks the payment service inside of its transaction, which holds a
// connection and the order's row meanwhile.
func (s *Store) CheckoutSlowly(ctx context.Context, customer string, pay Pay) error {
	return s.inTransaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.db.Rebind(insertOrdered), customer); err != nil {
			return err
		}
		if err := pay(ctx, 12); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.db.Rebind(updatePaid), customer)
		return err
	})
}

// Checkout asks before it begins the transaction.
func (s *Store) Checkout(ctx context.Context, customer string, pay Pay) error {
	if err := pay(ctx, 12); err != nil {
		return err
	}
	return s.inTransaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.db.Rebind(insertOrdered), customer); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.db.Rebind(updatePaid), customer)
		return err
	})
}

func (s *Store) inTransaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// endless are queries that nobody has the answer to within a minute.
var endless = map[string]string{
	"sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
	"pgx":    "SELECT count(*) FROM (SELECT pg_sleep(60)) s",
	"mysql":  "SELECT count(*) FROM (SELECT SLEEP(60)) s",
}

// Hang asks what the database has no answer to, until ctx ends.
func (s *Store) Hang(ctx context.Context) (n int, err error) {
	err = s.db.GetContext(ctx, &n, endless[s.db.DriverName()])
	return n, err
}
