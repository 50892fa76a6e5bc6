// Package cgo calls C between its queries.
package cgo

// static int half(int n) { return n / 2; }
import "C"

import (
	"context"
	"database/sql"
)

// Save writes numbers, one by one.
func Save(ctx context.Context, db *sql.DB, numbers ...int) error {
	for _, n := range numbers {
		if _, err := db.ExecContext(ctx, "INSERT INTO halves (n) VALUES (?)", int(C.half(C.int(n)))); err != nil {
			return err
		}
	}
	return nil
}
