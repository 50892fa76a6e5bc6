package main

import (
	"database/sql"
	"strconv"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

func lost(table string) []Want     { return []Want{{Kind: budget.ReadModifyWrite, Table: table}} }
func inserted(table string) []Want { return []Want{{Kind: budget.SelectThenInsert, Table: table}} }

var hintCases = []Case{
	{About: "read, add, write", Run: addInGo, Want: lost("counters")},
	{About: "the same as literals", Run: addInGoWithLiterals, Want: lost("counters")},
	{About: "beside a computed column", Run: addBesideComputed, Want: lost("counters")},
	{About: "after a whole row, with hints", Run: addAfterWholeRow, Hints: true, Want: lost("counters")},
	{About: "an edit form", Run: editForm},
	{About: "a form that only looks whether the row is there", Run: editFormAfterLook, Hints: true},
	{About: "an optimistic lock", Run: optimistic, Hints: true},
	{About: "with FOR UPDATE", Run: addLocked, Systems: "postgresql mysql", Hints: true},
	{About: "in SQLite's transaction", Run: addInTransaction, Systems: "sqlite", Hints: true},
	{About: "in another database's transaction", Run: addInPlainTransaction, Systems: "postgresql mysql", Hints: true, Want: lost("counters")},
	{About: "SERIALIZABLE", Run: addSerializable, Systems: "postgresql mysql", Hints: true},
	{About: "in SQL", Run: addInSQL, Hints: true},
	{About: "another row, with the same number in LIMIT", Run: limitAndKey, Hints: true},
	{About: "the books of an author, and a book", Run: authorAndBook, Hints: true},
	{About: "a uniqueness check", Run: uniqueness, Hints: true},

	{About: "look, then INSERT", Run: signUp, Hints: true, Want: inserted("users")},
	{About: "look, then INSERT, without hints", Run: signUpUnasked},
	{About: "EXISTS, then INSERT", Run: signUpAfterExists, Hints: true, Want: inserted("users")},
	{About: "count, then INSERT", Run: signUpAfterCount, Hints: true, Want: inserted("users")},
	{About: "UPDATE of nothing, then INSERT", Run: updateThenInsert, Hints: true, Want: inserted("counters")},
	{About: "the repaired form", Run: signUpRepaired, Hints: true},
	{About: "it was there", Run: signUpFound, Hints: true},
	{About: "an empty list of other rows", Run: emptyList, Hints: true},
	{About: "is the table empty?", Run: seed, Hints: true},
	{About: "a second look under a mutex", Run: secondLookHints, Hints: true},
	{About: "another table", Run: otherTable, Hints: true},
}

func number(text string) int { n, _ := strconv.Atoi(text); return n }

func addInGo(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT n FROM counters WHERE id = ?", 2))
	d.Exec(c, "UPDATE counters SET n = ? WHERE id = ?", n+1, 2)
}

func addInGoWithLiterals(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT n FROM counters WHERE id = 2"))
	d.Exec(c, "UPDATE counters SET n = "+strconv.Itoa(n+1)+" WHERE id = 2")
}

func addBesideComputed(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT n FROM counters WHERE id = ?", 2))
	d.Exec(c, "UPDATE counters SET version = version + 1, n = ? WHERE id = ?", n+1, 2)
}

func addAfterWholeRow(c ctx, d *db.DB) {
	n := number(d.Rows(c, "SELECT * FROM counters WHERE id = ? LIMIT 1", 2)[0][1])
	d.Exec(c, "UPDATE counters SET n = ? WHERE id = ?", n+1, 2)
}

func editForm(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, email, name, city, phone FROM users WHERE id = ?", 2)
	d.Exec(c, "UPDATE users SET name = ?, city = ? WHERE id = ?", "Ann", "Rome", 2)
}

func editFormAfterLook(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id FROM users WHERE id = ?", 2)
	d.Exec(c, "UPDATE users SET name = ?, city = ? WHERE id = ?", "Ann", "Rome", 2)
}

func optimistic(c ctx, d *db.DB) {
	row := d.Rows(c, "SELECT n, version FROM counters WHERE id = ?", 2)[0]
	d.Exec(c, "UPDATE counters SET n = ?, version = ? WHERE id = ? AND version = ?", number(row[0])+1, number(row[1])+1, 2, number(row[1]))
}

func addLocked(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT n FROM counters WHERE id = ? FOR UPDATE", 2))
		tx.Exec(c, "UPDATE counters SET n = ? WHERE id = ?", n+1, 2)
	})
}

