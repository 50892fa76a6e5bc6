package main

import (
	"database/sql"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

const (
	memberByEmail = "SELECT id FROM members WHERE email = ?"
	addMember     = "INSERT INTO members (id, email, name) VALUES (?, ?, ?)"
	nobody        = "nobody@example.com"
)

var newMember = inserted("members")

var officeInserts = []Case{
	{About: "look, then INSERT", Run: invite, Hints: true, Want: newMember},
	{About: "look, then INSERT, unasked", Run: invite},
	{About: "EXISTS", Run: inviteAfterExists, Hints: true, Want: newMember},
	{About: "count(*)", Run: inviteAfterCount, Hints: true, Want: newMember},
	{About: "SELECT 1", Run: inviteAfterOne, Hints: true, Want: newMember},
	{About: "two columns", Run: addToCart, Hints: true, Want: inserted("items")},
	{About: "a key of text", Run: addOption, Hints: true, Want: []Want{{Kind: budget.SelectThenInsert, Table: "options", At: "option"}}},
	{About: "literals", Run: inviteLiterals, Hints: true, Want: newMember},
	{About: "in a transaction", Run: inviteInTransaction, Systems: "postgresql mysql", Hints: true, Want: []Want{{Kind: budget.SelectThenInsert, Table: "members", At: "invite"}}},
	{About: "in a SERIALIZABLE transaction", Run: inviteSerializable, Systems: "postgresql mysql", Hints: true},
	{About: "UPDATE of nothing, then INSERT", Run: saveOption, Hints: true, Want: inserted("options")},
	{About: "UPDATE of a row, then an INSERT elsewhere", Run: updateAndLog, Hints: true},
	{About: "ON CONFLICT DO UPDATE", Run: inviteUpsert, Hints: true},
	{About: "INSERT OR IGNORE", Run: inviteIgnore, Systems: "sqlite mysql", Hints: true},
	{About: "INSERT of what is not there", Run: inviteWhereNot, Hints: true},
	{About: "it was there", Run: inviteKnown, Hints: true},
	{About: "another email", Run: inviteOther, Hints: true},
	{About: "another table", Run: lookElsewhere, Hints: true},
	{About: "no rows of a list", Run: noItemsYet, Hints: true},
	{About: "is the table empty?", Run: seedMembers, Hints: true},
	{About: "is there any row?", Run: seedIfNone, Hints: true},
	{About: "the highest number, and the next", Run: nextNumber, Hints: true},
	{About: "after an advisory lock", Run: inviteLocked, Systems: "postgresql", Hints: true},
}

func invite(c ctx, d *db.DB) {
	if d.One(c, memberByEmail, nobody) == "" {
		d.Exec(c, addMember, 90, nobody, "N")
	}
}

func inviteAfterExists(c ctx, d *db.DB) {
	d.One(c, "SELECT EXISTS(SELECT 1 FROM members WHERE email = ?)", nobody)
	d.Exec(c, addMember, 90, nobody, "N")
}

func inviteAfterCount(c ctx, d *db.DB) {
	d.One(c, "SELECT COUNT(id) FROM members WHERE email = ?", nobody)
	d.Exec(c, addMember, 90, nobody, "N")
}

func inviteAfterOne(c ctx, d *db.DB) {
	d.One(c, "SELECT 1 FROM members WHERE email = ? LIMIT 1", nobody)
	d.Exec(c, addMember, 90, nobody, "N")
}

func addToCart(c ctx, d *db.DB) {
	d.Rows(c, "SELECT qty FROM items WHERE order_id = ? AND sku = ?", 101, "sku77")
	d.Exec(c, addItem, 900, 101, "sku77", 1)
}

func addOption(c ctx, d *db.DB) {
	if option(c, d, "unknown") == "" {
		d.Exec(c, "INSERT INTO options (name, value) VALUES (?, ?)", "unknown", "x")
	}
}

func inviteLiterals(c ctx, d *db.DB) {
	d.One(c, "SELECT id FROM members WHERE email = 'nobody@example.com'")
	d.Exec(c, "INSERT INTO members (id, email, name) VALUES (90, 'nobody@example.com', 'N')")
}

func inviteInTransaction(c ctx, d *db.DB) { d.Tx(c, nil, func(tx *db.DB) { invite(c, tx) }) }

func inviteSerializable(c ctx, d *db.DB) {
	d.Tx(c, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *db.DB) { invite(c, tx) })
}

