package budgettest

import (
	"context"
	"database/sql"
	"errors"

	"github.com/querybudget/querybudget/budget"
)

// Handle is a database handle that is no *sql.DB: pgxwrap.Handle makes one of a pool of
// pgx. It is for [DoctorOf] and for [Want.Handle].
type Handle interface {
	// Account returns the account's side of the handle, or an error that says how the handle
	// is made so that it has one.
	Account(ctx context.Context) (*budget.Database, error)
	// Ask sends a query as the application would, and reads its rows.
	Ask(ctx context.Context, query string) error
}

// sqlHandle is the one of database/sql.
type sqlHandle struct{ db *sql.DB }

func (h sqlHandle) Account(ctx context.Context) (*budget.Database, error) {
	return databaseOf(ctx, h.db)
}

func (h sqlHandle) Ask(ctx context.Context, query string) (err error) {
	rows, err := h.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
	}
	return rows.Err()
}

// handle is what a Want watches, nil for nothing.
func (w *Want) handle() Handle {
	if w.DB != nil {
		return sqlHandle{w.DB}
	}
	return w.Handle
}