func addInTransaction(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT n FROM counters WHERE id = ?", 2))
		tx.Exec(c, "UPDATE counters SET n = ? WHERE id = ?", n+1, 2)
	})
}

func addInPlainTransaction(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT n FROM counters WHERE id = ?", 2))
		tx.Exec(c, "UPDATE counters SET n = ? WHERE id = ?", n+1, 2)
	})
}

func addSerializable(c ctx, d *db.DB) {
	d.Tx(c, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT n FROM counters WHERE id = ?", 2))
		tx.Exec(c, "UPDATE counters SET n = ? WHERE id = ?", n+1, 2)
	})
}

func addInSQL(c ctx, d *db.DB) {
	d.One(c, "SELECT n FROM counters WHERE id = ?", 2)
	d.Exec(c, "UPDATE counters SET n = n + ? WHERE id = ?", 1, 2)
}

func limitAndKey(c ctx, d *db.DB) {
	d.Rows(c, "SELECT n FROM counters LIMIT ?", 8)
	d.Exec(c, "UPDATE counters SET n = ? WHERE id = ?", 1, 8)
}

func authorAndBook(c ctx, d *db.DB) {
	d.Rows(c, "SELECT price FROM books WHERE author_id = ? LIMIT 1", 3)
	d.Exec(c, "UPDATE books SET price = ? WHERE id = ?", 1, 3)
}

func uniqueness(c ctx, d *db.DB) {
	d.Rows(c, "SELECT name FROM users WHERE email = ? AND id <> ?", "u1@example.com", 2)
	d.Exec(c, "UPDATE users SET name = ? WHERE id = ?", "Ann", 2)
}

const newUser = "INSERT INTO users (id, email, name) VALUES (?, ?, ?)"

func signUp(c ctx, d *db.DB) {
	if d.One(c, "SELECT id FROM users WHERE email = ?", "new@example.com") == "" {
		d.Exec(c, newUser, 100, "new@example.com", "New")
	}
}

func signUpUnasked(c ctx, d *db.DB) {
	if d.One(c, "SELECT id FROM users WHERE email = ?", "new@example.com") == "" {
		d.Exec(c, newUser, 100, "new@example.com", "New")
	}
}

func signUpAfterExists(c ctx, d *db.DB) {
	if found := d.One(c, "SELECT EXISTS (SELECT 1 FROM users WHERE email = ?)", "new@example.com"); found == "0" || found == "false" {
		d.Exec(c, newUser, 100, "new@example.com", "New")
	}
}

func signUpAfterCount(c ctx, d *db.DB) {
	if d.One(c, "SELECT count(*) FROM users WHERE email = ?", "new@example.com") == "0" {
		d.Exec(c, newUser, 100, "new@example.com", "New")
	}
}

func updateThenInsert(c ctx, d *db.DB) {
	if d.Exec(c, "UPDATE counters SET n = n + 1 WHERE id = ?", 100) == 0 {
		d.Exec(c, "INSERT INTO counters (id, n) VALUES (?, ?)", 100, 1)
	}
}

func signUpRepaired(c ctx, d *db.DB) {
	text := newUser + " ON CONFLICT DO NOTHING"
	if d.System == "mysql" {
		text = newUser + " ON DUPLICATE KEY UPDATE name = name"
	}
	d.One(c, "SELECT id FROM users WHERE email = ?", "new@example.com")
	d.Exec(c, text, 100, "new@example.com", "New")
}

func signUpFound(c ctx, d *db.DB) {
	d.One(c, "SELECT id FROM users WHERE email = ?", "u1@example.com")
	d.Exec(c, newUser, 100, "new@example.com", "New")
}

func emptyList(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id FROM books WHERE author_id = ?", 77)
	d.Exec(c, "INSERT INTO books (id, author_id, title) VALUES (?, ?, ?)", 100, 3, "New")
}

func seed(c ctx, d *db.DB) {
	if d.One(c, "SELECT count(*) FROM logs") == "0" {
		d.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?)", 1, "first")
	}
}

func secondLookHints(c ctx, d *db.DB) {
	for range 2 {
		d.One(c, "SELECT value FROM settings WHERE name = ?", "none")
	}
	d.Exec(c, "INSERT INTO settings (name, value) VALUES (?, ?)", "none", "x")
}

func otherTable(c ctx, d *db.DB) {
	d.One(c, "SELECT id FROM users WHERE email = ?", "new@example.com")
	d.Exec(c, "INSERT INTO settings (name, value) VALUES (?, ?)", "new@example.com", "x")
}
