package main

import (
	"context"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

type ctx = context.Context

// loop is an n+1 over the rows of authors, as most cases have it.
func loop(table string) []Want {
	return []Want{{Kind: budget.NPlusOne, Table: table, Parent: "authors", Proven: true}}
}

var loopCases = []Case{
	{About: "the books of each author", Run: booksOfEach, Want: loop("books")},
	{About: "without values, as in production", Run: booksOfEachInProduction, Bare: true, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors"}}},
	{About: "three rows, three queries", Run: booksOfThree, Want: loop("books")},
	{About: "three rows, without values", Run: booksOfThreeInProduction, Bare: true, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors"}}},
	{About: "two can be meant", Run: booksOfTwo},
	{About: "three settings that are not the rows of anything", Run: threeSettings},
	{About: "in parallel", Run: booksOfEachInParallel, Want: loop("books")},
	{About: "over open rows", Run: booksOverOpenRows, Systems: "sqlite postgresql mysql", Want: append(loop("books"), Want{Kind: budget.NestedQuery, Table: "books"})},
	{About: "a condition with a list that is the same each time", Run: booksInStates, Want: loop("books")},
	{About: "the same list as parameters", Run: booksInStatesAsParameters, Want: loop("books")},
	{About: "brackets with two numbers", Run: booksRounded, Want: loop("books")},
	{About: "the newest of each", Run: newestOfEach, Want: loop("books")},
	{About: "a page of each, with a range", Run: dearestOfEach, Want: loop("books")},
	{About: "one list of keys", Run: booksOfAllAuthors},
	{About: "lists of keys, chunk by chunk", Run: booksInChunks},
	{About: "chunks of literals", Run: booksInLiteralChunks},
	{About: "chunks of one tenant", Run: booksInChunksOfOneState},
	{About: "paging by offset", Run: pagesByOffset},
	{About: "paging by key", Run: pagesByKey},
	{About: "paging by key within one author", Run: pagesByKeyOfOneAuthor},
	{About: "a table in parts", Run: partsOfATable},
	{About: "columns with the names of verbs", Run: grantsOfEach, Want: []Want{{Kind: budget.NPlusOne, Table: "grants", Parent: "users", Proven: true}}},
	{About: "NULL and TRUE in lists are no other statement", Run: booksWithNulls, Want: loop("books")},
	{About: "20 books of 4 authors: repeated keys", Run: authorOfEachBook, Want: []Want{{Kind: budget.NPlusOne, Table: "authors", Parent: "books", Proven: true}}},
	{About: "two statements of each item", Run: booksAndPrizes, Want: []Want{{Kind: budget.NPlusOne, Table: "books", Parent: "authors", Proven: true}}},
	{About: "three statements, from functions of their own", Run: booksPrizesAndUser, Want: []Want{{Kind: budget.NPlusOne, Table: "books", At: "booksOf", Parent: "authors", Proven: true}}},
	{About: "two loops, one after the other", Run: booksThenPrizes, Want: []Want{
		{Kind: budget.NPlusOne, Table: "books", Parent: "authors", Proven: true},
		{Kind: budget.NPlusOne, Table: "prizes", Parent: "authors", Proven: true},
	}},
	{About: "a loop in a loop", Run: reviewsOfBooksOfAuthors, Want: []Want{
		{Kind: budget.NPlusOne, Table: "books", Parent: "authors", Proven: true},
		{Kind: budget.NPlusOne, Table: "reviews", Parent: "books"},
	}},
	{About: "a loop in a loop that ran twice", Run: reviewsOfTwoLists, Want: []Want{{Kind: budget.NPlusOne, Table: "reviews", Parent: "books", Proven: true}}},
	{About: "two lists of 3 on two lines of one handler", Run: twoShortLists},
	{About: "a loop that sends one statement on two lines", Run: booksOnTwoLines, Want: loop("books")},
	{About: "a function for each row", Run: chargeEach, Systems: "postgresql", Want: []Want{{Kind: budget.NPlusOne}}},
	{About: "an aggregate for each", Run: countOfEach, Want: loop("books")},
	{About: "a helper on five lines", Run: fiveSettings},
	{About: "asking until it is there", Run: poll},
	{About: "a JOIN", Run: joined},
	{About: "a key with a cast", Run: booksOfEachWithCast, Systems: "postgresql", Want: loop("books")},
	{About: "a cast with two numbers", Run: booksWithNumericCast, Systems: "postgresql", Want: loop("books")},
	{About: "counts of each by state", Run: statesOfEach, Want: loop("books")},
	{About: "different values of each", Run: distinctOfEach, Want: loop("books")},
	{About: "a join for each", Run: joinOfEach, Want: loop("books")},
	{About: "a UNION for each", Run: unionOfEach, Want: child("books", "authors", false)},
	{About: "a page of each with FETCH FIRST", Run: fetchFirstOfEach, Systems: "postgresql", Want: loop("books")},
	{About: "an OR beside the key", Run: booksOfEachOrFree, Want: child("books", "authors", false)},
	{About: "a text column as the key", Run: settingsByName, Want: []Want{{Kind: budget.NPlusOne, Table: "settings", Parent: "none"}}},
	{About: "EXISTS for each row", Run: hasPrizes, Want: loop("prizes")},
	{About: "all of it in one transaction", Run: booksOfEachInTransaction, Want: loop("books")},
}

func authors(c ctx, d *db.DB) []string { return d.Column(c, "SELECT id FROM authors ORDER BY id") }

func booksOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func booksOfEachInProduction(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func booksOfThree(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors WHERE id <= 3") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func booksOfThreeInProduction(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors WHERE id <= 3") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func booksOfTwo(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors WHERE id <= 2") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func threeSettings(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, name FROM authors WHERE id <= 3")
	for _, name := range []string{"s1", "s2", "s3"} {
		d.One(c, "SELECT value FROM settings WHERE name = ?", name)
	}
}

func booksOfEachInParallel(c ctx, d *db.DB) {
	db.Parallel(d.Column(c, "SELECT id, name FROM authors"), func(id string) {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	})
}

func booksOverOpenRows(c ctx, d *db.DB) {
	d.Each(c, "SELECT id, name FROM authors", func(row []string) {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", row[0])
	})
}

func booksInStates(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? AND state IN ('new', 'old')", id)
	}
}

func booksInStatesAsParameters(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? AND state IN (?, ?)", id, "new", "old")
	}
}

func booksRounded(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title, round(price * 1.55, 1) FROM books WHERE author_id = ?", id)
	}
}

func newestOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? ORDER BY id DESC LIMIT 2", id)
	}
}

func dearestOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? AND price > 0 ORDER BY price LIMIT 3", id)
	}
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func booksOfAllAuthors(c ctx, d *db.DB) {
	ids := authors(c, d)
	d.Rows(c, "SELECT title FROM books WHERE author_id IN ("+marks(len(ids))+")", anys(ids)...)
}

func anys(texts []string) (out []any) {
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}

func booksInChunks(c ctx, d *db.DB) {
	for ids := authors(c, d); len(ids) > 0; ids = ids[2:] {
		d.Rows(c, "SELECT title FROM books WHERE author_id IN (?, ?)", ids[0], ids[1])
	}
}

func booksInLiteralChunks(c ctx, d *db.DB) {
	for ids := authors(c, d); len(ids) > 0; ids = ids[2:] {
		d.Rows(c, "SELECT title FROM books WHERE author_id IN ("+ids[0]+", "+ids[1]+")")
	}
}

func booksInChunksOfOneState(c ctx, d *db.DB) {
	for ids := authors(c, d); len(ids) > 0; ids = ids[2:] {
		d.Rows(c, "SELECT title FROM books WHERE state = ? AND author_id IN (?, ?)", "new", ids[0], ids[1])
	}
}

func pagesByOffset(c ctx, d *db.DB) {
	for page := range 8 {
		d.Rows(c, "SELECT title FROM books ORDER BY id LIMIT 5 OFFSET ?", 5*page)
	}
}

func pagesByKey(c ctx, d *db.DB) {
	last := "0"
	for {
		rows := d.Rows(c, "SELECT id, title FROM books WHERE id > ? ORDER BY id LIMIT 5", last)
		if len(rows) == 0 {
			return
		}
		last = rows[len(rows)-1][0]
	}
}

func pagesByKeyOfOneAuthor(c ctx, d *db.DB) {
	last := "0"
	for {
		rows := d.Rows(c, "SELECT id, title FROM books WHERE state = ? AND id > ? ORDER BY id LIMIT 5", "new", last)
		if len(rows) == 0 {
			return
		}
		last = rows[len(rows)-1][0]
	}
}

func partsOfATable(c ctx, d *db.DB) {
	for from := 0; from < 40; from += 5 {
		d.Rows(c, "SELECT id, title FROM books WHERE id >= ? AND id < ?", from, from+5)
	}
}

func grantsOfEach(c ctx, d *db.DB) {
	quote := `"`
	if d.System == "mysql" {
		quote = "`"
	}
	column := func(name string) string { return quote + name + quote }
	for _, id := range d.Column(c, "SELECT id FROM users") {
		d.Rows(c, "SELECT "+column("insert")+", "+column("update")+" FROM grants WHERE user_id = ?", id)
	}
}

