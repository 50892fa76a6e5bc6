package sqlwrap

import (
	"database/sql/driver"
	"log/slog"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
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
	// how text is read. Default: told by the driver, also by one that others wrap; if
	// none is known, whatever could be a literal in one of these databases is taken for
	// one, and Logger is told.
	System string
	// Logger is told once for each handle whose database is not known, and once for each
	// of whose first 200 queries none had a recorder in its context. Default:
	// slog.Default() at that time.
	Logger *slog.Logger
	// SkipPackages are import paths, each with all packages below it, that are
	// not the place where a query comes from, but lead to it: a repository
	// layer, a helper that tries again, generated code. Packages of other modules need
	// not be named. Default: none.
	SkipPackages []string
	// AppPackages are import paths, each with all packages below it, that belong to
	// the application although their modules are fetched like other people's: what the
	// services of a company share. The main module, siblings in its workspace and
	// replacements by a folder need not be named. Default: none.
	AppPackages []string
	// PureFunctions are SQL functions of the application that change no data and give
	// the same answer while the tables of the statement stay the same. A SELECT that
	// calls a function which is neither one of them nor a known one of the databases
	// counts as a write. A schema and the case of letters do not count. Default: none.
	PureFunctions []string
	// Arguments keeps the text and the argument values of the queries in
	// budget.Query, in memory: at most 32 values of 256 bytes each. They may be
	// personal data. Default: they are not kept.
	Arguments bool
	// Inner wraps the driver below the account, for instrumentation that wants to know
	// what is running: it finds it with [budget.RunningQueryFromContext] in the context of
	// each call. Its connections must have a method Raw() driver.Conn. What it hides of
	// the driver's interfaces, database/sql sees all the same. Default: nothing.
	Inner func(driver.Connector) driver.Connector
	// ErrorText lets Inner see the texts of the driver's errors. They may quote
	// values. Default: it sees a [DriverError].
	ErrorText bool
	// Comment adds a comment to each query that says where it comes from, for people who
	// look at the database. Default: nil, texts are sent as they are.
	Comment *Comment
	// ShapeBytes is the length to which shapes are cut, in bytes. Default: 2048.
	ShapeBytes int
}

// Connector wraps c, for [sql.OpenDB]. A connector that is wrapped already is
// returned as it is, so that no query counts twice; the connections of one that leads
// to a wrapped connector, which it embeds or wraps, are left as they are for the same
// reason, and count on its handle. It panics if c is nil.
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
	if c.System == "" {
		c.System = systemOf(bare)
	}
	if c.Inner == nil {
		return &connector{bare: bare, via: bare, config: c}
	}
	h := c.newHandle(bare)
	via := c.Inner(&lowerConnector{bare, h})
	if via == nil {
		panic("sqlwrap: Config.Inner returned a nil driver.Connector")
	}
	return &connector{bare: bare, via: via, handle: h, inner: true, config: c}
}

// handle is what all connections of a database handle share.
type handle struct {
	database   *budget.Database
	statements *statement.Reader
	hasher     *statement.Hasher
	arguments  bool
	errorText  bool
	comments   *comments // nil without Config.Comment
}

func (c Config) newHandle(bare driver.Connector) *handle {
	if c.System == "" {
		c.sayUnknown(bare)
	}
	shape := c.ShapeBytes
	if shape <= 0 {
		shape = 2048
	}
	hasher := statement.NewHasher()
	return &handle{
		database: budget.NewDatabase(budget.DatabaseOptions{
			Name: c.Database, System: c.System, SkipPackages: c.SkipPackages, AppPackages: c.AppPackages,
			OnUnused: c.sayUnused,
		}),
		statements: statement.NewReader(statement.Dialect(c.System), hasher, shape, c.PureFunctions...),
		hasher:     hasher,
		arguments:  c.Arguments,
		errorText:  c.ErrorText,
		comments:   c.newComments(),
	}
}
