package pgxwrap_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// dsnOf makes a schema for one test, and returns the address of a server that uses it.
func dsnOf(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set: in CI no database may be left out")
	}
	if dsn == "" {
		t.Skip("QUERYBUDGET_POSTGRES_DSN is not set: use make test, or set it to a server where schemas can be made")
	}
	schema := "qb_" + strings.ToLower(rand.Text()[:12])
	admin, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	_, err = admin.Exec(t.Context(), "CREATE SCHEMA "+schema)
	must(t, err)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := admin.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
		_ = admin.Close(ctx)
	})
	u, err := url.Parse(dsn)
	must(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// poolOf makes a pool that counts, with tables made by statements.
func poolOf(t *testing.T, change func(*pgxpool.Config), setup ...string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsnOf(t))
	must(t, err)
	if change != nil {
		change(config)
	}
	pgxwrap.Config(config)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	must(t, err)
	t.Cleanup(pool.Close)
	for _, statement := range setup {
		_, err := pool.Exec(budget.Without(t.Context()), statement)
		must(t, err)
	}
	return pool
}
