package pgxwrap

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
)

// Handle returns what tests need of a pool: it is for budgettest.DoctorOf, which proves how an
// application is wired, and for budgettest.Want.Handle, which also sees queries without a
// context of the test. It is safe for concurrent use, and panics if pool is nil.
func Handle(pool *pgxpool.Pool) PoolHandle {
	if pool == nil {
		panic("pgxwrap: Handle of a nil *pgxpool.Pool")
	}
	return PoolHandle{pool}
}

// PoolHandle is a pool as tests see it, see [Handle].
type PoolHandle struct{ pool *pgxpool.Pool }

// errNotCounted is what Account answers for other pools.
var errNotCounted = errors.New("pgxwrap: the pool was not made of a configuration that passed through pgxwrap.Config")

// Account is like [Database], with an error for a pool whose queries are not counted.
func (h PoolHandle) Account(context.Context) (*budget.Database, error) {
	if d := Database(h.pool); d != nil {
		return d, nil
	}
	return nil, errNotCounted
}

// Ask sends a query and reads its rows.
func (h PoolHandle) Ask(ctx context.Context, query string) error {
	rows, err := h.pool.Query(ctx, query)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}
