package corpus

import (
	"context"
	"database/sql"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// writeLoop is the label of a loop of writes.
func writeLoop(function, table string) []Want {
	return []Want{{Kind: budget.WriteLoop, Func: function, Table: table}}
}

// writes are loops of writes, and their repairs.
func writes() []Case {
	return []Case{
		{Name: "write/inserts", About: "one INSERT for each item", Setup: library(1, 0), Run: insertEach, Want: writeLoop("insertEach", "books")},
		{Name: "write/four-inserts", About: "four are below the threshold", Setup: library(1, 0), Run: insertFour},
		{Name: "write/several-values", About: "one INSERT with all: the repair", Setup: library(1, 0), Run: insertAll},
		{Name: "write/bulk-inserts", About: "lists of different length from one line", Setup: library(1, 0), Run: insertInChunks},
		{Name: "write/bulk-with-nulls", About: "VALUES (1, NULL), (2, 3) is no other statement than VALUES (1, 2), (NULL, 3)", Setup: library(1, 0), Run: insertWithNulls},
		{Name: "write/returning", About: "an INSERT that returns", Systems: []string{"sqlite", "postgres"}, Setup: []string{"CREATE TABLE tags (id {auto}, name VARCHAR(20))"}, Run: insertReturning, Want: writeLoop("insertReturning", "tags")},
		{Name: "write/upserts", About: "an upsert for each item", Systems: []string{"sqlite", "postgres"}, Setup: library(3, 0), Run: upsertEach, Want: writeLoop("upsertEach", "authors")},
		{Name: "write/updates", About: "one UPDATE for each row, with another value", Setup: library(8, 2), Run: updateEach, Want: writeLoop("updateEach", "books")},
		{Name: "write/function-with-two-literals", About: "round(1.55, 1) is no list", Setup: library(20, 1), Run: roundEach, Want: writeLoop("roundEach", "books")},
		{Name: "write/equal-arguments", About: "n = n + 1, eight times", Setup: counters(3), Run: incrementEight, Want: writeLoop("incrementEight", "counters")},
		{Name: "write/deletes", About: "one DELETE for each key", Setup: library(8, 2), Run: deleteEach, Want: writeLoop("deleteEach", "books")},
		{Name: "write/delete-list", About: "one DELETE with all keys: the repair", Setup: library(8, 2), Run: deleteList},
		{Name: "write/prune", About: "the old rows, one by one", Setup: library(60, 1), Run: prune, Want: writeLoop("prune", "books")},
		{Name: "write/prune-by-select", About: "in batches with a LIMIT, until there are none", Systems: []string{"sqlite", "postgres"}, Setup: library(12, 4), Run: pruneBySelect},
		{Name: "write/prune-with-limit", About: "DELETE with a LIMIT, until there are none", Systems: []string{"mysql"}, Setup: library(12, 4), Run: pruneWithLimit},
		{Name: "write/ranges", About: "an UPDATE for each range of keys", Setup: library(60, 1), Run: updateRanges},
		{Name: "write/one-transaction-sqlite", About: "there is no round trip to save, and CASE for each row is no better", Systems: []string{"sqlite"}, Setup: library(8, 2), Run: updateInTransaction},
		{Name: "write/one-transaction-hint", About: "the same, for who wants hints", Systems: []string{"sqlite"}, Hints: AllHints, Setup: library(8, 2), Run: updateInTransaction, Want: writeLoop("updateInTransaction.func1", "books")},
		{Name: "write/one-transaction-for-server", About: "the same in an application that runs on servers, too", SQLite: budget.SQLiteForServer, Systems: []string{"sqlite"},
			Setup: library(8, 2), Run: updateInTransaction, Want: writeLoop("updateInTransaction.func1", "books")},
		{Name: "write/inserts-sqlite", About: "INSERTs in one transaction", Systems: []string{"sqlite"}, Setup: library(1, 0), Run: insertInTransaction, Want: writeLoop("insertInTransaction.func1", "books")},
		{Name: "write/inserts-sqlite-alone", About: "the same in an application that runs on nothing else: several VALUES save microseconds", SQLite: budget.SQLiteAlone,
			Systems: []string{"sqlite"}, Setup: library(1, 0), Run: insertInTransaction},
		{Name: "write/inserts-sqlite-each", About: "a transaction for each INSERT: all but one can be saved", SQLite: budget.SQLiteAlone,
			Systems: []string{"sqlite"}, Setup: library(1, 0), Run: insertOneEach, Want: writeLoop("insertOneEach.func1", "books")},
		{Name: "write/one-transaction", About: "the loop in one transaction", Systems: []string{"postgres", "mysql"}, Setup: library(8, 2), Run: updateInTransaction, Want: writeLoop("updateInTransaction.func1", "books")},
		{Name: "write/savepoint-each", About: "a savepoint for each item, so that one that is there already fails alone: ON CONFLICT says that of all", SQLite: budget.SQLiteForServer, Setup: library(1, 0), Run: savepointEach, Want: writeLoop("savepointEach", "books")},
		{Name: "write/one-savepoint", About: "one savepoint before the loop", SQLite: budget.SQLiteForServer, Setup: library(1, 0), Run: oneSavepoint, Want: writeLoop("oneSavepoint", "books")},
		{Name: "write/transaction-each", About: "a transaction for each UPDATE, with nothing else in it", Setup: library(8, 2), Run: transactionEach, Want: writeLoop("transactionEach.func1", "books")},
		{Name: "write/two-statements", About: "each item is two INSERTs: one finding", Setup: and(library(1, 0), []string{"CREATE TABLE log (book_id BIGINT, what VARCHAR(20))"}), Run: insertTwo, Want: writeLoop("insertTwo", "books")},
		{Name: "write/read-and-write", About: "each item is read and written: one loop", Setup: library(8, 2), Run: readAndWrite,
			Want: []Want{{Kind: budget.WriteLoop, Func: "readAndWrite", Table: "authors", Parent: "authors", Also: reads}}},
		{Name: "write/prepared", About: "a prepared statement in a loop", Setup: library(1, 0), Run: insertPrepared, Want: writeLoop("insertPrepared", "books")},
		{Name: "write/helper", About: "by a function that writes one", Setup: library(1, 0), Run: insertByHelper, Want: writeLoop("insertBook", "books")},
		{Name: "write/call", About: "a procedure for each item", Systems: []string{"postgres"}, Setup: and(library(8, 2), []string{"CREATE PROCEDURE sell(b BIGINT) LANGUAGE sql AS 'UPDATE books SET state = ''sold'' WHERE id = b'"}), Run: callEach, Want: writeLoop("callEach", "")},
		{Name: "write/call-mysql", About: "the same there", Systems: []string{"mysql"}, Setup: and(library(8, 2), []string{"CREATE PROCEDURE sell(b BIGINT) UPDATE books SET state = 'sold' WHERE id = b"}), Run: callEach, Want: writeLoop("callEach", "")},
		{Name: "write/different-lines", About: "five INSERTs on five lines", Setup: library(1, 0), Run: fiveInserts},
		{Name: "write/values-of-literals", About: "the values are in the text", Setup: library(1, 0), Run: insertLiterals, Want: writeLoop("insertLiterals", "books")},
		{Name: "write/insert-select", About: "one INSERT of a SELECT: the repair", Setup: and(library(8, 2), []string{"CREATE TABLE log (book_id BIGINT, what VARCHAR(20))"}), Run: insertSelect},
	}
}

// workers do one job after another, which is no loop to be made one statement.
func workers() []Case {
	jobs := []string{
		"CREATE TABLE jobs (id BIGINT PRIMARY KEY, state VARCHAR(10), tries BIGINT)",
		"INSERT INTO jobs VALUES (1, 'new', 0), (2, 'new', 0), (3, 'new', 0), (4, 'new', 0), (5, 'new', 0), (6, 'new', 0), (7, 'new', 0)",
	}
	links := []string{"CREATE TABLE links (author_id BIGINT, tag_id BIGINT)"}
	return []Case{
		{Name: "worker/locks", About: "each job is locked, done and committed", Systems: []string{"postgres", "mysql"}, Setup: jobs, Run: lockJobs},
		{Name: "worker/claims", About: "an UPDATE claims the next job", Systems: []string{"sqlite", "postgres"}, Setup: jobs, Run: claimJobs},
		{Name: "worker/transaction-with-read", About: "a transaction for each item, which reads and writes", Setup: and(library(8, 2), jobs), Run: transactionsThatRead},
		{Name: "worker/look-outside", About: "what the transactions need is read before each of them: that can be read at once", Setup: and(library(8, 0), links), Run: lookOutside, Want: nPlusOne("lookOutside", "links", "authors")},
		{Name: "worker/read-back", About: "each transaction writes a row and reads it back: item by item, by design", Setup: library(8, 2), Run: readBack},
		{Name: "worker/read-back-hints", About: "the same where hints are wanted", Hints: AllHints, Setup: library(8, 2), Run: readBack,
			Want: []Want{{Kind: budget.WriteLoop, Func: "readBack.func1", Table: "books", Also: []string{"SELECT"}}}},
		{Name: "worker/list-of-jobs", About: "the jobs are read at once and marked one by one: a loop", Setup: jobs, Run: markJobs, Want: writeLoop("markJobs", "jobs")},
		{Name: "worker/retry", About: "a transaction that is begun again after it failed", Setup: counters(3), Run: retries},
		{Name: "worker/retry-until-row", About: "asked until there is a row, six times", Setup: library(3, 1), Run: pollForRow},
		{Name: "worker/compare-and-swap", About: "an UPDATE that is tried until it hits", Setup: counters(3), Run: compareAndSwap},
	}
}

func insertEach(ctx context.Context, e *Env) error {
	for id := range 9 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title) VALUES (?, ?, ?)"), id, 1, "book"))
	}
	return nil
}

