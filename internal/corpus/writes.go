package main

import (
	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

func writes(table string) []Want { return []Want{{Kind: budget.WriteLoop, Table: table}} }

var writeCases = []Case{
	{About: "INSERT for each", Run: insertEach, Want: writes("logs")},
	{About: "INSERT for each in one transaction", Run: insertEachInTransaction, Want: writes("logs")},
	{About: "a transaction for each INSERT", Run: insertEachInItsOwn, Want: writes("logs")},
	{About: "UPDATE for each", Run: updateEach, Want: writes("books")},
	{About: "DELETE for each", Run: deleteEach, Want: writes("books")},
	{About: "a number with two digits in brackets", Run: updateRounded, Want: writes("books")},
	{About: "an upsert for each", Run: upsertEach, Want: writes("settings")},
	{About: "the same step eight times", Run: countUp, Want: writes("counters")},
	{About: "two writes of each item", Run: writeTwoEach, Want: []Want{{Kind: budget.WriteLoop, Table: "logs"}}},
	{About: "four are below the threshold", Run: insertFour},
	{About: "several tuples", Run: insertBulk},
	{About: "bulk INSERTs with NULL", Run: insertBulkChunks},
	{About: "UPDATE with a list", Run: updateLists},
	{About: "DELETE in batches with a LIMIT", Run: deleteInBatches, Systems: "mysql"},
	{About: "DELETE in batches by a sub-select", Run: deleteInSelectedBatches, Systems: "sqlite postgresql"},
	{About: "UPDATE in ranges", Run: updateRanges},
	{About: "jobs that are claimed with a lock", Run: workWithLocks, Systems: "postgresql mysql"},
	{About: "jobs that are claimed by an UPDATE", Run: workWithClaims, Systems: "sqlite postgresql"},
	{About: "the next job, without a lock", Run: workOneByOne},
	{About: "a transaction for each item, which reads", Run: transactionEach},
	{About: "a write that is tried again", Run: retryWrite},
	{About: "a transaction that is tried again", Run: retryTransaction},
	{About: "look, then INSERT, for each", Run: importEach, Want: writes("users")},
	{About: "a procedure for each", Run: callEach, Systems: "postgresql", Want: []Want{{Kind: budget.WriteLoop}}},
	{About: "columns in the order of a map", Run: updateInMapOrder, Want: writes("users")},
	{About: "RETURNING for each", Run: insertReturning, Systems: "sqlite postgresql", Want: writes("jobs")},
	{About: "a business table with migration in its name", Run: migratePatients, Want: writes("schema_versions")},
}

func insertEach(c ctx, d *db.DB) {
	for i := range 8 {
		d.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?)", i, "line")
	}
}

func insertEachInTransaction(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for i := range 8 {
			tx.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?)", i, "line")
		}
	})
}

func insertEachInItsOwn(c ctx, d *db.DB) {
	for i := range 8 {
		d.Tx(c, nil, func(tx *db.DB) { tx.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?)", i, "line") })
	}
}

func updateEach(c ctx, d *db.DB) {
	for i := range 8 {
		d.Exec(c, "UPDATE books SET state = 'sold' WHERE id = ?", i+1)
	}
}

func deleteEach(c ctx, d *db.DB) {
	for i := range 8 {
		d.Exec(c, "DELETE FROM books WHERE id = ?", i+1)
	}
}

func updateRounded(c ctx, d *db.DB) {
	for i := range 8 {
		d.Exec(c, "UPDATE books SET price = round(1.55, 1) WHERE id = ?", i+1)
	}
}

func upsertEach(c ctx, d *db.DB) {
	text := "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = 'x'"
	if d.System == "mysql" {
		text = "INSERT INTO settings (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = 'x'"
	}
	for _, name := range []string{"s1", "s2", "s3", "s4", "s5", "s6"} {
		d.Exec(c, text, name, "v")
	}
}

func countUp(c ctx, d *db.DB) {
	for range 8 {
		d.Exec(c, "UPDATE counters SET n = n + 1 WHERE id = ?", 1)
	}
}

func writeTwoEach(c ctx, d *db.DB) {
	for i := range 8 {
		d.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?)", i, "line")
		d.Exec(c, "UPDATE books SET state = 'sold' WHERE id = ?", i+1)
	}
}

func insertFour(c ctx, d *db.DB) {
	for i := range 4 {
		d.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?)", i, "line")
	}
}

func insertBulk(c ctx, d *db.DB) {
	d.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?), (?, ?), (?, ?)", 1, "a", 2, "b", 3, "c")
}

