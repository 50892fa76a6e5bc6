package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// parents are loops whose rows could be those of several reads.
func parents() []Case {
	return []Case{
		{
			Name: "parent/unrelated-between", About: "the nearest read has as many rows and the same ids, but no name of it fits",
			Setup: and(library(8, 2), counters(8)), Run: unrelatedBetween, Want: nPlusOne("unrelatedBetween", "books", "authors"),
		},
		{
			Name: "parent/unrelated-before", About: "the same with the unrelated read before the parent",
			Setup: and(library(8, 2), counters(8)), Run: unrelatedBefore, Want: nPlusOne("unrelatedBefore", "books", "authors"),
		},
		{
			Name: "parent/more-rows-between", About: "the nearest read contains all the keys, among others",
			Setup: and(library(6, 2), counters(40)), Run: unrelatedBetween, Want: nPlusOne("unrelatedBetween", "books", "authors"),
		},
		{
			Name: "parent/foreign-key", About: "the key is books.author_id, and the ids of the counters are the same numbers",
			Setup: and(library(6, 2), counters(12)), Run: authorsAfterCounters, Want: nPlusOne("authorsAfterCounters", "authors", "books"),
			Same: sameRows("SELECT name FROM authors WHERE id = ?", upTo(6)),
		},
		{
			Name: "parent/of-request", About: "the keys came with the request; other tables have such ids, too",
			Setup: and(library(10, 2), counters(10)), Run: ofRequest, Want: nPlusOne("ofRequest", "authors", none),
			Same: sameRows("SELECT name FROM authors WHERE id = ?", []int64{3, 1, 7, 5, 9, 2}),
		},
		{
			Name: "parent/of-request-alone", About: "nothing was read before",
			Setup: library(10, 2), Run: ofRequestAlone, Want: nPlusOne("ofRequestAlone", "authors", none),
		},
		{
			Name: "parent/filtered", About: "the application picks some of the rows",
			Setup: library(16, 2), Run: filteredRows, Want: nPlusOne("filteredRows", "books", "authors"),
		},
		{
			Name: "parent/shuffled", About: "the rows go through a map, whose order is any",
			Setup: library(12, 2), Run: shuffledRows, Want: nPlusOne("shuffledRows", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ?", upTo(12)),
		},
		{
			Name: "parent/backwards", About: "from the last row to the first",
			Setup: library(12, 2), Run: backwards, Want: nPlusOne("backwards", "books", "authors"),
		},
		{
			Name: "parent/join", About: "the rows are those of a join",
			Setup: and(library(6, 2), reviews(12, 2)), Run: reviewsOfJoin, Want: nPlusOne("reviewsOfJoin", "reviews", "books"),
			Same: sameRows("SELECT stars FROM reviews WHERE book_id = ?", upTo(12)),
		},
		{
			Name: "parent/text-keys", About: "the key is a text",
			Setup: and(library(6, 0), []string{"CREATE TABLE mails (recipient VARCHAR(40), subject VARCHAR(20))", "INSERT INTO mails SELECT email, 'hello' FROM authors"}),
			Run:   mailsOfAuthors, Want: []Want{{Kind: budget.NPlusOne, Func: "mailsOfAuthors", Table: "mails", Parent: "authors", Proven: true}},
		},
		{
			Name: "parent/in-function", About: "the rows are read by one function, and gone through by another",
			Setup: library(6, 2), Run: listThenLoad, Want: nPlusOne("loadBooks", "books", "authors"),
		},
		{
			Name: "parent/read-again-in-the-round", About: "two parts of each round read the row again, with what belongs to it, as an ORM's preload does",
			Setup: library(6, 2), Run: readAgainInRound,
			Want: []Want{
				{Kind: budget.WriteLoop, Func: "readAgainInRound", Table: "books", Parent: "authors", Proven: true},
			},
		},
		{
			Name: "parent/after-other-work", About: "other queries run between the rows and the loop",
			Setup: and(library(6, 2), counters(3)), Run: afterOtherWork, Want: nPlusOne("afterOtherWork", "books", "authors"),
		},
		{
			Name: "parent/transaction", About: "all in one transaction",
			Setup: library(6, 2), Run: booksInTransaction, Want: nPlusOne("booksInTransaction.func1", "books", "authors"),
		},
		{
			Name: "parent/second-of-two", About: "two loops with a parent each",
			Setup: and(library(6, 2), counters(7), []string{"CREATE TABLE ticks (counter_id BIGINT, n BIGINT)", "INSERT INTO ticks SELECT id, n FROM counters"}), Run: twoParents,
			Want: []Want{
				{Kind: budget.NPlusOne, Func: "twoParents", Table: "books", Parent: "authors", Proven: true},
				{Kind: budget.NPlusOne, Func: "twoParents", Table: "ticks", Parent: "counters", Proven: true},
			},
		},
		{
			Name: "parent/loop-in-loop", About: "an inner loop with more rows than the outer one",
			Setup: and(library(5, 5), reviews(25, 1)), Run: reviewsOfBooksOfAuthors,
			Want: []Want{
				{Kind: budget.NPlusOne, Func: "reviewsOfBooksOfAuthors", Table: "books", Parent: "authors", Proven: true},
				{Kind: budget.NPlusOne, Func: "reviewsOfBooksOfAuthors", Table: "reviews", Parent: "books"},
			},
		},
		{
			Name: "parent/workers", About: "four goroutines take the rows from a channel",
			Setup: library(12, 2), Run: booksByWorkers, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors"}},
		},
		{
			Name: "parent/self", About: "employees and their managers are one table",
			Setup: nodes(13, 2), Run: parentsOfNodes, Want: []Want{{Kind: budget.NPlusOne, Func: "parentsOfNodes", Table: "nodes", Parent: "nodes"}},
		},
		{
			Name: "parent/no-rows-used", About: "the read before has other numbers than the keys",
			Setup: and(library(30, 1), counters(5)), Run: keysOfElsewhere, Want: nPlusOne("keysOfElsewhere", "authors", none),
		},
	}
}

func unrelatedBetween(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	ints(e.DB.QueryContext(ctx, "SELECT id, n FROM counters ORDER BY id"))
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func unrelatedBefore(ctx context.Context, e *Env) error {
	ints(e.DB.QueryContext(ctx, "SELECT id, n FROM counters ORDER BY id"))
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func authorsAfterCounters(ctx context.Context, e *Env) error {
	books := pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM books ORDER BY id"))
	ints(e.DB.QueryContext(ctx, "SELECT id, n FROM counters ORDER BY id"))
	for _, book := range books {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), book[1]))
	}
	return nil
}

