package sqlwrap

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// connector is the wrapped driver.Connector.
type connector struct {
	bare   driver.Connector // the driver's
	via    driver.Connector // the way to it: the same, but for Config.Inner
	config Config
	inner  bool               // whether there is a Config.Inner
	pool   func() budget.Pool // nil where it is not known

	connected sync.Mutex
	handle    *handle // nil before the first connection, unless there is a Config.Inner
}

// Driver returns the driver itself: people switch on its type.
func (c *connector) Driver() driver.Driver { return c.bare.Driver() }

// Connect connects. database/sql calls it with the context of the query that
// needs the connection, unless the pool was exhausted.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	direct := poolIsAbove()
	via, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return c.wrap(via, direct)
}

func (c *connector) connect(ctx context.Context) (via driver.Conn, err error) {
	r := budget.FromContext(ctx)
	began := r.Clock()
	err = panicOrGoexit{}
	defer func() { c.account().Connected(r, began, err) }()
	via, err = c.via.Connect(c.contextOf(ctx))
	err = reveal(err)
	return via, err
}

// contextOf tells whoever is below that what the connection sends is counted here: Inner,
// and instrumentation in the driver itself that would count it, too.
func (c *connector) contextOf(ctx context.Context) context.Context {
	return c.account().Context(ctx, nil)
}

// wrap wraps a connection, unless what runs on it is counted anyway.
func (c *connector) wrap(via driver.Conn, direct bool) (driver.Conn, error) {
	if !c.inner {
		if countedBelow(via) {
			return via, nil
		}
		return wrapWatched(newConn(via, via, nil, c.handleOf(via)), direct), nil
	}
	lower, err := findLower(via)
	if err != nil {
		return nil, errors.Join(err, via.Close())
	}
	if countedBelow(lower.bare) {
		return lower.bare, nil
	}
	return wrapWatched(newConn(via, lower.bare, lower, c.handle), direct), nil
}

func wrapWatched(c *conn, direct bool) driver.Conn {
	c.account.Watched = direct
	return wrapConn(c)
}

// poolIsAbove reports whether database/sql itself called the function that calls this one:
// then it tells a connection when it is given back. Others in between may keep that to
// themselves.
func poolIsAbove() bool {
	var pc [1]uintptr
	if runtime.Callers(3, pc[:]) == 0 {
		return false
	}
	frame, _ := runtime.CallersFrames(pc[:]).Next()
	return strings.HasPrefix(frame.Function, "database/sql.(*DB).")
}

// account returns the account, nil before the first connection: it need only be the
// same one for all attempts at that.
func (c *connector) account() *budget.Database {
	c.connected.Lock()
	defer c.connected.Unlock()
	if c.handle == nil {
		return nil
	}
	return c.handle.database
}

// handleOf returns what all connections share. The first of them may tell the kind of
// database where the connector did not: some choose the driver when they connect.
func (c *connector) handleOf(first driver.Conn) *handle {
	c.connected.Lock()
	defer c.connected.Unlock()
	if c.handle == nil {
		if c.config.System == "" {
			c.config.System = systemOf(first)
		}
		c.handle = c.config.newHandle(c.bare)
		if c.pool != nil {
			c.handle.database.WatchPool(c.pool)
		}
	}
	return c.handle
}

// Close closes a connector that can be closed. That database/sql finds an
// io.Closer makes no difference otherwise.
func (c *connector) Close() error {
	if closer, ok := c.via.(io.Closer); ok {
		return reveal(closer.Close())
	}
	return nil
}
