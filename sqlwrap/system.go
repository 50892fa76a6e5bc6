package sqlwrap

import (
	"database/sql/driver"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
)

// systems informs the kind of database by the import path of the driver's types.
var systems = []struct{ path, system string }{
	{"github.com/jackc/pgx", "postgresql"},
	{"github.com/lib/pq", "postgresql"},
	{"github.com/uptrace/bun/driver/pgdriver", "postgresql"},
	{"github.com/yugabyte/pgx", "postgresql"},
	{"github.com/go-sql-driver/mysql", "mysql"},
	{"github.com/ziutek/mymysql", "mysql"},
	{"modernc.org/sqlite", "sqlite"},
	{"github.com/mattn/go-sqlite3", "sqlite"},
	{"github.com/glebarez/go-sqlite", "sqlite"},
	{"github.com/ncruces/go-sqlite3", "sqlite"},
	{"github.com/tursodatabase/libsql-client-go", "sqlite"},
	{"github.com/tursodatabase/go-libsql", "sqlite"},
	{"github.com/microsoft/go-mssqldb", "microsoft.sql_server"},
	{"github.com/denisenkom/go-mssqldb", "microsoft.sql_server"},
}

// systemOfPackage returns the kind of database of a package of a driver, empty if it is
// not known.
func systemOfPackage(path string) string {
	for _, s := range systems {
		if rest, ok := strings.CutPrefix(path, s.path); ok && (rest == "" || rest[0] == '/') {
			return s.system
		}
	}
	return ""
}

// systemOf returns the kind of database that connectors, drivers and connections are
// for, empty if it is not known, or if they lead to several.
func systemOf(values ...any) string {
	s := systemSearch{left: maxLooks}
	for _, v := range values {
		s.look(reflect.ValueOf(v), 0)
	}
	if s.several {
		return ""
	}
	return s.system
}

const (
	maxLooks = 200 // values that are looked at
	maxLayer = 8   // wrappers around wrappers
)

// systemSearch looks through wrappers: at what they embed or hold, as far as it is
// a connector, a driver or a connection itself, and at what their methods
// hand out. It sends nothing.
type systemSearch struct {
	system  string
	several bool
	left    int
}

// look looks at a value, and through it.
func (s *systemSearch) look(v reflect.Value, layer int) {
	if s.left--; s.left < 0 || layer > maxLayer || !v.IsValid() {
		return
	}
	switch t := v.Type(); {
	case s.knows(t):
	case v.Kind() == reflect.Interface:
		s.look(v.Elem(), layer)
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() && !s.knows(t.Elem()) {
			s.unwrap(v, layer)
			s.look(v.Elem(), layer)
		}
	case v.Kind() == reflect.Struct:
		s.unwrap(v, layer)
		for i := range v.NumField() {
			if mayLead(v.Field(i).Type()) {
				s.look(v.Field(i), layer+1)
			}
		}
	}
}

// knows reports whether a type is a driver's, and takes note of it.
func (s *systemSearch) knows(t reflect.Type) bool {
	system := systemOfPackage(t.PkgPath())
	if system == "" {
		return false
	}
	s.several = s.several || s.system != "" && s.system != system
	s.system = system
	return true
}

var (
	connectorType = reflect.TypeFor[driver.Connector]()
	driverType    = reflect.TypeFor[driver.Driver]()
)

// mayLead reports whether a field of a type holds what is wrapped, or is a struct that
// may hold it. No other field is read: it may be changing.
func mayLead(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Implements(connectorType) || t.Implements(driverType) || t.Implements(connType)
}

// unwrap asks the methods with which wrappers hand out what they wrap.
func (s *systemSearch) unwrap(v reflect.Value, layer int) {
	if !v.CanInterface() {
		return
	}
	// A wrapper may panic before it is connected. It is not known then.
	defer func() { _ = recover() }()
	switch w := v.Interface().(type) {
	case interface{ Raw() driver.Conn }:
		s.look(reflect.ValueOf(w.Raw()), layer+1)
	case interface{ Unwrap() driver.Conn }:
		s.look(reflect.ValueOf(w.Unwrap()), layer+1)
	case interface{ Unwrap() driver.Connector }:
		s.look(reflect.ValueOf(w.Unwrap()), layer+1)
	case interface{ Unwrap() driver.Driver }:
		s.look(reflect.ValueOf(w.Unwrap()), layer+1)
	}
	if c, ok := v.Interface().(driver.Connector); ok {
		s.look(reflect.ValueOf(c.Driver()), layer+1)
	}
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.Default()
	}
	return c.Logger
}

// sayUnused says that the contexts of requests do not reach the handle.
func (c Config) sayUnused(queries int64) {
	c.logger().Warn("sqlwrap: no query of this handle had a recorder in its context so far: none is in a report, and no "+
		"budget holds. Pass the request's context, with the methods that end in Context; a framework's own, such as "+
		"a *gin.Context or a fiber.Ctx, is another one",
		"queries", queries, "database", c.Database)
}

// sayUnknown says that the database is not known, and what that means.
func (c Config) sayUnknown(bare driver.Connector) {
	c.logger().Warn("sqlwrap: the database behind this driver is not known. Whatever could be a literal is kept out of "+
		"statements, names in double quotes included. Set Config.System",
		"connector", fmt.Sprintf("%T", bare), "driver", fmt.Sprintf("%T", bare.Driver()))
}
