package store

import (
	"context"
	"errors"
	"strings"

	"github.com/jmoiron/sqlx"
)

// OrderSlowly inserts the lines of an order one by one.
func (s *Store) OrderSlowly(ctx context.Context, customer string, lines []Line) error {
	return s.order(ctx, customer, func(tx *sqlx.Tx, order int64) error {
		for _, l := range lines {
			_, err := tx.ExecContext(ctx, tx.Rebind("INSERT INTO order_lines (order_id, book_id, quantity) VALUES (?, ?, ?)"), // OrderSlowly: each
				order, l.BookID, l.Quantity)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Order inserts the lines of an order with one statement.
func (s *Store) Order(ctx context.Context, customer string, lines []Line) error {
	return s.order(ctx, customer, func(tx *sqlx.Tx, order int64) error {
		if len(lines) == 0 {
			return nil
		}
		var args []any
		for _, l := range lines {
			args = append(args, order, l.BookID, l.Quantity)
		}
		values := strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(lines)), ", ")
		_, err := tx.ExecContext(ctx, tx.Rebind("INSERT INTO order_lines (order_id, book_id, quantity) VALUES "+values), args...)
		return err
	})
}

// order inserts an order and its lines in a transaction.
func (s *Store) order(ctx context.Context, customer string, insertLines func(*sqlx.Tx, int64) error) error {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	id, err := insertOrder(ctx, tx, customer)
	if err == nil {
		err = insertLines(tx, id)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// insertOrder returns the new order's id: pgx has no LastInsertId, MySQL no
// RETURNING.
func insertOrder(ctx context.Context, tx *sqlx.Tx, customer string) (id int64, err error) {
	const insert = "INSERT INTO orders (customer) VALUES (?)"
	if tx.DriverName() == "pgx" {
		err = tx.GetContext(ctx, &id, tx.Rebind(insert+" RETURNING id"), customer)
		return id, err
	}
	result, err := tx.ExecContext(ctx, insert, customer)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}
