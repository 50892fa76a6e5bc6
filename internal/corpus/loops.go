package corpus

import (
	"context"
	"fmt"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// nPlusOne is the label of a loop of reads.
func nPlusOne(function, table, parent string) []Want {
	return []Want{{Kind: budget.NPlusOne, Func: function, Table: table, Parent: parent, Proven: parent != none && parent != ""}}
}

// loops are reads that run once for each row, and what looks like them.
func loops() []Case {
	return []Case{
		{
			Name: "loop/books-of-authors", About: "the n+1 of the books",
			Setup: library(6, 2), Run: booksOfAuthors, Want: nPlusOne("booksOfAuthors", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ?", upTo(6)),
		},
		{
			Name: "loop/joined", About: "its repair",
			Setup: library(6, 2), Run: booksJoined,
		},
		{
			Name: "loop/list-of-literals", About: "the list is the same text each time: a condition, and no batch",
			Setup: library(20, 2), Run: booksInStates, Want: nPlusOne("booksInStates", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? AND state IN (?, ?)", upTo(20), []string{"new", "used"}),
		},
		{
			Name: "loop/list-of-equal-arguments", About: "the states are arguments, and the same each time",
			Setup: library(20, 2), Run: booksInBoundStates, Want: nPlusOne("booksInBoundStates", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? AND state IN (?, ?)", upTo(20), []string{"new", "used"}),
		},
		{
			Name: "loop/type-with-two-numbers", About: "numeric(10,2) has a bracket with two literals", Systems: []string{"postgres"},
			Setup: library(8, 2), Run: booksWithNumericPrice, Want: nPlusOne("booksWithNumericPrice", "books", "authors"),
		},
		{
			Name: "loop/function-with-two-literals", About: "coalesce(?, 0) is no list",
			Setup: library(8, 2), Run: booksWithCoalesce, Want: nPlusOne("booksWithCoalesce", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? AND coalesce(price, 0, 1) > 0", upTo(8), 0, 1, 0),
		},
		{
			Name: "loop/count-for-each", About: "an aggregate for each row: GROUP BY",
			Setup: library(7, 3), Run: countOfBooks, Want: nPlusOne("countOfBooks", "books", "authors"),
			Same: sameRows("SELECT count(*) FROM books WHERE author_id = ?", upTo(7)),
		},
		{
			Name: "loop/aggregate-beside-key", About: "the key is not in the list of the SELECT",
			Setup: library(7, 3), Run: dearestBook, Want: nPlusOne("dearestBook", "books", "authors"),
			Same: sameRows("SELECT max(price) FROM books WHERE author_id = ? AND state = ?", upTo(7), "used"),
		},
		{
			Name: "loop/newest-three", About: "LIMIT with a comparison, but the key moves, and nothing goes on after the last row",
			Setup: library(20, 5), Run: cheapestThree, Want: nPlusOne("cheapestThree", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? AND price > ? ORDER BY price LIMIT ?", upTo(20), 0, 3),
		},
		{
			Name: "loop/newest-one", About: "ORDER BY and LIMIT 1 for each row",
			Setup: library(8, 3), Run: newestBook, Want: nPlusOne("newestBook", "books", "authors"),
			Same: sameRows("SELECT title FROM books WHERE author_id = ? ORDER BY id DESC LIMIT ?", upTo(8), 1),
		},
		{
			Name: "loop/or", About: "the key stands in an OR",
			Setup: library(8, 3), Run: booksOrFree, Want: nPlusOne("booksOrFree", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? OR price = ?", upTo(8), 0),
		},
		{
			Name: "loop/cast-key", About: "the key has a cast", Systems: []string{"postgres"},
			Setup: library(8, 3), Run: booksByCastKey, Want: nPlusOne("booksByCastKey", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ?", upTo(8)),
		},
		{
			Name: "loop/arithmetic-at-key", About: "the key is not compared as it is",
			Setup: library(8, 3), Run: booksOfNext, Want: nPlusOne("booksOfNext", "books", ""),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? + 1", upTo(8)),
		},
		{
			Name: "loop/union", About: "a set operation for each row",
			Setup: library(8, 3), Run: namesAndTitles, Want: []Want{{Kind: budget.NPlusOne, Func: "namesAndTitles", Table: "books", Parent: "authors"}},
		},
		{
			Name: "loop/fetch-first", About: "FETCH FIRST for each row", Systems: []string{"postgres"},
			Setup: library(8, 3), Run: booksFetchFirst, Want: nPlusOne("booksFetchFirst", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? ORDER BY id FETCH FIRST 2 ROWS ONLY", upTo(8)),
		},
		{
			Name: "loop/group-by", About: "a GROUP BY for each row",
			Setup: library(8, 4), Run: booksByState, Want: nPlusOne("booksByState", "books", "authors"),
			Same: sameRows("SELECT state, count(*) FROM books WHERE author_id = ? GROUP BY state", upTo(8)),
		},
		{
			Name: "loop/prepared", About: "a prepared statement in a loop is a loop",
			Setup: library(6, 2), Run: booksPrepared, Want: nPlusOne("booksPrepared", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ?", upTo(6)),
		},
		{
			Name: "loop/parallel", About: "one goroutine for each row",
			Setup: library(8, 2), Run: booksInParallel, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors"}},
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ?", upTo(8)),
		},
		{
			Name: "loop/literals-in-text", About: "the keys are written into the text",
			Setup: library(8, 2), Run: booksByLiteral, Want: []Want{{Kind: budget.NPlusOne, Func: "booksByLiteral", Table: "books", Parent: "authors"}},
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ?", upTo(8)),
		},
		{
			Name: "loop/bool-literals", About: "TRUE and FALSE are one shape", Systems: []string{"postgres", "mysql"},
			Setup: and(library(8, 2), []string{"ALTER TABLE books ADD COLUMN sold BOOLEAN DEFAULT FALSE"}), Run: booksSold,
			Want: []Want{{Kind: budget.NPlusOne, Func: "booksSold", Table: "books", Parent: "authors"}},
		},
		{
			Name: "loop/verbs-as-columns", About: "insert, update and delete are names of columns here", Systems: []string{"postgres"},
			Setup: and(library(6, 0), []string{"CREATE TABLE grants (id BIGINT, insert BOOLEAN, update BOOLEAN, delete BOOLEAN)", "INSERT INTO grants SELECT id, true, true, false FROM authors"}),
			Run:   grantsOfAuthors, Want: []Want{{Kind: budget.NPlusOne, Func: "grantsOfAuthors", Table: "grants", Parent: "authors"}},
		},
		{
			Name: "loop/several-statements", About: "one loop with three statements is one finding",
			Setup: and(library(6, 2), prizes(6)), Run: authorPages, Want: nPlusOne("authorPages", "books", "authors"),
		},
		{
			Name: "loop/several-functions", About: "the same, by functions that the body calls",
			Setup: and(library(6, 2), prizes(6)), Run: authorPagesByFunctions, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors", Proven: true}},
		},
		{
			Name: "loop/constant-beside", About: "the setting that is read for each row is part of the loop",
			Setup: and(library(6, 2), numbered("settings", 3)), Run: booksWithSetting, Want: nPlusOne("booksWithSetting", "books", "authors"),
		},
		{
			Name: "loop/two-loops", About: "two loops, one after the other, have two repairs",
			Setup: and(library(6, 2), prizes(6)), Run: twoLoops,
			Want: []Want{
				{Kind: budget.NPlusOne, Func: "twoLoops", Table: "books", Parent: "authors", Proven: true},
				{Kind: budget.NPlusOne, Func: "twoLoops", Table: "prizes", Parent: "authors", Proven: true},
			},
		},
		{
			Name: "loop/two-lists-of-three", About: "each is below the threshold, and both have no parent",
			Setup: library(10, 2), Run: twoListsOfThree,
		},
		{
			Name: "loop/two-lists-by-helper", About: "the same by one function",
			Setup: library(10, 2), Run: twoListsByHelper,
		},
		{
			Name: "loop/lines", About: "six different things that are asked for on six lines",
			Setup: library(10, 2), Run: sixLines,
		},
		{
			Name: "loop/nested-rows", About: "queries while the rows are open hold a second connection, too",
			Setup: library(6, 2), Run: booksWhileOpen,
			Want: []Want{
				{Kind: budget.NPlusOne, Func: "booksWhileOpen", Table: "books", Parent: "authors", Proven: true},
				{Kind: budget.NestedQuery, Func: "booksWhileOpen", Table: "books", Parent: "authors"},
			},
		},
		{
			Name: "loop/fan-out", About: "goroutines with two queries each in sequence: nothing is nested, and they are five different things",
			Setup: and(library(6, 2), prizes(6), counters(3)), Run: fanOut,
		},
		{
			Name: "loop/function", About: "SELECT f(?) in a loop is a loop", Systems: []string{"postgres"},
			Setup: and(library(6, 2), []string{"CREATE FUNCTION books_of(a BIGINT) RETURNS BIGINT LANGUAGE sql AS 'SELECT count(*) FROM books WHERE author_id = a'"}),
			Run:   callFunction, Want: []Want{{Kind: budget.NPlusOne, Func: "callFunction"}},
		},
		{
			Name: "loop/migration-in-name", About: "a business table whose name has the word",
			Setup: and(numbered("birds", 6), []string{"CREATE TABLE bird_migrations (bird_id BIGINT, place VARCHAR(20))", "INSERT INTO bird_migrations SELECT id, 'north' FROM birds"}),
			Run:   birdMigrations, Want: nPlusOne("birdMigrations", "bird_migrations", "birds"),
		},
		{
			Name: "loop/shared-key", About: "two tables with one key: the same ids may be chance, so no parent is named",
			Setup: and(library(6, 0), numbered("portraits", 6)), Run: portraits,
			Want: []Want{{Kind: budget.NPlusOne, Func: "portraits", Table: "portraits", Parent: none}},
		},
	}
}

func booksOfAuthors(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func booksJoined(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT a.id, b.title FROM authors a JOIN books b ON b.author_id = a.id ORDER BY a.id"))
	return nil
}

func booksInStates(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? AND state IN ('new', 'used')"), id))
	}
	return nil
}

func booksInBoundStates(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? AND state IN (?, ?)"), id, "new", "used"))
	}
	return nil
}

func booksWithNumericPrice(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, price::numeric(10,2) FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func booksWithCoalesce(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? AND coalesce(price, 0, 1) > 0"), id))
	}
	return nil
}

func countOfBooks(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM books WHERE author_id = ?"), id), &n)
	}
	return nil
}

func dearestBook(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var price int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT max(price) FROM books WHERE author_id = ? AND state = 'used'"), id), &price)
	}
	return nil
}

func cheapestThree(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? AND price > 0 ORDER BY price LIMIT 3"), id))
	}
	return nil
}

func newestBook(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var title string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT title FROM books WHERE author_id = ? ORDER BY id DESC LIMIT 1"), id), &title)
	}
	return nil
}

func booksOrFree(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? OR price = 0"), id))
	}
	return nil
}

func booksByCastKey(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?::bigint"), id))
	}
	return nil
}

func booksOfNext(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? + 1"), id))
	}
	return nil
}

func namesAndTitles(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ? UNION ALL SELECT title FROM books WHERE author_id = ?"), id, id))
	}
	return nil
}

func booksFetchFirst(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? ORDER BY id FETCH FIRST 2 ROWS ONLY"), id))
	}
	return nil
}

