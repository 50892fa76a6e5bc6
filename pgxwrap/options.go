package pgxwrap

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Options hold what is optional. The zero value is the default, and what the functions
// [Config] and [ConnConfig] use.
type Options struct {
	// Database names the handle, for services with replicas, shards or a database for
	// each tenant: queries to different names are never taken together. Default: no name.
	Database string
	// Logger is told once for each handle of whose first 200 queries none had a recorder in
	// its context. Default: slog.Default() at that time.
	Logger *slog.Logger
	// SkipPackages are import paths, each with all packages below it, that are not the
	// place where a query comes from, but lead to it: a repository layer, a helper that
	// tries again, generated code. Packages of other modules need not be named. Default:
	// none.
	SkipPackages []string
	// AppPackages are import paths, each with all packages below it, that belong to the
	// application although their modules are fetched like other people's. Default: none.
	AppPackages []string
	// PureFunctions are SQL functions of the application that change no data and give the
	// same answer while the tables of the statement stay the same. A SELECT that calls a
	// function which is neither one of them nor a known one of PostgreSQL counts as a
	// write. A schema and the case of letters do not count. Default: none.
	PureFunctions []string
	// Arguments keeps the text and the argument values of the queries in budget.Query, in
	// memory: at most 32 values of 256 bytes each. They may be personal data. Default: they
	// are not kept.
	Arguments bool
	// Tracer is told of what is done for the application: otelbudget.CallTracer makes spans of
	// it. Default: none.
	Tracer budget.CallTracer
	// ShapeBytes is the length to which shapes are cut, in bytes. Default: 2048.
	ShapeBytes int
}

// Config makes pools that are made from c count their queries. It is called when c is
// complete: it wraps the hooks that c has, and stands in front of its tracer. It returns
// the account's side of the handle, which most applications have no use for. A
// configuration that counts already is left as it is. It panics if c is nil.
func Config(c *pgxpool.Config) *budget.Database { return Options{}.Config(c) }

// ConnConfig does the same for single connections.
func ConnConfig(c *pgx.ConnConfig) *budget.Database { return Options{}.ConnConfig(c) }

// Config is like the function of that name, with the options of o.
func (o Options) Config(c *pgxpool.Config) *budget.Database {
	if c == nil || c.ConnConfig == nil {
		panic("pgxwrap: Config of a nil *pgxpool.Config")
	}
	if t := tracerOf(c.ConnConfig.Tracer); t != nil {
		return t.database
	}
	excludeHooks(c)
	return o.ConnConfig(c.ConnConfig)
}

// ConnConfig is like the function of that name, with the options of o.
func (o Options) ConnConfig(c *pgx.ConnConfig) *budget.Database {
	if c == nil {
		panic("pgxwrap: ConnConfig of a nil *pgx.ConnConfig")
	}
	if t := tracerOf(c.Tracer); t != nil {
		return t.database
	}
	t := o.newTracer(c.Tracer)
	c.Tracer = t
	return t.database
}

// Database returns the account's side of a pool, above all for what ran on it
// unattributed: in contexts without a recorder. It is nil for a pool whose configuration
// did not pass through this package.
func Database(pool *pgxpool.Pool) *budget.Database {
	if t := tracerOf(pool.Config().ConnConfig.Tracer); t != nil {
		return t.database
	}
	return nil
}

// tracerOf finds our tracer, also where somebody has put another one in front of it.
func tracerOf(t pgx.QueryTracer) *tracer {
	switch t := t.(type) {
	case *tracer:
		return t
	case *multitracer.Tracer:
		for _, one := range t.QueryTracers {
			if ours := tracerOf(one); ours != nil {
				return ours
			}
		}
	}
	return nil
}

// excludeHooks takes what the hooks of a pool send out of the account: they run for the
// pool, in the context of whoever happens to need a connection.
func excludeHooks(c *pgxpool.Config) {
	if hook := c.AfterConnect; hook != nil {
		c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return hook(budget.Without(ctx), conn) }
	}
	//nolint:staticcheck // it is deprecated, and pools have it
	if hook := c.BeforeAcquire; hook != nil {
		c.BeforeAcquire = func(ctx context.Context, conn *pgx.Conn) bool { return hook(budget.Without(ctx), conn) }
	}
	if hook := c.PrepareConn; hook != nil {
		c.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) { return hook(budget.Without(ctx), conn) }
	}
}

func (o Options) newTracer(below pgx.QueryTracer) *tracer {
	shape := o.ShapeBytes
	if shape <= 0 {
		shape = 2048
	}
	hasher := statement.NewHasher()
	return &tracer{
		database: budget.NewDatabase(budget.DatabaseOptions{
			Name: o.Database, System: "postgresql", SkipPackages: o.SkipPackages, AppPackages: o.AppPackages,
			OnUnused: o.sayUnused,
		}),
		statements: statement.NewReader(statement.PostgreSQL, hasher, shape, o.PureFunctions...),
		hasher:     hasher,
		stacks:     callsite.NewCache(callsite.Options{SkipPackages: o.SkipPackages, AppPackages: o.AppPackages}),
		arguments:  o.Arguments,
		below:      chain(below),
		calls:      o.Tracer,
	}
}

// sayUnused says that the contexts of requests do not reach the handle.
func (o Options) sayUnused(queries int64) {
	logger := o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Warn("pgxwrap: no query of this handle had a recorder in its context so far: none is in a report, and no "+
		"budget holds. Pass the request's context", "queries", queries, "database", o.Database)
}
