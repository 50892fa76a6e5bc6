package sqlwrap

import (
	"context"
	"database/sql/driver"
)

// The interfaces Execer and Queryer are from before contexts. database/sql uses them
// only where there is nothing newer, but some applications do so in
// [database/sql.Conn.Raw], and wrappers that know nothing else.
type (
	oldExecer  struct{ execer }
	oldQueryer struct{ queryer }
)

// Exec is counted as a query without a context, once.
func (e oldExecer) Exec(text string, args []driver.Value) (driver.Result, error) {
	return e.conn.exec(context.Background(), oldExecerOf(e.conn.via), text, namedValues(args))
}

// Query is counted in the same way.
func (q oldQueryer) Query(text string, args []driver.Value) (driver.Rows, error) {
	return q.conn.query(context.Background(), oldQueryerOf(q.conn.via), text, namedValues(args))
}

// isOld reports whether a connection has one of them.
func isOld(c driver.Conn) bool {
	switch c.(type) {
	case driver.Execer, driver.Queryer: //nolint:staticcheck // drivers still have it
		return true
	}
	return false
}

// oldExecerOf and oldQueryerOf return what the call would reach without a wrapper.
func oldExecerOf(c driver.Conn) driver.ExecerContext {
	if e, ok := c.(driver.Execer); ok { //nolint:staticcheck // drivers still have it
		return execerWithout{e}
	}
	return execerOf(c)
}

func oldQueryerOf(c driver.Conn) driver.QueryerContext {
	if q, ok := c.(driver.Queryer); ok { //nolint:staticcheck // drivers still have it
		return queryerWithout{q}
	}
	return queryerOf(c)
}
