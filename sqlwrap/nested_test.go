package sqlwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// foreign is a connector that somebody else made around another one.
type foreign struct {
	driver.Connector
	conn func(driver.Conn) driver.Conn
}

func (f foreign) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := f.Connector.Connect(ctx)
	if err == nil && f.conn != nil {
		c = f.conn(c)
	}
	return c, err
}

type (
	embedding struct{ driver.Conn }
	hiding    struct {
		parts struct{ execs driver.ExecerContext }
		conn  driver.Conn
	}
	deep     struct{ *embedding }
	rawOnly  struct{ below func() driver.Conn }
	partOnly struct{ driver.ExecerContext }
)

func (e embedding) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return e.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (h *hiding) Prepare(text string) (driver.Stmt, error) { return h.conn.Prepare(text) }
func (h *hiding) Close() error                             { return h.conn.Close() }
func (h *hiding) Begin() (driver.Tx, error)                { return h.conn.Begin() } //nolint:staticcheck // a driver
func (h *hiding) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return h.parts.execs.ExecContext(ctx, text, args)
}

func (r rawOnly) Raw() driver.Conn                         { return r.below() }
func (r rawOnly) Prepare(text string) (driver.Stmt, error) { return r.below().Prepare(text) }
func (r rawOnly) Close() error                             { return r.below().Close() }
func (r rawOnly) Begin() (driver.Tx, error)                { return r.below().Begin() } //nolint:staticcheck // a driver
func (r rawOnly) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return r.below().(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (partOnly) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (partOnly) Close() error                        { return nil }
func (partOnly) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }

// Whoever is between two wrappers, and however the connections are held: a query counts
// once, also where the outer one has an instrumentation below, and where nobody wrapped
// before.
func TestForeignConnectorCountsOnce(t *testing.T) {
	inner := func(c driver.Connector) driver.Connector {
		return foreign{c, func(c driver.Conn) driver.Conn { return rawOnly{func() driver.Conn { return c }} }}
	}
	for name, conn := range map[string]func(driver.Conn) driver.Conn{
		"an embedded connector": nil,
		"embeds":                func(c driver.Conn) driver.Conn { return embedding{c} },
		"embeds by pointer":     func(c driver.Conn) driver.Conn { return deep{&embedding{c}} },
		"a part only":           func(c driver.Conn) driver.Conn { return partOnly{c.(driver.ExecerContext)} },
		"has a method Raw":      func(c driver.Conn) driver.Conn { return rawOnly{func() driver.Conn { return c }} },
		"private fields": func(c driver.Conn) driver.Conn {
			h := &hiding{conn: c}
			h.parts.execs = c.(driver.ExecerContext)
			return h
		},
	} {
		for below, c := range map[string]driver.Connector{
			"wrapped":                sqlwrap.Connector(benchDriver{}),
			"wrapped with something": sqlwrap.Config{Inner: inner}.Connector(benchDriver{}),
			"bare":                   benchDriver{},
		} {
			for _, config := range []sqlwrap.Config{{}, {Inner: inner}} {
				ctx, r := budget.NewContext(t.Context())
				db := sql.OpenDB(config.Connector(foreign{c, conn}))
				if _, err := db.ExecContext(ctx, "UPDATE t"); err != nil {
					t.Fatal(err)
				}
				if got := r.Totals().Queries; got != 1 {
					t.Errorf("%s, %s, inner %v: %d queries", name, below, config.Inner != nil, got)
				}
				if _, err := sqlwrap.Database(ctx, db); err != nil && (name != "private fields" || below == "bare") {
					t.Errorf("%s, %s: %v", name, below, err)
				}
				_ = db.Close()
			}
		}
	}
}
