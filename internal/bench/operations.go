package main

import (
	"context"
	"database/sql"
	"fmt"
)

// The statements of the fake driver.
const (
	oneRow   = "SELECT id FROM books WHERE id = $1"
	manyRows = "SELECT id FROM books WHERE author_id = $1"
	oneExec  = "UPDATE books SET title = $1 WHERE id = 7"
)

// statements are those of a page that asks for something else each time.
var statements = func() (out [perRequest]string) {
	for i := range out {
		out[i] = fmt.Sprintf("SELECT id, column_%d FROM table_%d WHERE id = $1", i, i)
	}
	return out
}()

// operation is something that a service does with a database.
type operation struct {
	name string
	// prepare returns what is to be measured. N is different each time.
	prepare func(db *sql.DB) (func(ctx context.Context, n int) error, error)
}

const (
	queryRow = "QueryRow"
	several  = "QueryRow, 20 statements"
	hundred  = "100 rows"
	execRow  = "Exec"
	prepared = "prepared QueryRow"
	beginTx  = "Begin, Commit"
)

func operations() []operation {
	return []operation{
		{queryRow, func(db *sql.DB) (func(context.Context, int) error, error) {
			return func(ctx context.Context, n int) error {
				var id int64
				return db.QueryRowContext(ctx, oneRow, n).Scan(&id)
			}, nil
		}},
		{several, func(db *sql.DB) (func(context.Context, int) error, error) {
			return func(ctx context.Context, n int) error {
				var id int64
				return db.QueryRowContext(ctx, statements[n%len(statements)], n).Scan(&id)
			}, nil
		}},
		{hundred, func(db *sql.DB) (func(context.Context, int) error, error) {
			return func(ctx context.Context, n int) error {
				rows, err := db.QueryContext(ctx, manyRows, n)
				if err != nil {
					return err
				}
				defer rows.Close() //nolint:errcheck // it was read to its end
				var id int64
				for rows.Next() {
					if err := rows.Scan(&id); err != nil {
						return err
					}
				}
				return rows.Err()
			}, nil
		}},
		{execRow, func(db *sql.DB) (func(context.Context, int) error, error) {
			return func(ctx context.Context, n int) error {
				_, err := db.ExecContext(ctx, oneExec, n)
				return err
			}, nil
		}},
		{prepared, func(db *sql.DB) (func(context.Context, int) error, error) {
			stmt, err := db.PrepareContext(context.Background(), oneRow) //nolint:sqlclosecheck // it goes with its database
			return func(ctx context.Context, n int) error {
				var id int64
				return stmt.QueryRowContext(ctx, n).Scan(&id)
			}, err
		}},
		{beginTx, func(db *sql.DB) (func(context.Context, int) error, error) {
			return func(ctx context.Context, _ int) error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				return tx.Commit()
			}, nil
		}},
	}
}
