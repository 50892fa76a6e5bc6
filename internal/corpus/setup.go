package corpus

import (
	"context"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// setUps are what runs once, when a schema is made or changed, and what looks like it.
func setUps() []Case {
	return []Case{
		{Name: "setup/migrations", About: "a hand-written migrator: its table of versions, and a step after the other", Setup: library(1, 0), Run: migrate},
		{Name: "setup/migrations-done", About: "the migrator asks for each version on a start at which there is nothing to do", Setup: and(library(1, 0), []string{"CREATE TABLE schema_versions (version BIGINT PRIMARY KEY)", "INSERT INTO schema_versions VALUES (1), (2), (3), (4), (5), (6)"}), Run: migrate},
		{Name: "setup/seed-between", About: "rows that are written between statements that make tables", Run: makeAndSeed},
		{Name: "setup/backfill", About: "a new column is filled before it gets its index", Setup: library(8, 2), Run: backfill},
		{Name: "setup/introspection", About: "a look at the columns of each table", Systems: []string{"postgres", "mysql"}, Setup: and(library(1, 1), counters(1), nodes(1, 1), prizes(1), reviews(1, 1)), Run: introspect},
		{Name: "setup/introspection-sqlite", About: "the same there", Systems: []string{"sqlite"}, Setup: and(library(1, 1), counters(1), nodes(1, 1), prizes(1), reviews(1, 1)), Run: introspectSQLite},
		{Name: "setup/loop-afterwards", About: "what the request does after its table was made is no set-up", Setup: library(6, 2), Run: tableThenLoop, Want: nPlusOne("tableThenLoop", "books", "authors")},
		{Name: "setup/temporary-table", About: "a temporary table is no schema", Setup: library(6, 2), Run: temporaryTable, Want: nPlusOne("temporaryTable", "books", "authors")},
		{Name: "setup/writes-afterwards", About: "an import after its table was made", Run: tableThenImport, Want: []Want{{Kind: budget.WriteLoop, Func: "importRows", Table: "imported"}}},
	}
}

func migrate(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT PRIMARY KEY)"))
	for version := 1; version <= 6; version++ {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM schema_versions WHERE version = ?"), version), &n)
		if n > 0 {
			continue
		}
		done(e.DB.ExecContext(ctx, fmt.Sprintf("CREATE TABLE step%d (id BIGINT)", version)))
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO schema_versions (version) VALUES (?)"), version))
	}
	return nil
}

func makeAndSeed(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "CREATE TABLE roles (id BIGINT, name VARCHAR(20))"))
	for id := range 7 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM roles WHERE id = ?"), id))
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO roles (id, name) VALUES (?, ?)"), id, "role"))
	}
	done(e.DB.ExecContext(ctx, "CREATE INDEX roles_by_id ON roles (id)"))
	return nil
}

func backfill(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "ALTER TABLE authors ADD COLUMN books BIGINT"))
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM books WHERE author_id = ?"), id), &n)
		done(e.DB.ExecContext(ctx, e.Q("UPDATE authors SET books = ? WHERE id = ?"), n, id))
	}
	done(e.DB.ExecContext(ctx, "CREATE INDEX authors_by_books ON authors (books)"))
	return nil
}

var introspected = []string{"authors", "books", "counters", "nodes", "prizes", "reviews"}

func introspect(ctx context.Context, e *Env) error {
	for _, table := range introspected {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT column_name FROM information_schema.columns WHERE table_name = ?"), table))
	}
	return nil
}

func introspectSQLite(ctx context.Context, e *Env) error {
	for _, table := range introspected {
		drain(e.DB.QueryContext(ctx, "PRAGMA table_info("+table+")"))
		drain(e.DB.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE tbl_name = ?", table))
	}
	return nil
}

func tableThenLoop(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS audit (id BIGINT)"))
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func temporaryTable(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	done(e.DB.ExecContext(ctx, "CREATE TEMPORARY TABLE chosen (id BIGINT)"))
	return nil
}

func tableThenImport(ctx context.Context, e *Env) error {
	makeImported(ctx, e)
	importRows(ctx, e)
	return nil
}

func makeImported(ctx context.Context, e *Env) {
	done(e.DB.ExecContext(ctx, "CREATE TABLE imported (id BIGINT, name VARCHAR(20))"))
}

func importRows(ctx context.Context, e *Env) {
	for id := range 12 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO imported (id, name) VALUES (?, ?)"), id, "row"))
	}
}
