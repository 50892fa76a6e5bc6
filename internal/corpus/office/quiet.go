package main

import (
	"fmt"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

// What is right and of no use, and what looks like it.
var officeQuiet = []Case{
	{About: "migrations as goose runs them", Run: likeGoose},
	{About: "migrations as golang-migrate runs them", Run: likeMigrate},
	{About: "migrations of the application", Run: ownMigrations},
	{About: "migrations that are all there", Run: ownMigrationsAgain},
	{About: "indexes", Run: addIndexes},
	{About: "tables of the schema, one by one", Run: describeTables},
	{About: "columns of the schema of PostgreSQL", Run: describeCatalog, Systems: "postgresql"},
	{About: "columns by PRAGMA", Run: describePragma, Systems: "sqlite"},
	{About: "SHOW COLUMNS", Run: showColumns, Systems: "mysql"},
	{About: "first rows beside new tables", Run: firstRows},
	{About: "tables are emptied", Run: emptyTables, Systems: "postgresql mysql"},
	{About: "writes after a set-up", Run: writesAfterSetUp, Want: writes("events")},
	{About: "writes to a table of bird migrations", Run: writeBirds, Want: writes("bird_migrations")},
	{About: "birds beside a version", Run: birdsAndVersion, Want: writes("bird_migrations")},
	{About: "batches with a LIMIT", Run: batchesOfState},
	{About: "settings of the session", Run: sessionSettings, Systems: "postgresql mysql"},
	{About: "nothing but one query", Run: oneQuery},
	{About: "a page as it should be", Run: goodPage},
}

func likeGoose(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE IF NOT EXISTS goose_db_version (id INTEGER, version_id INTEGER, is_applied INTEGER)")
	d.Rows(c, "SELECT version_id, is_applied FROM goose_db_version ORDER BY id DESC")
	for i := range 7 {
		d.Tx(c, nil, func(tx *db.DB) {
			tx.Exec(c, fmt.Sprintf("CREATE TABLE goose_%d (id INTEGER)", i))
			tx.Exec(c, "INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (?, ?, ?)", i, i, 1)
		})
	}
	for i := range 7 {
		d.Exec(c, fmt.Sprintf("DROP TABLE goose_%d", i))
	}
	d.Exec(c, "DROP TABLE goose_db_version")
}

func likeMigrate(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE IF NOT EXISTS versions_m (version INTEGER, dirty INTEGER)")
	for i := range 6 {
		d.Exec(c, "DELETE FROM versions_m")
		d.Exec(c, "INSERT INTO versions_m (version, dirty) VALUES (?, ?)", i, 1)
		d.Exec(c, fmt.Sprintf("CREATE TABLE migrate_%d (id INTEGER)", i))
		d.Exec(c, "DELETE FROM versions_m")
		d.Exec(c, "INSERT INTO versions_m (version, dirty) VALUES (?, ?)", i, 0)
	}
	for i := range 6 {
		d.Exec(c, fmt.Sprintf("DROP TABLE migrate_%d", i))
	}
	d.Exec(c, "DROP TABLE versions_m")
}

func applyOne(c ctx, d *db.DB, i int, text string) {
	if d.One(c, "SELECT count(*) FROM applied_steps WHERE step = ?", i) != "0" {
		return
	}
	d.Tx(c, nil, func(tx *db.DB) {
		tx.Exec(c, text)
		tx.Exec(c, "INSERT INTO applied_steps (step) VALUES (?)", i)
	})
}

func ownMigrations(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE IF NOT EXISTS applied_steps (step INTEGER)")
	applyOne(c, d, 0, "CREATE TABLE steps (id INTEGER)")
	for i := range 6 {
		applyOne(c, d, i+1, fmt.Sprintf("ALTER TABLE steps ADD COLUMN c%d INTEGER", i))
	}
	applyOne(c, d, 8, "DROP TABLE steps")
	d.Exec(c, "DROP TABLE applied_steps")
}

func ownMigrationsAgain(c ctx, d *db.DB) {
	without := budget.Without(c)
	d.Exec(without, "CREATE TABLE applied_steps (step INTEGER)")
	for i := range 8 {
		d.Exec(without, "INSERT INTO applied_steps (step) VALUES (?)", i)
	}
	d.Exec(c, "CREATE TABLE IF NOT EXISTS applied_steps (step INTEGER)")
	for i := range 8 {
		applyOne(c, d, i, "")
	}
	d.Exec(without, "DROP TABLE applied_steps")
}

func addIndexes(c ctx, d *db.DB) {
	for i, column := range []string{"kind", "payload", "id", "kind, id", "payload, id", "kind, payload"} {
		d.Exec(c, fmt.Sprintf("CREATE INDEX events_%d ON events (%s)", i, column))
	}
	for i := range 6 {
		text := fmt.Sprintf("DROP INDEX events_%d", i)
		if d.System == "mysql" {
			text += " ON events"
		}
		d.Exec(c, text)
	}
}

func describeTables(c ctx, d *db.DB) {
	text := "SELECT table_type FROM information_schema.tables WHERE table_name = ?"
	if d.System == "sqlite" {
		text = "SELECT sql FROM sqlite_master WHERE name = ?"
	}
	for _, t := range office {
		d.Rows(c, text, t.name)
	}
}

func describeCatalog(c ctx, d *db.DB) {
	for _, t := range office {
		d.Rows(c, "SELECT a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class r ON r.oid = a.attrelid WHERE r.relname = ?", t.name)
	}
}

func describePragma(c ctx, d *db.DB) {
	for _, t := range office {
		d.Rows(c, "PRAGMA table_info("+t.name+")")
	}
}

func showColumns(c ctx, d *db.DB) {
	for _, t := range office {
		d.Rows(c, "SHOW COLUMNS FROM "+t.name)
	}
}

func firstRows(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE roles_o (id INTEGER, name VARCHAR(20))")
	for i, name := range []string{"admin", "user", "guest", "editor", "owner", "bot"} {
		if d.One(c, "SELECT count(*) FROM roles_o WHERE name = ?", name) == "0" {
			d.Exec(c, "INSERT INTO roles_o (id, name) VALUES (?, ?)", i, name)
		}
	}
	d.Exec(c, "DROP TABLE roles_o")
}

func emptyTables(c ctx, d *db.DB) {
	for _, table := range []string{"events", "outbox", "items", "tickets", "coupons", "options"} {
		d.Exec(c, "TRUNCATE TABLE "+table)
	}
}

func setUp(c ctx, d *db.DB) {
	d.Exec(c, "CREATE TABLE roles_o (id INTEGER)")
	d.Exec(c, "DROP TABLE roles_o")
}

func writesAfterSetUp(c ctx, d *db.DB) {
	setUp(c, d)
	for i := range 6 {
		d.Exec(c, "INSERT INTO events (id, kind) VALUES (?, ?)", 100+i, "new")
	}
}

func writeBirds(c ctx, d *db.DB) {
	for i := range 6 {
		d.Exec(c, "INSERT INTO bird_migrations (id, species) VALUES (?, ?)", 100+i, "stork")
	}
}

func birdsAndVersion(c ctx, d *db.DB) {
	for i := range 6 {
		d.Exec(c, "UPDATE bird_migrations SET distance = ? WHERE id = ?", 10*i+1, i+1)
	}
	d.Rows(c, "SELECT version FROM products WHERE id = ?", 1)
}

func batchesOfState(c ctx, d *db.DB) {
	for {
		ids := d.Column(c, "SELECT id FROM items WHERE qty > ? ORDER BY id LIMIT 10", 0)
		if len(ids) == 0 {
			return
		}
		d.Exec(c, "UPDATE items SET qty = 0 WHERE id IN ("+marks(len(ids))+")", anys(ids)...)
	}
}

func sessionSettings(c ctx, d *db.DB) {
	text := "SET LOCAL statement_timeout = "
	if d.System == "mysql" {
		text = "SET @limit = "
	}
	d.Tx(c, nil, func(tx *db.DB) {
		for i := range 6 {
			tx.Exec(c, fmt.Sprint(text, 1000+i))
		}
	})
}

func oneQuery(c ctx, d *db.DB) { d.Rows(c, ordersOfCustomer, 11) }

func goodPage(c ctx, d *db.DB) {
	d.Rows(c, memberName, 51)
	ids := d.Column(c, "SELECT id FROM orders WHERE state = ? ORDER BY id LIMIT 10", "open")
	d.One(c, "SELECT count(*) FROM orders WHERE state = ?", "open")
	d.Rows(c, "SELECT order_id, sku FROM items WHERE order_id IN ("+marks(len(ids))+")", anys(ids)...)
	d.Rows(c, "SELECT id, name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE state = ?)", "open")
}
