package sqlwrap

import (
	"context"
	"database/sql/driver"
	"errors"
)

// The functions here call a driver as database/sql does (ctxutil.go), with the
// same fallbacks and error texts where it has no method with a context.

func prepare(ctx context.Context, c driver.Conn, query string) (driver.Stmt, error) {
	if p, ok := c.(driver.ConnPrepareContext); ok {
		return p.PrepareContext(ctx, query)
	}
	s, err := c.Prepare(query)
	if err == nil && ctx.Err() != nil {
		_ = s.Close()
		return nil, ctx.Err()
	}
	return s, err
}

func begin(ctx context.Context, c driver.Conn, opts driver.TxOptions) (driver.Tx, error) {
	if b, ok := c.(driver.ConnBeginTx); ok {
		return b.BeginTx(ctx, opts)
	}
	if opts.Isolation != 0 {
		return nil, errors.New("sql: driver does not support non-default isolation level")
	}
	if opts.ReadOnly {
		return nil, errors.New("sql: driver does not support read-only transactions")
	}
	t, err := c.Begin() //nolint:staticcheck // the driver has nothing newer
	if err == nil && ctx.Err() != nil {
		_ = t.Rollback()
		return nil, ctx.Err()
	}
	return t, err
}

// ping does nothing for a driver that cannot, nor does reset for nil.
func ping(ctx context.Context, c driver.Conn) error {
	if p, ok := c.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

func reset(ctx context.Context, s driver.SessionResetter) error {
	if s == nil {
		return nil
	}
	return s.ResetSession(ctx)
}

// checkValue leaves the argument to the default conversion for a driver without a
// check of its own.
func checkValue(c driver.NamedValueChecker, nv *driver.NamedValue) error {
	if c == nil {
		return driver.ErrSkip
	}
	return c.CheckNamedValue(nv)
}

// execerOf and queryerOf return what takes statements without preparing them.
// database/sql asks it of a connection only if the driver's own has it (signals.go);
// an instrumentation in between that has not declines.
func execerOf(c driver.Conn) driver.ExecerContext {
	switch c := c.(type) {
	case driver.ExecerContext:
		return c
	case driver.Execer: //nolint:staticcheck // the driver has nothing newer
		return execerWithout{c}
	}
	return declining{}
}

func queryerOf(c driver.Conn) driver.QueryerContext {
	switch c := c.(type) {
	case driver.QueryerContext:
		return c
	case driver.Queryer: //nolint:staticcheck // the driver has nothing newer
		return queryerWithout{c}
	}
	return declining{}
}

// execerWithout and queryerWithout do without the context.
type (
	execerWithout  struct{ bare driver.Execer }  //nolint:staticcheck // the driver has nothing newer
	queryerWithout struct{ bare driver.Queryer } //nolint:staticcheck // the driver has nothing newer
	declining      struct{}
)

func (e execerWithout) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	values, err := plainValues(ctx, args)
	if err != nil {
		return nil, err
	}
	return e.bare.Exec(query, values)
}

func (q queryerWithout) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	values, err := plainValues(ctx, args)
	if err != nil {
		return nil, err
	}
	return q.bare.Query(query, values)
}

func (declining) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return nil, driver.ErrSkip
}

func (declining) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return nil, driver.ErrSkip
}

func stmtExec(ctx context.Context, s driver.Stmt, args []driver.NamedValue) (driver.Result, error) {
	if e, ok := s.(driver.StmtExecContext); ok {
		return e.ExecContext(ctx, args)
	}
	values, err := plainValues(ctx, args)
	if err != nil {
		return nil, err
	}
	return s.Exec(values) //nolint:staticcheck // the driver has nothing newer
}

func stmtQuery(ctx context.Context, s driver.Stmt, args []driver.NamedValue) (driver.Rows, error) {
	if q, ok := s.(driver.StmtQueryContext); ok {
		return q.QueryContext(ctx, args)
	}
	values, err := plainValues(ctx, args)
	if err != nil {
		return nil, err
	}
	return s.Query(values) //nolint:staticcheck // the driver has nothing newer
}

// plainValues takes the names off arguments for a driver that knows none, and
// stops a call whose context has ended.
func plainValues(ctx context.Context, args []driver.NamedValue) ([]driver.Value, error) {
	values := make([]driver.Value, len(args))
	for i, a := range args {
		if a.Name != "" {
			return nil, errors.New("sql: driver does not support the use of Named Parameters")
		}
		values[i] = a.Value
	}
	return values, ctx.Err()
}

func namedValues(values []driver.Value) []driver.NamedValue {
	args := make([]driver.NamedValue, len(values))
	for i, v := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args
}
