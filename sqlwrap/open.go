package sqlwrap

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// Open opens a database like [sql.Open], with the driver wrapped.
func Open(driverName, dataSourceName string) (*sql.DB, error) {
	return Config{}.Open(driverName, dataSourceName)
}

// Open is like the function of that name, with the configuration of c.
func (c Config) Open(driverName, dataSourceName string) (*sql.DB, error) {
	// sql.Open is the only way to a driver by its name. It connects to nothing.
	bare, err := sql.Open(driverName, dataSourceName)
	if err != nil {
		return nil, err
	}
	d := bare.Driver()
	if err := bare.Close(); err != nil {
		return nil, fmt.Errorf("sqlwrap: open %s: %w", driverName, err)
	}
	inner, err := driverConnector(d, dataSourceName)
	if err != nil {
		return nil, err
	}
	wrapped := c.Connector(inner)
	db := sql.OpenDB(wrapped)
	wrapped.(*connector).watch(db)
	return db, nil
}

// watch lets the account know the pool of db.
func (c *connector) watch(db *sql.DB) {
	c.connected.Lock()
	defer c.connected.Unlock()
	if c.pool = poolOf(db); c.handle != nil {
		c.handle.database.WatchPool(c.pool)
	}
}

// poolOf looks at the pool of a handle.
func poolOf(db *sql.DB) func() budget.Pool {
	return func() budget.Pool {
		s := db.Stats()
		return budget.Pool{Max: s.MaxOpenConnections, InUse: s.InUse, Waits: s.WaitCount}
	}
}

// driverConnector makes the connector that sql.Open would make.
func driverConnector(d driver.Driver, dataSourceName string) (driver.Connector, error) {
	if dc, ok := d.(driver.DriverContext); ok {
		return dc.OpenConnector(dataSourceName)
	}
	return dsnConnector{driver: d, dsn: dataSourceName}, nil
}

// dsnConnector connects with a driver that has no connectors of its own.
type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.driver }

// errNotWrapped is what Database answers for other handles.
var errNotWrapped = errors.New(
	"sqlwrap: the database was not opened with sqlwrap: use sqlwrap.Open or sql.OpenDB(sqlwrap.Connector(...))",
)

// Database returns the account's side of a handle, above all for what ran on it
// unattributed: in contexts without a recorder. From then on the account knows the pool
// of db, as it does after [Open]. It borrows a connection from the
// pool for a moment, which may fail or, if ctx says so, take too long. It
// returns an error if db was not opened with this package.
func Database(ctx context.Context, db *sql.DB) (*budget.Database, error) {
	if db == nil {
		return nil, errors.New("sqlwrap: Database of a nil *sql.DB")
	}
	c, err := db.Conn(budget.Without(ctx))
	if err != nil {
		return nil, fmt.Errorf("sqlwrap: Database: %w", err)
	}
	var found *budget.Database
	err = c.Raw(func(raw any) error {
		if found = accountOf(raw); found == nil {
			return errNotWrapped
		}
		return nil
	})
	if found != nil {
		found.WatchPool(poolOf(db))
	}
	return found, errors.Join(err, c.Close())
}