func insertFour(ctx context.Context, e *Env) error {
	for id := range 4 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title) VALUES (?, ?, ?)"), id, 1, "book"))
	}
	return nil
}

// values are as many tuples of two.
func values(n int) string { return strings.TrimSuffix(strings.Repeat("(?, ?), ", n), ", ") }

func insertAll(ctx context.Context, e *Env) error {
	var args []any
	for id := range 9 {
		args = append(args, id, 1)
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id) VALUES "+values(9)), args...))
	return nil
}

func insertInChunks(ctx context.Context, e *Env) error {
	id := 0
	for n := 2; n < 9; n++ {
		var args []any
		for range n {
			id++
			args = append(args, id, 1)
		}
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id) VALUES "+values(n)), args...))
	}
	return nil
}

func insertWithNulls(ctx context.Context, e *Env) error {
	for _, rows := range []string{"(1, NULL), (2, 3)", "(3, 1), (4, NULL)", "(5, 1), (6, 2)", "(7, NULL), (8, NULL)", "(9, 1), (10, 2)", "(11, NULL), (12, 1)"} {
		done(e.DB.ExecContext(ctx, "INSERT INTO books (id, author_id) VALUES "+rows))
	}
	return nil
}

func insertReturning(ctx context.Context, e *Env) error {
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		var id int64
		one(e.DB.QueryRowContext(ctx, e.Q("INSERT INTO tags (name) VALUES (?) RETURNING id"), name), &id)
	}
	return nil
}