func ofRequest(ctx context.Context, e *Env) error {
	ints(e.DB.QueryContext(ctx, "SELECT id, n FROM counters ORDER BY id"))
	for _, id := range []int64{3, 1, 7, 5, 9, 2} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), id))
	}
	return nil
}

func ofRequestAlone(ctx context.Context, e *Env) error {
	for _, id := range []int64{3, 1, 7, 5, 9, 2} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), id))
	}
	return nil
}

func filteredRows(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM authors ORDER BY id")) {
		if id%2 == 0 {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
		}
	}
	return nil
}

func shuffledRows(ctx context.Context, e *Env) error {
	byID := make(map[int64]int)
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		byID[id] = 0
	}
	for id := range byID {
		byID[id] = drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func backwards(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	for i := len(ids) - 1; i >= 0; i-- {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), ids[i]))
	}
	return nil
}

func reviewsOfJoin(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT b.id, a.name FROM books b JOIN authors a ON a.id = b.author_id ORDER BY b.id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT stars FROM reviews WHERE book_id = ?"), id))
	}
	return nil
}

func mailsOfAuthors(ctx context.Context, e *Env) error {
	var emails []string
	rows, err := e.DB.QueryContext(ctx, "SELECT email FROM authors ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var email string
		if err := rows.Scan(&email); err != nil {
			return err
		}
		emails = append(emails, email)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, email := range emails {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT subject FROM mails WHERE recipient = ?"), email))
	}
	return nil
}

func listThenLoad(ctx context.Context, e *Env) error {
	loadBooks(ctx, e, listAuthors(ctx, e))
	return nil
}

func listAuthors(ctx context.Context, e *Env) []int64 {
	return ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
}

func loadBooks(ctx context.Context, e *Env, authors []int64) {
	for _, id := range authors {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
}

func readAgainInRound(ctx context.Context, e *Env) error {
	for _, id := range listAuthors(ctx, e) {
		cover(ctx, e, id)
		done(e.DB.ExecContext(ctx, e.Q("UPDATE books SET title = ? WHERE author_id = ?"), fmt.Sprint("of ", id), id))
		price(ctx, e, id)
	}
	return nil
}

func cover(ctx context.Context, e *Env, author int64) {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM authors WHERE id = ?"), author)) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
}

func price(ctx context.Context, e *Env, author int64) {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id, email FROM authors WHERE id = ?"), author)) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
}

func afterOtherWork(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	ints(e.DB.QueryContext(ctx, "SELECT count(*) FROM books"))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM counters WHERE id = ?"), 2))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET n = n + 1 WHERE id = ?"), 3))
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func booksInTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for _, id := range ints(tx.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
			drain(tx.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
		}
	})
}

// inTransaction commits what do does.
func inTransaction(ctx context.Context, e *Env, options *sql.TxOptions, do func(*sql.Tx)) error {
	tx, err := e.DB.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	do(tx)
	return tx.Commit()
}

func twoParents(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM counters ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT n FROM ticks WHERE counter_id = ?"), id))
	}
	return nil
}

func booksByWorkers(ctx context.Context, e *Env) error {
	ids := make(chan int64)
	var wg sync.WaitGroup
	all := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	for range 4 {
		wg.Go(func() {
			for id := range ids {
				drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
			}
		})
	}
	for _, id := range all {
		ids <- id
	}
	close(ids)
	wg.Wait()
	return nil
}

func parentsOfNodes(ctx context.Context, e *Env) error {
	for _, node := range pairs(e.DB.QueryContext(ctx, "SELECT id, parent_id FROM nodes WHERE parent_id > 0 ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM nodes WHERE id = ?"), node[1]))
	}
	return nil
}

func keysOfElsewhere(ctx context.Context, e *Env) error {
	ints(e.DB.QueryContext(ctx, "SELECT id, n FROM counters ORDER BY id"))
	for id := int64(20); id < 28; id++ {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), id))
	}
	return nil
}
