package main

import (
	"context"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

func twice(table, at string) []Want { return []Want{{Kind: budget.Duplicate, Table: table, At: at}} }

var duplicateCases = []Case{
	{About: "the same read by session, authentication and handler", Run: userThreeTimes, Want: twice("users", "currentUser")},
	{About: "in a transaction", Run: twiceInATransaction, Want: twice("users", "")},
	{About: "a write to another table between", Run: otherWriteBetween, Want: twice("users", "")},
	{About: "a write to the table between", Run: writeBetween},
	{About: "other arguments", Run: otherArguments},
	{About: "a setting of the session between", Run: tenants, Systems: "postgresql"},
	{About: "a function that is not known between", Run: functionBetween, Systems: "postgresql"},
	{About: "now()", Run: recentTwice, Systems: "postgresql mysql"},
	{About: "random()", Run: anyTwo},
	{About: "a second look in a transaction that writes", Run: recheck},
	{About: "a second look under a mutex", Run: secondLook},
	{About: "rolled back, and tried again", Run: againAfterRollback},
	{About: "locked", Run: lockedTwice, Systems: "postgresql mysql"},
	{About: "other columns of the row", Run: otherColumns, Want: twice("users", "")},
	{About: "EXISTS and then the row", Run: existsThenRow, Want: twice("users", "")},
	{About: "the number, and a page", Run: countThenPage},
	{About: "two conditions on one key", Run: dearAndCheap},
	{About: "a helper in a loop, with one key", Run: helperInALoop, Want: twice("users", "")},
	{About: "a helper of two statements in a loop, with one key", Run: helperOfTwoInALoop, Want: twice("users", "userAndSetting")},
	{About: "a context that is lost on its way", Run: lostContext, Want: []Want{{Kind: budget.Unattributed, Table: "settings"}}},
	{About: "a health check", Run: pingTwice},
}

func currentUser(c ctx, d *db.DB) { d.Rows(c, "SELECT name FROM users WHERE id = ?", 1) }

func userThreeTimes(c ctx, d *db.DB) {
	currentUser(c, d)
	d.Rows(c, "SELECT title FROM books WHERE id = ?", 1)
	currentUser(c, d)
	currentUser(c, d)
}

func twiceInATransaction(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for range 2 {
			tx.Rows(c, "SELECT name FROM users WHERE id = ?", 1)
		}
	})
}

func otherWriteBetween(c ctx, d *db.DB) {
	for i := range 2 {
		d.Rows(c, "SELECT name FROM users WHERE id = ?", 1)
		d.Exec(c, "INSERT INTO logs (id, line) VALUES (?, 'x')", i)
	}
}

func writeBetween(c ctx, d *db.DB) {
	for range 2 {
		d.Rows(c, "SELECT name FROM users WHERE id = ?", 1)
		d.Exec(c, "UPDATE users SET visits = visits + 1 WHERE id = ?", 1)
	}
}

func otherArguments(c ctx, d *db.DB) {
	for i := range 2 {
		d.Rows(c, "SELECT name FROM users WHERE id = ?", i+1)
	}
}

func tenants(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for _, tenant := range []string{"a", "b"} {
			tx.One(c, "SELECT set_config('app.tenant', ?, true)", tenant)
			tx.Rows(c, "SELECT title FROM books")
		}
	})
}

func functionBetween(c ctx, d *db.DB) {
	for range 2 {
		d.Rows(c, "SELECT title FROM books")
		d.One(c, "SELECT charge(?::integer)", 1)
	}
}

func recentTwice(c ctx, d *db.DB) {
	for range 2 {
		d.Rows(c, "SELECT title FROM books WHERE now() > '2020-01-01'")
	}
}

func anyTwo(c ctx, d *db.DB) {
	random := "random()"
	if d.System == "mysql" {
		random = "rand()"
	}
	for range 2 {
		d.Rows(c, "SELECT title FROM books ORDER BY "+random+" LIMIT 1")
	}
}

func recheck(c ctx, d *db.DB) {
	look := func(d *db.DB) { d.One(c, "SELECT state FROM books WHERE id = ?", 1) }
	look(d)
	d.Tx(c, nil, func(tx *db.DB) {
		look(tx)
		tx.Exec(c, "INSERT INTO logs (id, line) VALUES (1, 'sold')")
	})
}

func secondLook(c ctx, d *db.DB) {
	var mutex sync.Mutex
	look := func() string { return d.One(c, "SELECT value FROM settings WHERE name = ?", "none") }
	if look() == "" {
		mutex.Lock()
		defer mutex.Unlock()
		if look() == "" {
			d.Exec(c, "INSERT INTO settings (name, value) VALUES ('none', 'x')")
		}
	}
}

func againAfterRollback(c ctx, d *db.DB) {
	for range 2 {
		d.Undone(c, func(tx *db.DB) { tx.Rows(c, "SELECT name FROM users WHERE id = ?", 1) })
	}
}

func lockedTwice(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for range 2 {
			tx.Rows(c, "SELECT name FROM users WHERE id = ? FOR UPDATE", 1)
		}
	})
}

func otherColumns(c ctx, d *db.DB) {
	d.Rows(c, "SELECT name FROM users WHERE id = ?", 1)
	d.Rows(c, "SELECT email, city FROM users WHERE id = ?", 1)
}

func existsThenRow(c ctx, d *db.DB) {
	d.One(c, "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?)", 1)
	d.Rows(c, "SELECT email, city FROM users WHERE id = ?", 1)
}

func countThenPage(c ctx, d *db.DB) {
	d.One(c, "SELECT count(*) FROM books WHERE author_id = ?", 1)
	d.Rows(c, "SELECT title FROM books WHERE author_id = ? ORDER BY id LIMIT 1", 1)
}

func dearAndCheap(c ctx, d *db.DB) {
	d.Rows(c, "SELECT title FROM books WHERE author_id = ? AND price > 2", 1)
	d.Rows(c, "SELECT title FROM books WHERE author_id = ? AND price < 2", 1)
}

func helperInALoop(c ctx, d *db.DB) {
	for range 8 {
		d.Rows(c, "SELECT name FROM users WHERE id = ?", 1)
	}
}

func pingTwice(c ctx, d *db.DB) {
	d.One(c, "SELECT 1")
	d.One(c, "SELECT 1")
}

func userAndSetting(c ctx, d *db.DB) {
	d.Rows(c, "SELECT name FROM users WHERE id = ?", 1)
	d.Rows(c, "SELECT value FROM settings WHERE name = ?", "s1")
}

func helperOfTwoInALoop(c ctx, d *db.DB) {
	for range 6 {
		userAndSetting(c, d)
	}
}

func lostContext(c ctx, d *db.DB) {
	d.Rows(c, "SELECT name FROM users WHERE id = ?", 1)
	d.Rows(context.Background(), "SELECT value FROM settings WHERE name = ?", "s1")
}
