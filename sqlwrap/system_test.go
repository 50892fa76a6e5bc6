package sqlwrap

import (
	"bytes"
	"context"
	"database/sql/driver"
	"log/slog"
	"strings"
	"testing"
)

func TestSystemOfPackage(t *testing.T) {
	for path, want := range map[string]string{
		"github.com/lib/pq":                 "postgresql",
		"github.com/jackc/pgx/v5/stdlib":    "postgresql",
		"github.com/lib/pqx":                "",
		"github.com/go-sql-driver/mysqlish": "",
		"example.com/app":                   "",
	} {
		if got := systemOfPackage(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// loop is a wrapper around itself, and broken one that panics.
type loop struct{ next *loop }

func (l *loop) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }
func (l *loop) Driver() driver.Driver                        { return l }
func (l *loop) Open(string) (driver.Conn, error)             { return nil, driver.ErrBadConn }

type broken struct{ *loop }

func (broken) Raw() driver.Conn { panic("not connected") }

func TestSystemSearchEnds(t *testing.T) {
	l := &loop{}
	l.next = l
	for _, v := range []any{nil, l, (*loop)(nil), broken{l}, &broken{l}, struct{ driver.Conn }{}} {
		if got := systemOf(v); got != "" {
			t.Errorf("%T: %q", v, got)
		}
	}
}

// It is said once for each handle, not for each connection, and not if somebody says
// what it is.
func TestUnknownSystemIsSaid(t *testing.T) {
	for system, want := range map[string]int{"": 1, "postgresql": 0, "other_sql": 0} {
		var out bytes.Buffer
		c := Config{System: system, Logger: slog.New(slog.NewTextHandler(&out, nil))}.Connector(silent{})
		for range 3 {
			if _, err := c.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(out.String(), "Config.System"); got != want {
			t.Errorf("system %q: said %d times: %s", system, got, out.String())
		}
	}
}

type silent struct{}

func (silent) Connect(context.Context) (driver.Conn, error) { return silentConn{}, nil }
func (silent) Driver() driver.Driver                        { return nil }

type silentConn struct{ driver.Conn }
