package guide

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/querybudget/querybudget/sqlwrap"
)

func openWithComments(dsn string) (*sql.DB, error) {
	db, err := sqlwrap.Config{Comment: &sqlwrap.Comment{Application: "shop"}}.Open("pgx", dsn)
	return db, err
}

// The comments of docs/production.md.
func TestComments(t *testing.T) {
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set")
	}
	if dsn == "" {
		t.Skip("needs QUERYBUDGET_POSTGRES_DSN")
	}
	db, err := openWithComments(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	var query string
	if err := db.QueryRowContext(t.Context(), "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()").Scan(&query); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(query, "pg_backend_pid() /*action='guide.TestComments',application='shop'*/") {
		t.Errorf("the server shows %q", query)
	}
}
