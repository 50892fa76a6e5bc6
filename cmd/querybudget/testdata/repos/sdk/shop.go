// Package sdk uses querybudget itself.
package sdk

import (
	"context"
	"database/sql"

	"github.com/querybudget/querybudget/sqlwrap"
)

// Open wraps its handle.
func Open() (*sql.DB, error) { return sqlwrap.Open("fakedb", "") }

// Names asks for each.
func Names(ctx context.Context, db *sql.DB, ids ...int) {
	for _, id := range ids {
		if rows, err := db.QueryContext(ctx, "SELECT name FROM authors WHERE id = ?", id); err == nil {
			_ = rows.Close()
		}
	}
}
