package zerocode

import (
	"context"
	"database/sql/driver"
	"io"
	"log/slog"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Connector wraps the connector of a handle. What is sent without a recorder in its
// context belongs to the goroutine's unit.
func Connector(c driver.Connector) driver.Connector {
	opens()
	config := sqlwrap.Config{Logger: slog.New(slog.DiscardHandler), AppPackages: named(ModulesVariable)}
	return connector{config.Connector(c)}
}

// Raw returns the connection below ours, which a program without us would get: nobody in a
// watched program knows our wrapper. An application that uses querybudget itself finds its
// own one there.
func Raw(c any) any {
	ours, ok := c.(interface {
		Account() *budget.Database // of this copy of the package
		Raw() driver.Conn
	})
	if !ok {
		return c
	}
	return ours.Raw()
}

type connector struct{ driver.Connector }

func (c connector) Close() error {
	if closer, ok := c.Connector.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if own, ok := conn.(interface{ Account() *budget.Database }); ok {
		_, _ = own.Account().RecordWith(recorder) // the handle's second connection has it already
	}
	return conn, nil
}
