package browser

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// shops runs a test with a shop on each database.
func shops(t *testing.T, test func(t *testing.T, s *Shop)) {
	for name, dsn := range map[string]func(*testing.T) string{"postgresql": postgresDSN, "mariadb": mysqlDSN} {
		t.Run(name, func(t *testing.T) {
			s, err := StartShop(t.Context(), program, "-arguments", "-db", dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Stop()
			test(t, s)
		})
	}
	t.Run("sqlite", func(t *testing.T) { test(t, shop) })
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

func mysqlDSN(t *testing.T) string {
	t.Helper()
	dsn := serverDSN(t, "QUERYBUDGET_MYSQL_DSN")
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatalf("QUERYBUDGET_MYSQL_DSN: %v", err)
	}
	name := "qb_" + strings.ToLower(rand.Text()[:12])
	createAndDrop(t, "mysql", dsn, "CREATE DATABASE "+name, "DROP DATABASE "+name)
	config.DBName, config.MultiStatements = name, true
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