func upsertEach(ctx context.Context, e *Env) error {
	for id := range 7 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO authors (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"), id, "new"))
	}
	return nil
}

func updateEach(ctx context.Context, e *Env) error {
	for id := range 8 {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE books SET price = ? WHERE id = ?"), 10*id, id+1))
	}
	return nil
}

func roundEach(ctx context.Context, e *Env) error {
	for id := range 20 {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE books SET price = round(1.55, 1) WHERE id = ?"), id+1))
	}
	return nil
}

func incrementEight(ctx context.Context, e *Env) error {
	for range 8 {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET n = n + 1 WHERE id = ?"), 2))
	}
	return nil
}

func deleteEach(ctx context.Context, e *Env) error {
	for id := range 8 {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM books WHERE id = ?"), id+1))
	}
	return nil
}

func deleteList(ctx context.Context, e *Env) error {
	query, args := in("DELETE FROM books WHERE id IN (?)", upTo(8))
	done(e.DB.ExecContext(ctx, e.Q(query), args...))
	return nil
}

func prune(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM books WHERE state = ?"), "used")) {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM books WHERE id = ?"), id))
	}
	return nil
}

func pruneBySelect(ctx context.Context, e *Env) error {
	for done(e.DB.ExecContext(ctx, e.Q("DELETE FROM books WHERE id IN (SELECT id FROM books WHERE state = ? ORDER BY id LIMIT 4)"), "used")) > 0 {
		continue
	}
	return nil
}

