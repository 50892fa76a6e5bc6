package main

import (
	"fmt"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

var setUpCases = []Case{
	{About: "migrations, one after the other", Run: migrate},
	{About: "migrations that have run already", Run: migrateNothing},
	{About: "a look at the schema for each table", Run: inspect, Systems: "postgresql mysql"},
	{About: "the first start, with what it fills in", Run: firstStart},
	{About: "a loop after the schema was made", Run: loopAfterSetUp, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors", Proven: true}}},
	{About: "a temporary table is no set-up", Run: temporaryTable, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors", Proven: true}}},
}

func migrate(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE versions_a (id INTEGER)")
	for i := range 6 {
		d.One(c, "SELECT id FROM versions_a WHERE id = ?", i)
		d.Exec(c, fmt.Sprintf("CREATE TABLE migrated_%d (id INTEGER)", i))
		d.Exec(c, "INSERT INTO versions_a (id) VALUES (?)", i)
	}
	for i := range 6 {
		d.Exec(c, fmt.Sprintf("DROP TABLE migrated_%d", i))
	}
	d.Exec(c, "DROP TABLE versions_a")
}

func applied(c ctx, d *db.DB, i int) { d.One(c, "SELECT name FROM schema_versions WHERE id = ?", i) }

func migrateNothing(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE IF NOT EXISTS schema_versions (id INTEGER, name VARCHAR(50))")
	for i := range 6 {
		applied(c, d, i+1)
	}
}

func inspect(c ctx, d *db.DB) {
	for _, t := range tables {
		d.Rows(c, "SELECT column_name FROM information_schema.columns WHERE table_name = ?", t.name)
	}
}

func firstStart(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE roles (id INTEGER, name VARCHAR(50))")
	for i := range 6 {
		d.Exec(c, "INSERT INTO roles (id, name) VALUES (?, ?)", i, "role")
	}
	d.Exec(c, "CREATE TABLE rights (id INTEGER)")
	d.Exec(c, "DROP TABLE rights")
	d.Exec(c, "DROP TABLE roles")
}

func makeTable(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE IF NOT EXISTS roles (id INTEGER, name VARCHAR(50))")
	d.Exec(c, "DROP TABLE roles")
}

func loopAfterSetUp(c ctx, d *db.DB) {
	makeTable(c, d)
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func temporaryTable(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
	d.Tx(c, nil, func(tx *db.DB) {
		tx.Exec(c, "CREATE TEMPORARY TABLE found (id INTEGER)")
		tx.Exec(c, "DROP TABLE found")
	})
}
