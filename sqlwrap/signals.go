package sqlwrap

import (
	"context"
	"database/sql/driver"
)

// The presence of these interfaces on a connection is a signal to database/sql,
// so a wrapped connection has what the bare one has:
//
//   - With Execer or Queryer, arguments are checked before the driver is asked,
//     and it may decline (sql.go: DB.execDC, DB.queryDC).
//   - Only with both SessionResetter and Validator is a connection kept whose
//     transaction was rolled back by its context (sql.go: DB.beginDC).
//
// Each is a small struct, and the combinations are structs that embed them.
type (
	execer    struct{ conn *conn }
	queryer   struct{ conn *conn }
	resetter  struct{ conn *conn }
	validator struct{ bare driver.Validator }
)

func (r resetter) ResetSession(ctx context.Context) error {
	return reveal(reset(ctx, r.conn.resets))
}

func (v validator) IsValid() bool { return v.bare.IsValid() }

// wrapConn wraps a connection in the form that sends the same signals.
func wrapConn(c *conn) driver.Conn {
	_, resets := c.bare.(driver.SessionResetter)
	v, validates := c.bare.(driver.Validator)
	switch {
	case resets && validates:
		return wrapKept(c, validator{v})
	case validates:
		return wrapValidated(c, validator{v})
	default:
		return wrapReset(c)
	}
}

// wrapReset is for connections without a Validator. A resetter without one is
// no signal.
func wrapReset(c *conn) driver.Conn {
	r := resetter{c}
	e, q := execer{c}, queryer{c}
	switch {
	case executes(c.bare) && queries(c.bare):
		return struct {
			*conn
			execer
			queryer
			resetter
		}{c, e, q, r}
	case executes(c.bare):
		return struct {
			*conn
			execer
			resetter
		}{c, e, r}
	case queries(c.bare):
		return struct {
			*conn
			queryer
			resetter
		}{c, q, r}
	default:
		return struct {
			*conn
			resetter
		}{c, r}
	}
}

// wrapValidated is for connections with a Validator only.
func wrapValidated(c *conn, v validator) driver.Conn {
	e, q := execer{c}, queryer{c}
	switch {
	case executes(c.bare) && queries(c.bare):
		return struct {
			*conn
			execer
			queryer
			validator
		}{c, e, q, v}
	case executes(c.bare):
		return struct {
			*conn
			execer
			validator
		}{c, e, v}
	case queries(c.bare):
		return struct {
			*conn
			queryer
			validator
		}{c, q, v}
	default:
		return struct {
			*conn
			validator
		}{c, v}
	}
}

// wrapKept is for connections with both.
func wrapKept(c *conn, v validator) driver.Conn {
	r := resetter{c}
	e, q := execer{c}, queryer{c}
	switch {
	case executes(c.bare) && queries(c.bare):
		return struct {
			*conn
			execer
			queryer
			resetter
			validator
		}{c, e, q, r, v}
	case executes(c.bare):
		return struct {
			*conn
			execer
			resetter
			validator
		}{c, e, r, v}
	case queries(c.bare):
		return struct {
			*conn
			queryer
			resetter
			validator
		}{c, q, r, v}
	default:
		return struct {
			*conn
			resetter
			validator
		}{c, r, v}
	}
}

// executes and queries tell whether a connection takes statements without
// preparing them. The older interfaces count.
func executes(c driver.Conn) bool {
	switch c.(type) {
	case driver.ExecerContext, driver.Execer: //nolint:staticcheck // drivers still have it
		return true
	}
	return false
}

func queries(c driver.Conn) bool {
	switch c.(type) {
	case driver.QueryerContext, driver.Queryer: //nolint:staticcheck // drivers still have it
		return true
	}
	return false
}
