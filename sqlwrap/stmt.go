package sqlwrap

import (
	"context"
	"database/sql/driver"

	"github.com/querybudget/querybudget/statement"
)

// stmt wraps a driver.Stmt. StmtExecContext and StmtQueryContext can always be
// there, because they fall back as database/sql would.
type stmt struct {
	bare    driver.Stmt // the driver's, which is asked what it can do
	via     driver.Stmt // the way to it: the same, but for Config.Inner
	conn    *conn
	text    string
	account *statement.Statement
	copies  bool   // takes rows, see copyRow
	copying *query // while it does
}

func (s *stmt) NumInput() int { return s.bare.NumInput() }

func (s *stmt) Close() (err error) {
	err = panicOrGoexit{}
	defer func() { s.endCopy(nil, err) }()
	err = reveal(s.via.Close())
	return err
}

// Exec and Query are never called by database/sql.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), namedValues(args))
}

func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), namedValues(args))
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if s.copies {
		return s.copyRow(ctx, args)
	}
	q, err := s.conn.start(ctx, s.account, s.text, args)
	if err != nil {
		return nil, err
	}
	returned := false
	defer q.unlessReturned(&returned)
	result, err := stmtExec(s.conn.contextOf(ctx, &q), s.via, args)
	returned, err = true, reveal(err)
	q.end(result, err)
	return result, err
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	q, err := s.conn.start(ctx, s.account, s.text, args)
	if err != nil {
		return nil, err
	}
	returned := false
	defer q.unlessReturned(&returned)
	via, err := stmtQuery(s.conn.contextOf(ctx, &q), s.via, args)
	returned = true
	return q.open(ctx, s.conn, via, reveal(err))
}

// The presence of these on a statement is a signal: a NamedValueChecker hides
// that of the connection, and a ColumnConverter takes the place of the default
// conversion (convert.go: driverArgsConnLocked).
type (
	checker   struct{ bare driver.NamedValueChecker }
	converter struct{ bare driver.ColumnConverter } //nolint:staticcheck // drivers still have it
)

func (c checker) CheckNamedValue(nv *driver.NamedValue) error { return c.bare.CheckNamedValue(nv) }

func (c converter) ColumnConverter(i int) driver.ValueConverter { return c.bare.ColumnConverter(i) }

// wrapStmt wraps a statement in the form that sends the same signals.
func wrapStmt(via driver.Stmt, c *conn, text string) driver.Stmt {
	bare := via
	if own := c.lower.takeStmt(); own != nil {
		bare = own
	}
	s := &stmt{bare: bare, via: via, conn: c, text: text, account: c.read(text), copies: copies(text)}
	checks, isChecker := bare.(driver.NamedValueChecker)
	converts, isConverter := bare.(driver.ColumnConverter) //nolint:staticcheck // drivers still have it
	switch {
	case isChecker && isConverter:
		return struct {
			*stmt
			checker
			converter
		}{s, checker{checks}, converter{converts}}
	case isChecker:
		return struct {
			*stmt
			checker
		}{s, checker{checks}}
	case isConverter:
		return struct {
			*stmt
			converter
		}{s, converter{converts}}
	default:
		return s
	}
}
