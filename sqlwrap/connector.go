package sqlwrap

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/querybudget/querybudget/budget"
)

// connector is the wrapped driver.Connector.
type connector struct {
	bare   driver.Connector // the driver's
	via    driver.Connector // the way to it: the same, but for Config.Inner
	handle *handle
	inner  bool // whether there is a Config.Inner
}

// Driver returns the driver itself: people switch on its type.
func (c *connector) Driver() driver.Driver { return c.bare.Driver() }

// Connect connects. database/sql calls it with the context of the query that
// needs the connection, unless the pool was exhausted.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	via, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return c.wrap(via)
}

func (c *connector) connect(ctx context.Context) (via driver.Conn, err error) {
	r := budget.FromContext(ctx)
	began := r.Clock()
	err = panicOrGoexit{}
	defer func() { c.handle.database.Connected(r, began, err) }()
	via, err = c.via.Connect(c.contextOf(ctx))
	err = reveal(err)
	return via, err
}

func (c *connector) contextOf(ctx context.Context) context.Context {
	if c.inner {
		return c.handle.database.Context(ctx, nil)
	}
	return ctx
}

// wrap wraps a connection, unless what runs on it is counted anyway.
func (c *connector) wrap(via driver.Conn) (driver.Conn, error) {
	if !c.inner {
		if countedBelow(via) {
			return via, nil
		}
		return wrapConn(newConn(via, via, nil, c.handle)), nil
	}
	lower, err := findLower(via)
	if err != nil {
		return nil, errors.Join(err, via.Close())
	}
	if countedBelow(lower.bare) {
		return lower.bare, nil
	}
	return wrapConn(newConn(via, lower.bare, lower, c.handle)), nil
}

// Close closes a connector that can be closed. That database/sql finds an
// io.Closer makes no difference otherwise.
func (c *connector) Close() error {
	if closer, ok := c.via.(io.Closer); ok {
		return reveal(closer.Close())
	}
	return nil
}