func booksByState(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT state, count(*) FROM books WHERE author_id = ? GROUP BY state"), id))
	}
	return nil
}

func booksPrepared(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	books, err := e.DB.PrepareContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"))
	if err != nil {
		return err
	}
	defer books.Close() //nolint:errcheck // nothing is lost
	for _, id := range ids {
		drain(books.QueryContext(ctx, id))
	}
	return nil
}

func booksInParallel(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() { drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id)) })
	}
	wg.Wait()
	return nil
}

func booksByLiteral(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, fmt.Sprintf("SELECT id, title FROM books WHERE author_id = %d", id)))
	}
	return nil
}

func booksSold(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		sold := "TRUE"
		if id%2 == 0 {
			sold = "FALSE"
		}
		drain(e.DB.QueryContext(ctx, fmt.Sprintf("SELECT id, title FROM books WHERE author_id = %d AND sold = %s", id, sold)))
	}
	return nil
}

func grantsOfAuthors(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT insert, update, delete FROM grants WHERE id = ?"), id))
	}
	return nil
}

func authorPages(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
		drain(e.DB.QueryContext(ctx, e.Q("SELECT title FROM prizes WHERE author_id = ?"), id))
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM books WHERE author_id = ? AND state = 'new'"), id), &n)
	}
	return nil
}