func insertBulkChunks(c ctx, d *db.DB) {
	for i := range 6 {
		text := "INSERT INTO logs (id, line) VALUES (1, NULL), (2, 'b')"
		if i%2 == 0 {
			text = "INSERT INTO logs (id, line) VALUES (1, 'a'), (NULL, 'b')"
		}
		d.Exec(c, text)
	}
}

func updateLists(c ctx, d *db.DB) {
	for i := range 6 {
		d.Exec(c, "UPDATE books SET state = 'sold' WHERE id IN (?, ?)", 2*i, 2*i+1)
	}
}

func deleteInBatches(c ctx, d *db.DB) {
	for range 6 {
		d.Exec(c, "DELETE FROM books WHERE state = ? LIMIT 5", "new")
	}
}

func deleteInSelectedBatches(c ctx, d *db.DB) {
	for range 6 {
		d.Exec(c, "DELETE FROM books WHERE id IN (SELECT id FROM books WHERE state = ? LIMIT 5)", "new")
	}
}

func updateRanges(c ctx, d *db.DB) {
	for i := range 8 {
		d.Exec(c, "UPDATE books SET state = 'sold' WHERE id >= ? AND id < ?", 5*i, 5*i+5)
	}
}

func workWithLocks(c ctx, d *db.DB) {
	for range 6 {
		d.Tx(c, nil, func(tx *db.DB) {
			id := tx.One(c, "SELECT id FROM jobs WHERE state = ? ORDER BY id LIMIT 1 FOR UPDATE", "new")
			tx.Exec(c, "UPDATE jobs SET state = 'done' WHERE id = ?", id)
		})
	}
}

func workWithClaims(c ctx, d *db.DB) {
	for range 6 {
		id := d.One(c, "UPDATE jobs SET state = 'running' WHERE id = (SELECT id FROM jobs WHERE state = ? ORDER BY id LIMIT 1) RETURNING id", "new")
		d.Exec(c, "UPDATE jobs SET state = 'done' WHERE id = ?", id)
	}
}

func workOneByOne(c ctx, d *db.DB) {
	for {
		id := d.One(c, "SELECT id FROM jobs WHERE state = ? ORDER BY id LIMIT 1", "new")
		if id == "" {
			return
		}
		d.Exec(c, "UPDATE jobs SET state = 'done' WHERE id = ?", id)
	}
}

func transactionEach(c ctx, d *db.DB) {
	for i := range 6 {
		d.Tx(c, nil, func(tx *db.DB) {
			n := tx.One(c, "SELECT price FROM books WHERE id = ?", i+1)
			tx.Exec(c, "INSERT INTO logs (id, line) VALUES (?, ?)", i, n)
			tx.Exec(c, "UPDATE counters SET n = n + 1 WHERE id = ?", i+1)
		})
	}
}

func retryWrite(c ctx, d *db.DB) {
	for range 6 {
		_ = d.Try(c, "INSERT INTO users (id, email) VALUES (?, ?)", 1, "u1@example.com") // there already
	}
}

func retryTransaction(c ctx, d *db.DB) {
	for range 6 {
		d.Undone(c, func(tx *db.DB) { tx.Exec(c, "UPDATE counters SET n = n + 1 WHERE id = ?", 1) })
	}
}

func importEach(c ctx, d *db.DB) {
	for i := range 6 {
		if d.One(c, "SELECT id FROM users WHERE id = ?", 100+i) == "" {
			d.Exec(c, "INSERT INTO users (id, name) VALUES (?, ?)", 100+i, "new")
		}
	}
}

func migratePatients(c ctx, d *db.DB) {
	for i := range 6 {
		d.Exec(c, "INSERT INTO schema_versions (id, name) VALUES (?, ?)", 100+i, "patient")
	}
}

func callEach(c ctx, d *db.DB) {
	for i := range 6 {
		d.Exec(c, "CALL tick(?::integer)", i+1)
	}
}

func updateInMapOrder(c ctx, d *db.DB) {
	for i := range 8 {
		text := "UPDATE users SET name = ?, city = ? WHERE id = ?"
		if i%2 == 0 {
			text = "UPDATE users SET city = ?, name = ? WHERE id = ?"
		}
		d.Exec(c, text, "a", "b", i+1)
	}
}

func insertReturning(c ctx, d *db.DB) {
	for i := range 6 {
		d.One(c, "INSERT INTO jobs (id, state) VALUES (?, ?) RETURNING id", 100+i, "new")
	}
}
