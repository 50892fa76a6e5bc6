// Package store is one module of a workspace.
package store

import (
	"context"
	"database/sql"
)

// Price reads one price.
func Price(ctx context.Context, db *sql.DB, id string) (price int) {
	_ = db.QueryRowContext(ctx, "SELECT price FROM prices WHERE book_id = ?", id).Scan(&price)
	return price
}
