package corpus

import (
	"context"
	"database/sql"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// duplicate is the label of a read that was answered before.
func duplicate(function, table string) []Want {
	return []Want{{Kind: budget.Duplicate, Func: function, Table: table}}
}

// duplicates are reads that are asked twice, and whether the answer may be kept.
func duplicates() []Case {
	people := library(8, 2)
	return []Case{
		{Name: "duplicate/two-lines", About: "the same read, twice", Setup: people, Run: askTwice, Want: duplicate("", "authors")},
		{Name: "duplicate/by-helper", About: "the same, by one function", Setup: people, Run: askTwiceByHelper, Want: duplicate("authorName", "authors")},
		{Name: "duplicate/session-auth-handler", About: "three functions read the user of the request", Setup: people, Run: userThrice, Want: duplicate("", "authors")},
		{Name: "duplicate/helper-in-loop", About: "a helper, called six times with one key", Setup: people, Run: helperInLoop, Want: duplicate("authorName", "authors")},
		{Name: "duplicate/other-key", About: "two different rows", Setup: people, Run: askForTwo},
		{Name: "duplicate/write-between", About: "the table was written in between", Setup: people, Run: writeBetween},
		{Name: "duplicate/other-table-written", About: "another table was written in between", Setup: and(people, counters(3)), Run: otherTableWritten, Want: duplicate("", "authors")},
		{Name: "duplicate/set-config", About: "a function of unknown effect stands in between: the answers are two tenants'", Systems: []string{"postgres"}, Setup: people, Run: tenants},
		{Name: "duplicate/own-function-between", About: "a function that may write", Systems: []string{"postgres"}, Setup: and(people, []string{"CREATE FUNCTION rename_all() RETURNS BIGINT LANGUAGE sql AS 'UPDATE authors SET name = name; SELECT 1::bigint'"}), Run: functionBetween},
		{Name: "duplicate/pure-function-between", About: "lower() changes nothing", Setup: people, Run: pureBetween, Want: duplicate("", "authors")},
		{Name: "duplicate/delete-in-with", About: "a WITH that deletes", Systems: []string{"postgres"}, Setup: people, Run: deleteInWith},
		{Name: "duplicate/truncate-between", About: "TRUNCATE", Systems: []string{"postgres", "mysql"}, Setup: people, Run: truncateBetween},
		{Name: "duplicate/now", About: "the time has moved", Setup: and(people, []string{"CREATE TABLE events (id BIGINT, at TIMESTAMP)", "INSERT INTO events VALUES (1, '2020-01-01 00:00:00')"}), Run: eventsUntilNow},
		{Name: "duplicate/random", About: "no answer is that of the other", Systems: []string{"sqlite", "postgres"}, Setup: people, Run: randomAuthor},
		{Name: "duplicate/nextval", About: "a sequence moves", Systems: []string{"postgres"}, Setup: []string{"CREATE SEQUENCE numbers"}, Run: nextNumbers},
		{Name: "duplicate/for-update", About: "the second one locks the row", Systems: []string{"postgres", "mysql"}, Setup: people, Run: readThenLock},
		{Name: "duplicate/locks-twice", About: "reads that lock are asked for their lock", Systems: []string{"postgres", "mysql"}, Setup: people, Run: lockTwice},
		{Name: "duplicate/recheck-in-transaction", About: "the look in the transaction that writes is the one that counts", Setup: people, Run: recheck},
		{Name: "duplicate/in-one-transaction", About: "twice in one transaction", Setup: people, Run: twiceInTransaction, Want: duplicate("", "authors")},
		{Name: "duplicate/two-transactions", About: "each transaction sees its own state", Setup: people, Run: twoTransactions},
		{Name: "duplicate/polling", About: "asked until there is a row", Setup: people, Run: pollForRow},
		{Name: "duplicate/nothing-found", About: "what found nothing may be asked again", Setup: people, Run: askForNothing},
		{Name: "duplicate/other-columns", About: "two columns of one row, by two reads", Setup: people, Run: otherColumns, Want: duplicate("otherColumns", "authors")},
		{Name: "duplicate/other-columns-of-other-row", About: "two columns of two rows", Setup: people, Run: otherColumnsOfOther},
		{Name: "duplicate/exists-then-row", About: "EXISTS, and then the row", Setup: people, Run: existsThenRow, Want: duplicate("existsThenRow", "authors")},
		{Name: "duplicate/count-then-rows", About: "a page and the number of all rows are two questions", Setup: people, Run: countThenPage},
		{Name: "duplicate/lists", About: "the same list, twice", Setup: people, Run: listTwice, Want: duplicate("", "books")},
		{Name: "duplicate/goroutines", About: "two goroutines ask the same", Setup: people, Run: askInParallel, Want: duplicate("", "authors")},
		{Name: "duplicate/literals", About: "the key is written into the text", Setup: people, Run: literalTwice, Want: duplicate("", "authors")},
		{Name: "duplicate/other-literals", About: "two texts, two rows", Setup: people, Run: literalsOfTwo},
		{Name: "duplicate/nulls", About: "NULL and a value are different arguments", Setup: people, Run: nullAndValue},
		{Name: "duplicate/verbs-as-columns", About: "a read is a read, whatever its columns are called", Systems: []string{"postgres"}, Setup: []string{"CREATE TABLE grants (id BIGINT, insert BOOLEAN, update BOOLEAN)", "INSERT INTO grants VALUES (1, true, false)"}, Run: grantsTwice, Want: duplicate("", "grants")},
		{Name: "duplicate/rolled-back", About: "the first answer was that of a transaction that was undone, with its write", Setup: people, Run: afterRollback},
	}
}

const nameQuery = "SELECT name FROM authors WHERE id = ?"

func askTwice(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), 3))
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	return nil
}

