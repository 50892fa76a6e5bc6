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
// Each is a small struct, and the combinations are structs that embed them. Their name
// is what a failed type assertion prints in [database/sql.Conn.Raw]: it is the same in
// all of them, and says where to look.
//
// The forms of Execer and Queryer without a context (old.go) are no signal beside those
// with one. They are there for drivers that have one of them. A connection that takes
// either executions or queries has them in any case: nobody is misled, since whoever
// knows contexts does not ask for them.
type (
	execer    struct{ conn *conn }
	queryer   struct{ conn *conn }
	resetter  struct{ conn *conn }
	validator struct {
		bare driver.Validator
		conn *conn
	}
)

// ResetSession is called when a connection is taken from the pool again, IsValid when it is
// given back: one of them stands between any two holders of it.
func (r resetter) ResetSession(ctx context.Context) error {
	r.conn.account.Released()
	return reveal(reset(ctx, r.conn.resets))
}

func (v validator) IsValid() bool {
	v.conn.account.Released()
	return v.bare.IsValid()
}

// wrapConn wraps a connection in the form that sends the same signals.
func wrapConn(c *conn) driver.Conn {
	_, resets := c.bare.(driver.SessionResetter)
	v, validates := c.bare.(driver.Validator)
	switch {
	case resets && validates:
		return wrapKept(c, resetter{c}, validator{v, c})
	case validates:
		return wrapValidated(c, validator{v, c})
	default:
		return wrapReset(c, resetter{c})
	}
}

// wrapReset is for connections without a Validator. A resetter without one is no
// signal.
func wrapReset(c *conn, r resetter) driver.Conn {
	e, q := execer{c}, queryer{c}
	switch {
	case executes(c.bare) && queries(c.bare) && isOld(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldExecer
			oldQueryer
			resetter
		}
		return wrappedConnSeeSqlwrapRaw{c, oldExecer{e}, oldQueryer{q}, r}
	case executes(c.bare) && queries(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			execer
			queryer
			resetter
		}
		return wrappedConnSeeSqlwrapRaw{c, e, q, r}
	case executes(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldExecer
			resetter
		}
		return wrappedConnSeeSqlwrapRaw{c, oldExecer{e}, r}
	case queries(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldQueryer
			resetter
		}
		return wrappedConnSeeSqlwrapRaw{c, oldQueryer{q}, r}
	default:
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			resetter
		}
		return wrappedConnSeeSqlwrapRaw{c, r}
	}
}

// wrapValidated is for connections with a Validator only.
func wrapValidated(c *conn, v validator) driver.Conn {
	e, q := execer{c}, queryer{c}
	switch {
	case executes(c.bare) && queries(c.bare) && isOld(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldExecer
			oldQueryer
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, oldExecer{e}, oldQueryer{q}, v}
	case executes(c.bare) && queries(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			execer
			queryer
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, e, q, v}
	case executes(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldExecer
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, oldExecer{e}, v}
	case queries(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldQueryer
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, oldQueryer{q}, v}
	default:
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, v}
	}
}

// wrapKept is for connections with both.
func wrapKept(c *conn, r resetter, v validator) driver.Conn {
	e, q := execer{c}, queryer{c}
	switch {
	case executes(c.bare) && queries(c.bare) && isOld(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldExecer
			oldQueryer
			resetter
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, oldExecer{e}, oldQueryer{q}, r, v}
	case executes(c.bare) && queries(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			execer
			queryer
			resetter
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, e, q, r, v}
	case executes(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldExecer
			resetter
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, oldExecer{e}, r, v}
	case queries(c.bare):
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			oldQueryer
			resetter
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, oldQueryer{q}, r, v}
	default:
		type wrappedConnSeeSqlwrapRaw struct {
			*conn
			resetter
			validator
		}
		return wrappedConnSeeSqlwrapRaw{c, r, v}
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
