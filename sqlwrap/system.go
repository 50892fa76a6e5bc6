package sqlwrap

import (
	"database/sql/driver"
	"reflect"
	"strings"
)

// systems informs the kind of database by the import path of the driver's type.
var systems = []struct{ path, system string }{
	{"github.com/jackc/pgx", "postgresql"},
	{"github.com/lib/pq", "postgresql"},
	{"github.com/uptrace/bun/driver/pgdriver", "postgresql"},
	{"github.com/go-sql-driver/mysql", "mysql"},
	{"modernc.org/sqlite", "sqlite"},
	{"github.com/mattn/go-sqlite3", "sqlite"},
	{"github.com/glebarez/go-sqlite", "sqlite"},
	{"github.com/ncruces/go-sqlite3", "sqlite"},
	{"github.com/microsoft/go-mssqldb", "microsoft.sql_server"},
	{"github.com/denisenkom/go-mssqldb", "microsoft.sql_server"},
}

// systemOf returns the kind of database a driver is for, empty if it is not
// known.
func systemOf(d driver.Driver) string {
	t := reflect.TypeOf(d)
	if t == nil {
		return ""
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, s := range systems {
		if strings.HasPrefix(t.PkgPath(), s.path) {
			return s.system
		}
	}
	return ""
}
