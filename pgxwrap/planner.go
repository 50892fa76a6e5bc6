package pgxwrap

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Planner returns what package explain needs of a pool, to plan statements and to prove
// repairs. Its sessions have connections of their own, made as the pool makes them with
// BeforeConnect and AfterConnect: they take none of the pool's, are seen by no tracer,
// count in no account, and are closed afterwards. It is safe for concurrent use, and
// panics if pool is nil.
func Planner(pool *pgxpool.Pool) PoolPlanner {
	if pool == nil {
		panic("pgxwrap: Planner of a nil *pgxpool.Pool")
	}
	return PoolPlanner{pool}
}

// PoolPlanner is a planner of a pool, see [Planner].
type PoolPlanner struct{ pool *pgxpool.Pool }

// maxConnect is how long a session waits for its connection.
const maxConnect = time.Second

// Session calls use with one connection, and returns the error of use. Run sends one
// statement and returns all of its rows, in the types of database/sql; it is not used after
// use has returned, and by one goroutine only.
func (p PoolPlanner) Session(
	ctx context.Context,
	use func(run func(ctx context.Context, query string, args ...any) (columns []string, rows [][]any, err error)) error,
) (err error) {
	db := p.open()
	defer func() { err = errors.Join(err, db.Close()) }()
	waiting, cancel := context.WithTimeout(ctx, maxConnect)
	defer cancel()
	conn, err := db.Conn(waiting)
	if err != nil {
		return fmt.Errorf("pgxwrap: connect a session of its own: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return use(func(ctx context.Context, query string, args ...any) ([]string, [][]any, error) {
		return readAll(conn.QueryContext(ctx, query, args...))
	})
}

// open returns a handle whose connections are like those of the pool.
func (p PoolPlanner) open() *sql.DB {
	config := p.pool.Config()
	config.ConnConfig.Tracer = nil
	var options []stdlib.OptionOpenDB
	if hook := config.BeforeConnect; hook != nil {
		options = append(options, stdlib.OptionBeforeConnect(hook))
	}
	if hook := config.AfterConnect; hook != nil {
		options = append(options, stdlib.OptionAfterConnect(hook))
	}
	return stdlib.OpenDB(*config.ConnConfig, options...)
}

func readAll(rows *sql.Rows, sent error) (columns []string, all [][]any, err error) {
	if sent != nil {
		return nil, nil, sent
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		all = append(all, row)
	}
	return columns, all, rows.Err()
}