func askTwiceByHelper(ctx context.Context, e *Env) error {
	authorName(ctx, e, 4)
	authorName(ctx, e, 4)
	return nil
}

func userThrice(ctx context.Context, e *Env) error {
	sessionOf(ctx, e)
	mayRead(ctx, e)
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 2))
	return nil
}

func sessionOf(ctx context.Context, e *Env) { drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 2)) }
func mayRead(ctx context.Context, e *Env)   { drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 2)) }

func helperInLoop(ctx context.Context, e *Env) error {
	for range 6 {
		authorName(ctx, e, 5)
	}
	return nil
}

func askForTwo(ctx context.Context, e *Env) error {
	authorName(ctx, e, 1)
	authorName(ctx, e, 2)
	return nil
}

func writeBetween(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE authors SET email = ? WHERE id = ?"), "new", 3))
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	return nil
}

func otherTableWritten(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET n = n + 1 WHERE id = ?"), 1))
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	return nil
}

func tenants(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for _, tenant := range []string{"a", "b"} {
			drain(tx.QueryContext(ctx, "SELECT set_config('app.tenant', $1, true)", tenant))
			drain(tx.QueryContext(ctx, "SELECT count(*) FROM authors"))
		}
	})
}

func functionBetween(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	drain(e.DB.QueryContext(ctx, "SELECT rename_all()"))
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	return nil
}

func pureBetween(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT lower(title) FROM books WHERE id = ?"), 1))
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	return nil
}

func deleteInWith(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT count(*) FROM books"))
	drain(e.DB.QueryContext(ctx, "WITH gone AS (DELETE FROM books WHERE author_id = 1 RETURNING id) SELECT id FROM gone"))
	drain(e.DB.QueryContext(ctx, "SELECT count(*) FROM books"))
	return nil
}

func truncateBetween(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT count(*) FROM books"))
	done(e.DB.ExecContext(ctx, "TRUNCATE TABLE books"))
	drain(e.DB.QueryContext(ctx, "SELECT count(*) FROM books"))
	return nil
}

func eventsUntilNow(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id FROM events WHERE at < CURRENT_TIMESTAMP"))
	drain(e.DB.QueryContext(ctx, "SELECT id FROM events WHERE at < CURRENT_TIMESTAMP"))
	return nil
}

