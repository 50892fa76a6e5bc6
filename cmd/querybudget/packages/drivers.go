package packages

import (
	"slices"
	"strings"
)

// servers are drivers of database/sql for database servers.
var servers = []string{
	"github.com/lib/pq", "github.com/jackc/pgx", "github.com/uptrace/bun/driver/pgdriver", "github.com/go-sql-driver/mysql",
	"github.com/microsoft/go-mssqldb", "github.com/denisenkom/go-mssqldb", "github.com/godror/godror", "github.com/sijms/go-ora",
	"github.com/ClickHouse/clickhouse-go", "github.com/snowflakedb/gosnowflake",
}

// Driver returns the driver for a server that the packages are built with, empty if there is
// none.
func (all List) Driver() string {
	for _, p := range all {
		for _, driver := range servers {
			if rest, ok := strings.CutPrefix(p.ImportPath, driver); ok && (rest == "" || rest[0] == '/') {
				return driver
			}
		}
	}
	return ""
}

// unseen are packages that speak to a database without database/sql, and what to do.
var unseen = []struct{ path, say string }{
	{"github.com/jackc/pgx/v5/pgxpool", "what goes through pgx's own pool was not seen: see docs/pgx.md"},
	{"github.com/jackc/pgx/v4/pgxpool", "what goes through pgx's own pool was not seen"},
	{"github.com/go-pg/pg", "go-pg speaks to PostgreSQL without database/sql: it was not seen"},
	{"github.com/gocql/gocql", "gocql has no database/sql: it was not seen"},
	{"go.mongodb.org/mongo-driver/mongo", "MongoDB's driver has no database/sql: it was not seen"},
	{"go.mongodb.org/mongo-driver/v2/mongo", "MongoDB's driver has no database/sql: it was not seen"},
	{"zombiezen.com/go/sqlite", "zombiezen's SQLite has no database/sql: it was not seen"},
	{"crawshaw.io/sqlite", "crawshaw's SQLite has no database/sql: it was not seen"},
	{"cloud.google.com/go/spanner", "Spanner's own client was not seen"},
}

// NotSeen says which of them the tests are built from. What the library of one imports by
// itself, such as pgx's own driver for database/sql its pool, need not be used.
func (all List) NotSeen() (say []string) {
	for _, u := range unseen {
		isIt := func(path string) bool { return path == u.path || strings.HasPrefix(path, u.path+"/") }
		if slices.ContainsFunc(all, func(p Package) bool {
			return root(p.ImportPath) != root(u.path) && slices.ContainsFunc(slices.Concat(p.Imports, p.TestImports, p.XTestImports), isIt)
		}) {
			say = append(say, u.say)
		}
	}
	return say
}

// root is the part of an import path that names a repository, as a rule.
func root(path string) string {
	parts := strings.SplitN(path, "/", 4)
	return strings.Join(parts[:min(3, len(parts))], "/")
}