func pruneWithLimit(ctx context.Context, e *Env) error {
	for done(e.DB.ExecContext(ctx, "DELETE FROM books WHERE state = ? LIMIT 4", "used")) > 0 {
		continue
	}
	return nil
}

func updateRanges(ctx context.Context, e *Env) error {
	for id := 0; id < 60; id += 10 {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE books SET price = price + 1 WHERE id >= ? AND id < ?"), id, id+10))
	}
	return nil
}

func updateInTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for id := range 8 {
			done(tx.ExecContext(ctx, e.Q("UPDATE books SET price = ? WHERE id = ?"), 10*id, id+1))
		}
	})
}

func transactionEach(ctx context.Context, e *Env) error {
	for id := range 8 {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			done(tx.ExecContext(ctx, e.Q("UPDATE books SET price = ? WHERE id = ?"), 10*id, id+1))
		}))
	}
	return nil
}

func insertTwo(ctx context.Context, e *Env) error {
	for id := range 7 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title) VALUES (?, ?, ?)"), id, 1, "book"))
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO log (book_id, what) VALUES (?, ?)"), id, "made"))
	}
	return nil
}

func readAndWrite(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var sum sql.NullInt64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT sum(price) FROM books WHERE author_id = ?"), id), &sum)
		done(e.DB.ExecContext(ctx, e.Q("UPDATE authors SET country_id = ? WHERE id = ?"), sum, id))
	}
	return nil
}

func insertPrepared(ctx context.Context, e *Env) error {
	insert, err := e.DB.PrepareContext(ctx, e.Q("INSERT INTO books (id, author_id) VALUES (?, ?)"))
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // nothing is lost
	for id := range 9 {
		done(insert.ExecContext(ctx, id, 1))
	}
	return nil
}

func insertByHelper(ctx context.Context, e *Env) error {
	for id := range 9 {
		insertBook(ctx, e, id)
	}
	return nil
}

func insertBook(ctx context.Context, e *Env, id int) {
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title) VALUES (?, ?, ?)"), id, 1, "book"))
}

func callEach(ctx context.Context, e *Env) error {
	for id := range 8 {
		done(e.DB.ExecContext(ctx, e.Q("CALL sell(?)"), id+1))
	}
	return nil
}

func fiveInserts(ctx context.Context, e *Env) error {
	insertBook(ctx, e, 1)
	insertBook(ctx, e, 2)
	insertBook(ctx, e, 3)
	insertBook(ctx, e, 4)
	insertBook(ctx, e, 5)
	return nil
}

func insertLiterals(ctx context.Context, e *Env) error {
	for _, row := range []string{"(1, 1)", "(2, 1)", "(3, NULL)", "(4, 2)", "(5, NULL)", "(6, 2)"} {
		done(e.DB.ExecContext(ctx, "INSERT INTO books (id, author_id) VALUES "+row))
	}
	return nil
}

func insertSelect(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "INSERT INTO log (book_id, what) SELECT id, 'made' FROM books"))
	return nil
}