func authorPagesByFunctions(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		booksOf(ctx, e, id)
		prizesOf(ctx, e, id)
	}
	return nil
}

func booksOf(ctx context.Context, e *Env, author int64) []int64 {
	return ints(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), author))
}

func prizesOf(ctx context.Context, e *Env, author int64) int {
	return drain(e.DB.QueryContext(ctx, e.Q("SELECT title FROM prizes WHERE author_id = ?"), author))
}

func booksWithSetting(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT n FROM settings WHERE name = ?"), "settings 2"), &n)
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func twoLoops(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT title FROM prizes WHERE author_id = ?"), id))
	}
	return nil
}

func twoListsOfThree(ctx context.Context, e *Env) error {
	for _, id := range []int64{2, 5, 7} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), id))
	}
	for _, id := range []int64{1, 8, 9} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), id))
	}
	return nil
}

func twoListsByHelper(ctx context.Context, e *Env) error {
	for _, id := range []int64{2, 5, 7} {
		authorName(ctx, e, id)
	}
	for _, id := range []int64{1, 8, 9} {
		authorName(ctx, e, id)
	}
	return nil
}

func authorName(ctx context.Context, e *Env, id int64) (name string) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), id), &name)
	return name
}

func sixLines(ctx context.Context, e *Env) error {
	authorName(ctx, e, 1)
	authorName(ctx, e, 2)
	authorName(ctx, e, 3)
	authorName(ctx, e, 4)
	authorName(ctx, e, 5)
	authorName(ctx, e, 6)
	return nil
}

func booksWhileOpen(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return rows.Err()
}

func fanOut(ctx context.Context, e *Env) error {
	var wg sync.WaitGroup
	for _, ask := range [][2]string{
		{"SELECT id FROM authors WHERE id < 4", "SELECT count(*) FROM authors"},
		{"SELECT id FROM books WHERE id < 4", "SELECT count(*) FROM books"},
		{"SELECT id FROM prizes WHERE id < 4", "SELECT count(*) FROM prizes"},
		{"SELECT id FROM counters WHERE id < 4", "SELECT count(*) FROM counters"},
	} {
		wg.Go(func() {
			drain(e.DB.QueryContext(ctx, ask[0]))
			drain(e.DB.QueryContext(ctx, ask[1]))
		})
	}
	wg.Wait()
	return nil
}

func callFunction(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT books_of(?)"), id), &n)
	}
	return nil
}

func birdMigrations(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM birds ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT place FROM bird_migrations WHERE bird_id = ?"), id))
	}
	return nil
}

func portraits(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM portraits WHERE id = ?"), id))
	}
	return nil
}
