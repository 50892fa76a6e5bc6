package sqlwrap

import (
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap/internal/fingerprint"
)

// Config holds what is optional. The zero value is the default, and what the
// functions [Open] and [Connector] use.
type Config struct {
	// Database names the handle, for services with replicas, shards or a
	// database for each tenant: queries to different names are never taken
	// together. Default: no name.
	Database string
	// System is the kind of database: "postgresql", "mysql", "mariadb",
	// "sqlite" or "microsoft.sql_server", the names of OpenTelemetry. It decides
	// how text is read. Default: told by the driver; if that is not a known one,
	// text is read as standard SQL.
	System string
	// SkipPackages are import paths, each with all packages below it, that are
	// not the place where a query comes from, but lead to it: a repository
	// layer, generated code. The usual data libraries are known.
	SkipPackages []string
	// Arguments keeps the text and the argument values of the queries in
	// budget.Query, in memory: at most 32 values of 256 bytes each. They may be
	// personal data. Default: they are not kept.
	Arguments bool
	// ShapeBytes is the length to which shapes are cut, in bytes. Default: 2048.
	ShapeBytes int
}

// Connector wraps c, for [sql.OpenDB]. A connector that is wrapped already is
// returned as it is, so that no query counts twice. It panics if c is nil.
func Connector(c driver.Connector) driver.Connector {
	return Config{}.Connector(c)
}

// Connector is like the function of that name, with the configuration of c.
func (c Config) Connector(bare driver.Connector) driver.Connector {
	if bare == nil {
		panic("sqlwrap: Connector of a nil driver.Connector")
	}
	if _, ok := bare.(*connector); ok {
		return bare
	}
	return &connector{bare: bare, handle: c.newHandle(bare.Driver())}
}

// handle is what all connections of a database handle share.
type handle struct {
	database   *budget.Database
	statements *fingerprint.Cache
	hash       hasher
	arguments  bool
}

func (c Config) newHandle(d driver.Driver) *handle {
	system := c.System
	if system == "" {
		system = systemOf(d)
	}
	shape := c.ShapeBytes
	if shape <= 0 {
		shape = 2048
	}
	hash := newHasher()
	return &handle{
		database: budget.NewDatabase(budget.DatabaseOptions{
			Name: c.Database, System: system, SkipPackages: c.SkipPackages,
		}),
		statements: fingerprint.NewCache(fingerprint.NewReader(dialectOf(system), shape, hash.seed)),
		hash:       hash,
		arguments:  c.Arguments,
	}
}