func lockJobs(ctx context.Context, e *Env) error {
	for isLeft := true; isLeft; {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			var id int64
			if isLeft = one(tx.QueryRowContext(ctx, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), &id); isLeft {
				done(tx.ExecContext(ctx, e.Q("UPDATE jobs SET state = 'done' WHERE id = ?"), id))
			}
		}))
	}
	return nil
}

func claimJobs(ctx context.Context, e *Env) error {
	for {
		var id int64
		if !one(e.DB.QueryRowContext(ctx, "UPDATE jobs SET state = 'running' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1) RETURNING id"), &id) {
			return nil
		}
		done(e.DB.ExecContext(ctx, e.Q("UPDATE jobs SET state = 'done' WHERE id = ?"), id))
	}
}

func transactionsThatRead(ctx context.Context, e *Env) error {
	for _, id := range []int64{3, 1, 5, 2, 6, 4} {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			var tries int64
			one(tx.QueryRowContext(ctx, e.Q("SELECT count(*) FROM books WHERE author_id = ?"), id), &tries)
			done(tx.ExecContext(ctx, e.Q("UPDATE jobs SET tries = tries + 1 WHERE id = ?"), id))
		}))
	}
	return nil
}

func markJobs(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id")) {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE jobs SET state = 'done' WHERE id = ?"), id))
	}
	return nil
}

func retries(ctx context.Context, e *Env) error {
	for i := range 6 {
		tx, err := e.DB.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		done(tx.ExecContext(ctx, e.Q("UPDATE counters SET n = n + 1 WHERE id = ?"), 2))
		if i == 5 {
			return tx.Commit()
		}
		if err := tx.Rollback(); err != nil { // what it needs was not there yet
			return err
		}
	}
	return nil
}

func compareAndSwap(ctx context.Context, e *Env) error {
	for i := range 6 {
		var n int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT n FROM counters WHERE id = ?"), 2), &n)
		if i < 5 { // another request is faster
			other, _ := budget.NewContext(context.Background())
			done(e.DB.ExecContext(other, e.Q("UPDATE counters SET n = n + 1 WHERE id = ?"), 2))
		}
		if done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET n = ? WHERE id = ? AND n = ?"), n+5, 2, n)) > 0 {
			return nil
		}
	}
	return nil
}

func lookOutside(ctx context.Context, e *Env) error {
	for _, author := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT tag_id FROM links WHERE author_id = ?"), author))
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			drain(tx.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), author))
			done(tx.ExecContext(ctx, e.Q("INSERT INTO links VALUES (?, 3)"), author))
		}))
	}
	return nil
}

func readBack(ctx context.Context, e *Env) error {
	for book := range 8 {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			done(tx.ExecContext(ctx, e.Q("UPDATE books SET price = price + 1 WHERE id = ?"), book+1))
			drain(tx.QueryContext(ctx, e.Q("SELECT price FROM books WHERE id = ?"), book+1))
		}))
	}
	return nil
}

func insertInTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for book := range 8 {
			done(tx.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title, price) VALUES (?, 1, 'new', ?)"), book+100, book))
		}
	})
}

func insertOneEach(ctx context.Context, e *Env) error {
	for book := range 8 {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			done(tx.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title, price) VALUES (?, 1, 'new', ?)"), book+100, book))
		}))
	}
	return nil
}

func savepointEach(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it ended, or is of no use
	for i := range 8 {
		done(tx.ExecContext(ctx, "SAVEPOINT item"))
		if _, err := tx.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title) VALUES (?, 1, ?)"), 100+i%7, "new"); err != nil {
			done(tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT item"))
		}
		done(tx.ExecContext(ctx, "RELEASE SAVEPOINT item"))
	}
	return tx.Commit()
}

func oneSavepoint(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it ended, or is of no use
	done(tx.ExecContext(ctx, "SAVEPOINT all_of_them"))
	for i := range 8 {
		done(tx.ExecContext(ctx, e.Q("INSERT INTO books (id, author_id, title) VALUES (?, 1, ?)"), 100+i, "new"))
	}
	return tx.Commit()
}
