package corpus

import (
	"database/sql"
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
	db := openPlans(t, "postgres")
	if ask(t, db, "SELECT count(*) FROM pg_available_extensions WHERE name = 'hypopg'") == "0" {
		t.Skip("the server has no hypopg")
	}
	execute(t, db, "CREATE EXTENSION IF NOT EXISTS hypopg SCHEMA public")
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
