package corpus

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/explain"
)

func TestForeignKeys(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		execute(t, db,
			"CREATE TABLE prizes (id int PRIMARY KEY, author_id bigint REFERENCES authors (id), book_id bigint, FOREIGN KEY (book_id) REFERENCES books (id))",
			"CREATE INDEX prizes_book ON prizes (book_id)")
		keys, err := explain.ForeignKeys(t.Context(), explain.SQL(db))
		if err != nil {
			t.Fatal(err)
		}
		if system == "mysql" { // it makes the index by itself
			if len(keys) != 0 {
				t.Errorf("%v", keys)
			}
			return
		}
		if len(keys) != 1 || keys[0].Columns[0] != "author_id" {
			t.Fatalf("%v, want that of author_id", keys)
		}
		execute(t, db, keys[0].SQL)
		if keys, err = explain.ForeignKeys(t.Context(), explain.SQL(db)); err != nil || len(keys) != 0 {
			t.Errorf("with the index: %v, %v", keys, err)
		}
	})
}

// With the extension hypopg an index is tried without being made, and nobody has to opt in.
func TestHypotheticalIndexes(t *testing.T) {
	db := openHypopg(t)
	db.SetMaxOpenConns(1) // the connection is given back
	r := verdictOf(t, explain.SQL(db), "SELECT * FROM books WHERE author_id = $1 AND price > $2")
	p := r.Tables[0].Proposal
	if p == nil || p.SQL != "CREATE INDEX ON books (author_id, price)" || p.Trial != "as a hypothetical index" {
		t.Errorf("%+v", p)
	}
	if left := ask(t, db, "SELECT count(*) FROM public.hypopg_list_indexes"); left != "0" {
		t.Errorf("%s hypothetical indexes are left", left)
	}
}

// openHypopg opens a database of its own with the extension: other tests try indexes without
// it.
func openHypopg(t *testing.T) *sql.DB {
	t.Helper()
	needServer(t, "postgres")
	dsn := os.Getenv(Variable("postgres"))
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	if ask(t, admin, "SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'") == "0" {
		const how = "the server has no hypopg: install it, on Debian with apt-get install postgresql-15-hypopg, with the number of the server's version"
		if os.Getenv("CI") == "true" {
			t.Fatal(how + ": in CI nothing may be left out")
		}
		t.Skip(how)
	}
	name := "qb_hypopg_" + strings.ToLower(rand.Text()[:8])
	execute(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = name
	t.Setenv(Variable("postgres"), u.String())
	db := openPlans(t, "postgres")
	execute(t, db, "CREATE EXTENSION hypopg SCHEMA public")
	return db
}
