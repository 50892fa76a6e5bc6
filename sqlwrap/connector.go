package sqlwrap

import (
	"context"
	"database/sql/driver"
	"io"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// connector is the wrapped driver.Connector.
type connector struct {
	bare   driver.Connector
	handle *handle
}

// Driver returns the driver itself: people switch on its type.
func (c *connector) Driver() driver.Driver { return c.bare.Driver() }

// Connect connects. database/sql calls it with the context of the query that
// needs the connection, unless the pool was exhausted.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	began := time.Now()
	bare, err := c.bare.Connect(ctx)
	budget.FromContext(ctx).Connected(time.Since(began), err)
	if err != nil {
		return nil, err
	}
	return wrapConn(bare, c.handle), nil
}

// Close closes a connector that can be closed. That database/sql finds an
// io.Closer makes no difference otherwise.
func (c *connector) Close() error {
	if closer, ok := c.bare.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
