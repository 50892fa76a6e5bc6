// Package sqlcstyle has the form of the packages that sqlc generates: methods on
// Queries, in files called *.sql.go. Tests use it to check that call sites are
// found behind it.
package sqlcstyle

import (
	"context"
	"database/sql"
)

// DBTX is a *sql.DB or a *sql.Tx.
type DBTX interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// Queries has a method for each query.
type Queries struct {
	db     DBTX
	rebind func(string) string
}

// New returns queries on db, with the placeholders that rebind writes.
func New(db DBTX, rebind func(string) string) *Queries { return &Queries{db, rebind} }
