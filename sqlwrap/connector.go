package sqlwrap

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// connector is the wrapped driver.Connector.
type connector struct {
	bare   driver.Connector // the driver's
	via    driver.Connector // the way to it: the same, but for Config.Inner
	config Config
	inner  bool // whether there is a Config.Inner

	connected sync.Mutex
	handle    *handle // nil before the first connection, unless there is a Config.Inner
}

// Driver returns the driver itself: people switch on its type.
func (c *connector) Driver() driver.Driver { return c.bare.Driver() }

// Connect connects. database/sql calls it with the context of the query that
// needs the connection, unless the pool was exhausted.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	r := budget.FromContext(ctx)
	began := r.Clock()
	via, err := c.via.Connect(c.contextOf(ctx))
	err = reveal(err)
	r.Connected(began, err)
	if err != nil {
		return nil, err
	}
	return c.wrap(via)
}

func (c *connector) contextOf(ctx context.Context) context.Context {
	if c.inner {
		return c.handle.database.Context(ctx, nil)
	}
	return ctx
}

func (c *connector) wrap(via driver.Conn) (driver.Conn, error) {
	if !c.inner {
		return wrapConn(newConn(via, via, nil, c.handleOf(via))), nil
	}
	lower, err := findLower(via)
	if err != nil {
		return nil, errors.Join(err, via.Close())
	}
	return wrapConn(newConn(via, lower.bare, lower, c.handle)), nil
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