func randomAuthor(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY random() LIMIT 1"))
	drain(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY random() LIMIT 1"))
	return nil
}

func nextNumbers(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT nextval('numbers')"))
	drain(e.DB.QueryContext(ctx, "SELECT nextval('numbers')"))
	return nil
}

func readThenLock(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		drain(tx.QueryContext(ctx, e.Q(nameQuery+" FOR UPDATE"), 3))
		done(tx.ExecContext(ctx, e.Q("UPDATE authors SET email = ? WHERE id = ?"), "new", 3))
	})
}

func lockTwice(ctx context.Context, e *Env) error {
	for range 2 {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) { drain(tx.QueryContext(ctx, e.Q(nameQuery+" FOR UPDATE"), 3)) }))
	}
	return nil
}

func recheck(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM authors WHERE email = ?"), "a3@example.com")) == 0 {
		return nil
	}
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		if drain(tx.QueryContext(ctx, e.Q("SELECT id FROM authors WHERE email = ?"), "a3@example.com")) > 0 {
			done(tx.ExecContext(ctx, e.Q("DELETE FROM books WHERE author_id = ?"), 3))
		}
	})
}

func twiceInTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		drain(tx.QueryContext(ctx, e.Q(nameQuery), 3))
		drain(tx.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), 3))
		drain(tx.QueryContext(ctx, e.Q(nameQuery), 3))
	})
}

func twoTransactions(ctx context.Context, e *Env) error {
	for range 2 {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) { drain(tx.QueryContext(ctx, e.Q(nameQuery), 3)) }))
	}
	return nil
}

func pollForRow(ctx context.Context, e *Env) error {
	for i := range 7 {
		if drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 99)) > 0 {
			return nil
		}
		if i == 5 {
			other, _ := budget.NewContext(context.Background()) // of another request
			done(e.DB.ExecContext(other, e.Q("INSERT INTO authors (id, name) VALUES (?, 'late')"), 99))
		}
	}
	return nil
}

func askForNothing(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 99))
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 99))
	return nil
}

func otherColumns(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT email, country_id FROM authors WHERE id = ?"), 3))
	return nil
}

func otherColumnsOfOther(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT email, country_id FROM authors WHERE id = ?"), 4))
	return nil
}

func existsThenRow(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT EXISTS(SELECT 1 FROM authors WHERE id = ?)"), 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), 3))
	return nil
}

func countThenPage(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM books WHERE author_id = ?"), 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? ORDER BY id LIMIT 1"), 3))
	return nil
}

func listTwice(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, title FROM books ORDER BY id"))
	drain(e.DB.QueryContext(ctx, "SELECT id, title FROM books ORDER BY id"))
	return nil
}

func askInParallel(ctx context.Context, e *Env) error {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3)) })
	}
	wg.Wait()
	return nil
}

func literalTwice(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT name FROM authors WHERE id = 3"))
	drain(e.DB.QueryContext(ctx, "SELECT name FROM authors WHERE id = 3"))
	return nil
}

func literalsOfTwo(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT name FROM authors WHERE id = 3"))
	drain(e.DB.QueryContext(ctx, "SELECT name FROM authors WHERE id = 4"))
	return nil
}

func nullAndValue(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM authors WHERE country_id = ?"), nil))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM authors WHERE country_id = ?"), 1))
	return nil
}

func grantsTwice(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT insert, update FROM grants WHERE id = $1", 1))
	drain(e.DB.QueryContext(ctx, "SELECT insert, update FROM grants WHERE id = $1", 1))
	return nil
}

func afterRollback(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	done(tx.ExecContext(ctx, e.Q("UPDATE authors SET email = ? WHERE id = ?"), "new", 3))
	drain(tx.QueryContext(ctx, e.Q(nameQuery), 3))
	if err := tx.Rollback(); err != nil {
		return err
	}
	drain(e.DB.QueryContext(ctx, e.Q(nameQuery), 3))
	return nil
}
