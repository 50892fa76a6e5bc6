package explain

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// Planner gives this package a connection of its own. Its types are those of the standard
// library, so that a wrapper of another driver can offer one without an import of this
// package.
//
// Session calls use with one connection that nobody else has, and returns the error of
// use. Its statements count in no account. The connection is closed afterwards and not
// given back, unless the application keeps something in it. Session does not wait for a
// connection for longer than a second.
//
// The function run sends one statement and returns all of its rows. It is not used after
// use has returned, and by one goroutine only.
type Planner interface {
	Session(ctx context.Context, use func(run func(ctx context.Context, query string, args ...any) (columns []string, rows [][]any, err error)) error) error
}

// run is what a Planner hands out.
type run = func(ctx context.Context, query string, args ...any) (columns []string, rows [][]any, err error)

// maxWait is how long a session waits for a connection of the pool: the application may
// hold the last one until the plan is there.
const maxWait = time.Second

// SQL returns a Planner for a handle, wrapped by package sqlwrap or not. It takes a
// connection of the pool, with the settings that the pool's connections have, and closes
// it. It gives it back where it is the only one that the pool may have, and where
// something lives in it: an SQLite database in memory, temporary tables, locks and
// settings of a PostgreSQL session. It is safe for concurrent use, and panics if db is
// nil.
func SQL(db *sql.DB) Planner {
	if db == nil {
		panic("explain: SQL of a nil *sql.DB")
	}
	return pool{db}
}

type pool struct{ db *sql.DB }

func (p pool) Session(ctx context.Context, use func(run) error) error {
	ctx = budget.Without(ctx)
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	send := sender(c)
	keep := true
	defer func() {
		if !keep {
			// database/sql closes a connection of which it is told that it is broken.
			_ = c.Raw(func(any) error { return driver.ErrBadConn })
		}
		_ = c.Close()
	}()
	keep = p.db.Stats().MaxOpenConnections == 1 || holdsState(ctx, send)
	return use(send)
}

func (p pool) take(ctx context.Context) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	c, err := p.db.Conn(waiting)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("explain: no connection of the pool was free for %v (at most %d may be open): close rows and "+
			"transactions before, or allow one more: %w", maxWait, p.db.Stats().MaxOpenConnections, err)
	}
	if err != nil {
		return nil, fmt.Errorf("explain: connect: %w", err)
	}
	return c, nil
}

// Tx returns a Planner that sends its statements in an open transaction, and takes back
// what it changed there: for tests whose schema or data is in a transaction that nobody
// else can see. On PostgreSQL it uses a savepoint. It panics if tx is nil.
func Tx(tx *sql.Tx) Planner {
	if tx == nil {
		panic("explain: Tx of a nil *sql.Tx")
	}
	return transaction{tx}
}

type transaction struct{ tx *sql.Tx }

func (t transaction) Session(ctx context.Context, use func(run) error) error {
	return use(sender(t.tx))
}

// InTransaction reports true, see inTransaction.
func (t transaction) InTransaction() bool { return true }

// inTransaction is what a Planner may implement whose sessions are in a transaction that
// must go on.
type inTransaction interface{ InTransaction() bool }

// sender makes a run of what database/sql has to send statements with.
func sender(q interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) run {
	return func(ctx context.Context, query string, args ...any) (columns []string, all [][]any, err error) {
		rows, err := q.QueryContext(budget.Without(ctx), query, args...)
		if err != nil {
			return nil, nil, err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		if columns, err = rows.Columns(); err != nil {
			return nil, nil, err
		}
		for rows.Next() {
			row := make([]any, len(columns))
			into := make([]any, len(columns))
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
}
