package main

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// The ways in which others wrap a driver.
type (
	embedding struct{ driver.Connector }
	holding   struct {
		options struct{ parent driver.Connector }
		log     io.Writer
	}
	wrappedDriver struct{ parent driver.Driver }
	choosing      struct {
		connect func(context.Context) (driver.Conn, error)
	}
	foreignDriver   struct{}
	rawConn         struct{ raw func() driver.Conn }
	opaqueConn      struct{ raw func() driver.Conn }
	embeddingConn   struct{ driver.Conn }
	pointerToHolder struct{ inner *holding }
)

func (h *holding) Connect(ctx context.Context) (driver.Conn, error) {
	return h.options.parent.Connect(ctx)
}
func (h *holding) Driver() driver.Driver { return foreignDriver{} }

func (p pointerToHolder) Connect(ctx context.Context) (driver.Conn, error) {
	return p.inner.Connect(ctx)
}
func (p pointerToHolder) Driver() driver.Driver { return foreignDriver{} }

func (w *wrappedDriver) Open(dsn string) (driver.Conn, error) { return w.parent.Open(dsn) }

func (c choosing) Connect(ctx context.Context) (driver.Conn, error) { return c.connect(ctx) }
func (c choosing) Driver() driver.Driver                            { return foreignDriver{} }

func (foreignDriver) Open(string) (driver.Conn, error) { return nil, driver.ErrBadConn }

func (c rawConn) Raw() driver.Conn                          { return c.raw() }
func (c rawConn) Prepare(query string) (driver.Stmt, error) { return c.raw().Prepare(query) }
func (c rawConn) Close() error                              { return c.raw().Close() }
func (c rawConn) Begin() (driver.Tx, error)                 { return c.raw().Begin() } //nolint:staticcheck // as it was

func (c opaqueConn) Prepare(query string) (driver.Stmt, error) { return c.raw().Prepare(query) }
func (c opaqueConn) Close() error                              { return c.raw().Close() }
func (c opaqueConn) Begin() (driver.Tx, error)                 { return c.raw().Begin() } //nolint:staticcheck // as it was

// A driver behind a wrapper is recognised, without a statement of ours.
func TestSystemBehindWrappers(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		bare, err := d.connector(d.dsn(t))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"sqlite": "sqlite", "postgres": "postgresql", "mysql": "mysql"}[d.driver]
		if d.driver == "pgx" {
			want = "postgresql"
		}
		held := &holding{log: io.Discard}
		held.options.parent = bare
		connect := func(wrap func(driver.Conn) driver.Conn) driver.Connector {
			return choosing{func(ctx context.Context) (driver.Conn, error) {
				c, err := bare.Connect(ctx)
				if err != nil {
					return nil, err
				}
				return wrap(c), nil
			}}
		}
		for name, test := range map[string]struct {
			connector driver.Connector
			want      string
		}{
			"bare":             {bare, want},
			"embedded":         {embedding{bare}, want},
			"twice":            {&embedding{&embedding{bare}}, want},
			"held":             {held, want},
			"held by another":  {pointerToHolder{held}, want},
			"driver":           {dsnOnly{&wrappedDriver{bare.Driver()}, d.dsn(t)}, want},
			"chosen":           {connect(func(c driver.Conn) driver.Conn { return c }), want},
			"connection":       {connect(func(c driver.Conn) driver.Conn { return &embeddingConn{c} }), want},
			"connection's Raw": {connect(func(c driver.Conn) driver.Conn { return rawConn{func() driver.Conn { return c }} }), want},
			"opaque":           {connect(func(c driver.Conn) driver.Conn { return opaqueConn{func() driver.Conn { return c }} }), ""},
		} {
			t.Run(name, func(t *testing.T) {
				var said bytes.Buffer
				c := sqlwrap.Config{Logger: slog.New(slog.NewTextHandler(&said, nil))}.Connector(test.connector)
				db := sql.OpenDB(c)
				defer db.Close() //nolint:errcheck // a test
				account, err := sqlwrap.Database(t.Context(), db)
				if err != nil {
					t.Fatal(err)
				}
				if account.System() != test.want {
					t.Errorf("the system is %q", account.System())
				}
				if strings.Contains(said.String(), "Config.System") != (test.want == "") {
					t.Errorf("said %q", said.String())
				}
			})
		}
	})
}

// What leads to two databases is not known.
func TestTwoSystemsAreNone(t *testing.T) {
	two := struct {
		driver.Connector
		a, b driver.Driver
	}{choosing{}, &mysql.MySQLDriver{}, &pq.Driver{}}
	var said bytes.Buffer
	sqlwrap.Config{
		Logger: slog.New(slog.NewTextHandler(&said, nil)),
		Inner:  func(c driver.Connector) driver.Connector { return c },
	}.Connector(two)
	if !strings.Contains(said.String(), "Config.System") {
		t.Error("nothing was said")
	}
}

// What a database answers proves what a literal is: one column with all of the text.
// The shape is without it, whether the database is known or not.
func TestLiteralsAsTheDatabaseReadsThem(t *testing.T) {
	literals := map[string]map[string]string{
		"postgres": {
			"'acme'": "acme", "'it''s acme'": "it's acme", `'acme\'`: `acme\`, `E'it\'s acme'`: "it's acme", "$$it's acme$$": "it's acme",
			"$t$$$ acme' $t$": "$$ acme' ", "E'a'\n'b\\' acme'": "ab' acme", "'a' -- it's\n 'acme'": "aacme",
			"E'a'\r\n-- '\n'\\'acme'": "a'acme", "U&'acme\\0041'": "acmeA", "U&'a'\n'!0041acme' UESCAPE '!'": "aAacme", "N'acme'": "acme",
		},
		"mysql": {
			"'acme'": "acme", `'it\'s acme'`: "it's acme", `"acme"`: "acme", `"it\"s acme"`: `it"s acme`, `"a""acme"`: `a"acme`,
			"/*! 'acme' */": "acme", "/*!50000 'acme'*/": "acme", "'a' 'acme'": "aacme", `_utf8mb4'it\'s acme'`: "it's acme", "N'acme'": "acme",
		},
		"sqlite": {"'acme'": "acme", "'it''s acme'": "it's acme", `'acme\'`: `acme\`, `"acme"`: "acme"},
	}
	each(t, func(t *testing.T, d testDatabase) {
		system := map[string]string{"sqlite": "sqlite", "mysql": "mysql"}[d.driver]
		if system == "" {
			system = "postgres"
		}
		for literal, want := range literals[system] {
			for _, dialect := range []string{"", "other_sql"} {
				bare, err := d.connector(d.dsn(t))
				if err != nil {
					t.Fatal(err)
				}
				if dialect == "" && literal == `"acme"` && system == "sqlite" {
					continue // docs/privacy.md names it
				}
				db := sql.OpenDB(sqlwrap.Config{System: dialect}.Connector(bare))
				ctx, r := budget.NewContext(t.Context())
				var got string
				if err := db.QueryRowContext(ctx, "SELECT "+literal).Scan(&got); err != nil || got != want {
					t.Errorf("%s is %q for the database, error %v", literal, got, err)
				}
				if shape := r.Report().Queries[0].Shape; strings.Contains(shape, "acme") {
					t.Errorf("%s as %q has the shape %s", literal, dialect, shape)
				}
				_ = db.Close()
			}
		}
	})
}