func saveOption(c ctx, d *db.DB) {
	if d.Exec(c, "UPDATE options SET value = ? WHERE name = ?", "x", "unknown") == 0 {
		d.Exec(c, "INSERT INTO options (name, value) VALUES (?, ?)", "unknown", "x")
	}
}

func updateAndLog(c ctx, d *db.DB) {
	d.Exec(c, "UPDATE options SET value = ? WHERE name = ?", "x", "unknown")
	d.Exec(c, "INSERT INTO events (id, kind) VALUES (?, ?)", 100, "unknown")
}

func inviteUpsert(c ctx, d *db.DB) {
	text := addMember + " ON CONFLICT (email) DO UPDATE SET name = excluded.name"
	if d.System == "mysql" {
		text = addMember + " ON DUPLICATE KEY UPDATE name = VALUES(name)"
	}
	d.One(c, memberByEmail, nobody)
	d.Exec(c, text, 90, nobody, "N")
}

func inviteIgnore(c ctx, d *db.DB) {
	text := map[string]string{"sqlite": "INSERT OR IGNORE INTO", "mysql": "INSERT IGNORE INTO"}[d.System]
	d.One(c, memberByEmail, nobody)
	d.Exec(c, text+" members (id, email) VALUES (?, ?)", 90, nobody)
}

func inviteWhereNot(c ctx, d *db.DB) {
	d.Exec(c, "INSERT INTO members (id, email) SELECT 90, 'nobody@example.com' WHERE NOT EXISTS (SELECT 1 FROM members WHERE email = ?)", nobody)
}

func inviteKnown(c ctx, d *db.DB) {
	d.One(c, memberByEmail, "m1@example.com")
	d.Exec(c, addMember, 90, nobody, "N")
}

func inviteOther(c ctx, d *db.DB) {
	d.One(c, memberByEmail, "else@example.com")
	d.Exec(c, addMember, 90, nobody, "N")
}

func lookElsewhere(c ctx, d *db.DB) {
	d.One(c, "SELECT id FROM accounts WHERE owner = ?", nobody)
	d.Exec(c, addMember, 90, nobody, "N")
}

func noItemsYet(c ctx, d *db.DB) {
	d.Rows(c, "SELECT title FROM documents WHERE folder_id = ?", 999)
	d.Exec(c, "INSERT INTO documents (id, folder_id, title) VALUES (?, ?, ?)", 900, 201, "new")
}

func seedMembers(c ctx, d *db.DB) {
	d.Exec(budget.Without(c), "DELETE FROM members")
	if d.One(c, "SELECT count(*) FROM members") == "0" {
		d.Exec(c, addMember, 1, "admin@example.com", "Admin")
	}
}

func seedIfNone(c ctx, d *db.DB) {
	d.Exec(budget.Without(c), "DELETE FROM members")
	if d.One(c, "SELECT id FROM members LIMIT ?", 1) == "" {
		d.Exec(c, addMember, 1, "admin@example.com", "Admin")
	}
}

func nextNumber(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT max(id) FROM members"))
	d.Exec(c, addMember, n+1, nobody, "N")
}

func inviteLocked(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		tx.One(c, memberByEmail, nobody)
		tx.Rows(c, "SELECT pg_advisory_xact_lock(?)", 7)
		tx.One(c, memberByEmail, nobody)
		tx.Exec(c, addMember, 90, nobody, "N")
	})
}