func booksWithNulls(c ctx, d *db.DB) {
	for i, id := range d.Column(c, "SELECT id, name FROM authors") {
		list := []string{"NULL", "1", "NULL, 2"}[i%3]
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? AND (price IS NULL OR price NOT IN ("+list+"))", id)
	}
}

func authorOfEachBook(c ctx, d *db.DB) {
	for _, row := range d.Rows(c, "SELECT id, author_id FROM books WHERE id <= 12") {
		d.One(c, "SELECT name FROM authors WHERE id = ?", row[1])
	}
}

func booksAndPrizes(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
		d.Rows(c, "SELECT name FROM prizes WHERE author_id = ?", id)
	}
}

func booksOf(c ctx, d *db.DB, id string) {
	d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
}
func prizesOf(c ctx, d *db.DB, id string) {
	d.Rows(c, "SELECT name FROM prizes WHERE author_id = ?", id)
}
func user(c ctx, d *db.DB) { d.Rows(c, "SELECT name FROM users WHERE id = ?", 1) }

func booksPrizesAndUser(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		booksOf(c, d, id)
		prizesOf(c, d, id)
		user(c, d)
	}
}

func booksThenPrizes(c ctx, d *db.DB) {
	ids := authors(c, d)
	for _, id := range ids {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
	for _, id := range ids {
		d.Rows(c, "SELECT name FROM prizes WHERE author_id = ?", id)
	}
}

func reviewsOfBooksOfAuthors(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors WHERE id <= 5") {
		for _, book := range d.Column(c, "SELECT id FROM books WHERE author_id = ?", id) {
			d.Rows(c, "SELECT body FROM reviews WHERE book_id = ?", book)
		}
	}
}

func reviewsOfTwoLists(c ctx, d *db.DB) {
	for _, author := range []int{1, 2} {
		for _, book := range d.Column(c, "SELECT id FROM books WHERE author_id = ?", author) {
			d.Rows(c, "SELECT body FROM reviews WHERE book_id = ?", book)
		}
	}
}

func twoShortLists(c ctx, d *db.DB) {
	for _, id := range []int{2, 5, 7} {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
	for _, id := range []int{3, 9, 10} {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func booksOnTwoLines(c ctx, d *db.DB) {
	for i, id := range d.Column(c, "SELECT id, name FROM authors") {
		if i%3 == 0 {
			d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
		} else {
			d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
		}
	}
}

func chargeEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id FROM books WHERE id <= 6") {
		d.One(c, "SELECT charge(?::integer)", id)
	}
}

func countOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.One(c, "SELECT count(*) FROM books WHERE author_id = ?", id)
	}
}

func setting(c ctx, d *db.DB, name string) string {
	return d.One(c, "SELECT value FROM settings WHERE name = ?", name)
}

func fiveSettings(c ctx, d *db.DB) {
	setting(c, d, "s1")
	setting(c, d, "s2")
	setting(c, d, "s3")
	setting(c, d, "s4")
	setting(c, d, "s5")
}

func poll(c ctx, d *db.DB) {
	for i := range 6 {
		if d.One(c, "SELECT id FROM jobs WHERE state = ?", "done") != "" {
			return
		}
		if i == 4 {
			d.Exec(budget.Without(c), "UPDATE jobs SET state = 'done' WHERE id = 1")
		}
	}
}

func joined(c ctx, d *db.DB) {
	d.Rows(c, "SELECT a.name, b.title FROM authors a JOIN books b ON b.author_id = a.id")
}

func booksOfEachWithCast(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?::integer", id)
	}
}

func booksOfEachOrFree(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id AS author_id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? OR price = 0", id)
	}
}

func settingsByName(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id FROM authors")
	for _, name := range []string{"s1", "s2", "s3", "s4", "s5", "s6"} {
		d.One(c, "SELECT value FROM settings WHERE name = ?", name)
	}
}

func hasPrizes(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.One(c, "SELECT EXISTS (SELECT 1 FROM prizes WHERE author_id = ?)", id)
	}
}

func booksOfEachInTransaction(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for _, id := range tx.Column(c, "SELECT id, name FROM authors") {
			tx.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
		}
	})
}

func booksWithNumericCast(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title, price::numeric(10,2) FROM books WHERE author_id = ?", id)
	}
}

func statesOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT state, count(*) FROM books WHERE author_id = ? GROUP BY state", id)
	}
}

func distinctOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT DISTINCT state FROM books WHERE author_id = ?", id)
	}
}

func joinOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT b.title, r.body FROM books b JOIN reviews r ON r.book_id = b.id WHERE b.author_id = ? ORDER BY b.id", id)
	}
}

func unionOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id AS author_id FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? UNION SELECT name FROM prizes WHERE author_id = ?", id, id)
	}
}

func fetchFirstOfEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM authors") {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ? ORDER BY id FETCH FIRST 2 ROWS ONLY", id)
	}
}
