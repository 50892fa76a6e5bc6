package adaptortest

import (
	"context"

	"github.com/querybudget/querybudget/budget"
)

// Adaptor is a database behind the wrapper under test, with an empty table of ids. All
// methods but Close may be called from several goroutines.
type Adaptor interface {
	Queries
	// Fail sends a statement that the database refuses, and returns its error.
	Fail(ctx context.Context) error
	// Begin begins a transaction.
	Begin(ctx context.Context) (Tx, error)
	// Prepare prepares the statement of Select.
	Prepare(ctx context.Context) (Statement, error)
	// Conn takes a connection out of the pool.
	Conn(ctx context.Context) (Conn, error)
	// Ping looks whether the database is there.
	Ping(ctx context.Context) error
	// Database is the account's side of the handle.
	Database() *budget.Database
}

// SentRows is an Adaptor that counts the rows which the server sent, and cannot tell how
// many of them the application read.
type SentRows interface {
	Adaptor
	CountsSentRows()
}

// Queries is what a pool, a connection and a transaction can do.
type Queries interface {
	// Insert writes the row with an id.
	Insert(ctx context.Context, id int) error
	// Select reads the row with an id to its end: no row, or one.
	Select(ctx context.Context, id int) error
	// Open sends the query for all rows, and leaves them open.
	Open(ctx context.Context) (Rows, error)
}

// Rows are an open result.
type Rows interface {
	// Next reads a row, and reports whether there was one.
	Next() bool
	Close() error
}

// Tx is a transaction.
type Tx interface {
	Queries
	// Prepare prepares the statement of Select in the transaction.
	Prepare(ctx context.Context) (Statement, error)
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
}

// Statement is a prepared Select.
type Statement interface {
	Select(ctx context.Context, id int) error
	Close() error
}

// Conn is a connection of its own.
type Conn interface {
	Queries
	Ping(ctx context.Context) error
	// Control sends a text without arguments, such as BEGIN.
	Control(ctx context.Context, text string) error
	Close() error
}

// TB is the part of testing.TB that [Verify] needs.
type TB interface {
	Helper()
	Context() context.Context
	Log(args ...any)
	Error(args ...any)
}
