package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/querybudget/querybudget/sqlwrap"
)

// testDatabase is a database of the matrix: a driver, and an empty database for
// one test.
type testDatabase struct {
	name   string
	driver string // as sql.Open knows it
	system string // sqlite, postgres or mysql
	dsn    func(*testing.T) string
}

// databases are the drivers and settings that everything is tested with.
var databases = []testDatabase{
	{"sqlite", "sqlite", "sqlite", sqliteDSN},
	{"pgx", "pgx", "postgres", postgresDSN},
	{"pq", "postgres", "postgres", postgresDSN},
	{"mysql", "mysql", "mysql", func(t *testing.T) string { return mysqlDSN(t, false) }},
	{"mysql-interpolated", "mysql", "mysql", func(t *testing.T) string { return mysqlDSN(t, true) }},
}

// each runs a test on every database.
func each(t *testing.T, test func(t *testing.T, d testDatabase)) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			d.need(t)
			test(t, d)
		})
	}
}

// need skips a test, or in CI fails it, if the database's server is not there.
func (d testDatabase) need(t *testing.T) {
	t.Helper()
	switch d.system {
	case "postgres":
		serverDSN(t, "QUERYBUDGET_POSTGRES_DSN")
	case "mysql":
		serverDSN(t, "QUERYBUDGET_MYSQL_DSN")
	}
}

// open opens an empty database with the driver wrapped.
func (d testDatabase) open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sqlwrap.Open(d.driver, d.dsn(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// rebind writes the placeholders as the database wants them.
func (d testDatabase) rebind(query string) string {
	if d.system != "postgres" {
		return query
	}
	for n := byte('1'); strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", "$"+string(n), 1)
	}
	return query
}

func sqliteDSN(t *testing.T) string {
	return "file:" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)"
}

// serverDSN returns the address of a server for tests, which "make test" sets.
func serverDSN(t *testing.T, variable string) string {
	t.Helper()
	dsn := os.Getenv(variable)
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not set: in CI no database may be left out", variable)
	}
	if dsn == "" {
		t.Skipf("%s is not set: use make test, or set it to a server where databases can be made", variable)
	}
	return dsn
}

// postgresDSN makes a schema for one test.
func postgresDSN(t *testing.T) string {
	t.Helper()
	dsn := serverDSN(t, "QUERYBUDGET_POSTGRES_DSN")
	schema := "qb_" + strings.ToLower(rand.Text()[:12])
	createAndDrop(t, "pgx", dsn, "CREATE SCHEMA "+schema, "DROP SCHEMA "+schema+" CASCADE")
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("QUERYBUDGET_POSTGRES_DSN: %v", err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// mysqlDSN makes a database for one test.
func mysqlDSN(t *testing.T, interpolate bool) string {
	t.Helper()
	dsn := serverDSN(t, "QUERYBUDGET_MYSQL_DSN")
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatalf("QUERYBUDGET_MYSQL_DSN: %v", err)
	}
	name := "qb_" + strings.ToLower(rand.Text()[:12])
	createAndDrop(t, "mysql", dsn, "CREATE DATABASE "+name, "DROP DATABASE "+name)
	config.DBName, config.InterpolateParams, config.MultiStatements = name, interpolate, true
	return config.FormatDSN()
}

func createAndDrop(t *testing.T, driver, dsn, create, drop string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), drop); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
}
