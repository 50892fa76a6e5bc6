package main

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

func child(table, parent string, proven bool) []Want {
	return []Want{{Kind: budget.NPlusOne, Table: table, Parent: parent, Proven: proven}}
}

var parentCases = []Case{
	{About: "another table with the same ids lies between", Run: countersBetween, Want: child("books", "authors", true)},
	{About: "without values, a longer list lies between", Run: reviewsBetween, Bare: true, Want: child("books", "authors", false)},
	{About: "the foreign key, and not the id beside it", Run: authorsOfBooks, Want: child("authors", "books", true)},
	{About: "ids that came with the request", Run: idsOfTheRequest, Want: child("books", "none", false)},
	{About: "ids of the request, among rows of a list", Run: idsAmongRows, Want: child("books", "none", false)},
	{About: "some of the rows", Run: everySecond, Want: child("books", "authors", true)},
	{About: "the keys in the order of a map", Run: keysOfAMap, Want: child("books", "authors", true)},
	{About: "each key once, of many rows", Run: differentAuthors, Want: child("authors", "books", true)},
	{About: "a loop inside of batches", Run: booksInBatches, Want: child("reviews", "books", false)},
	{About: "the rows of a list further back", Run: listFurtherBack, Want: child("books", "authors", true)},
	{About: "two lists whose names fit", Run: twoThatFit, Want: child("books", "authors", false)},
	{About: "the id and the foreign key are the same number", Run: prizesOfAuthors, Want: child("prizes", "authors", true)},
}

func countersBetween(c ctx, d *db.DB) {
	ids := authors(c, d)
	d.Rows(c, "SELECT id, n FROM counters ORDER BY id")
	for _, id := range ids {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func reviewsBetween(c ctx, d *db.DB) {
	ids := authors(c, d)
	d.Rows(c, "SELECT id, body FROM reviews")
	for _, id := range ids {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func authorsOfBooks(c ctx, d *db.DB) {
	for _, row := range d.Rows(c, "SELECT id, author_id FROM books WHERE id IN (1, 4, 7, 10, 13, 16)") {
		d.One(c, "SELECT name FROM authors WHERE id = ?", row[1])
	}
}

func idsOfTheRequest(c ctx, d *db.DB) {
	d.Rows(c, "SELECT value FROM settings")
	for _, id := range []int{1, 2, 3, 4, 5, 6} {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func idsAmongRows(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, n FROM counters ORDER BY id")
	for _, id := range []int{9, 2, 5, 4, 1, 6} {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func everySecond(c ctx, d *db.DB) {
	for i, id := range authors(c, d) {
		if i%2 == 0 {
			d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
		}
	}
}

func keysOfAMap(c ctx, d *db.DB) {
	names := map[string]string{}
	for _, row := range d.Rows(c, "SELECT id, name FROM authors") {
		names[row[0]] = row[1]
	}
	for id := range names {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func differentAuthors(c ctx, d *db.DB) {
	var ids []string
	for _, row := range d.Rows(c, "SELECT title, author_id FROM books ORDER BY id") {
		if !slices.Contains(ids, row[1]) {
			ids = append(ids, row[1])
		}
	}
	for _, id := range ids {
		d.One(c, "SELECT name FROM authors WHERE id = ?", id)
	}
}

func booksInBatches(c ctx, d *db.DB) {
	last := "0"
	for {
		rows := d.Rows(c, "SELECT id FROM books WHERE id > ? ORDER BY id LIMIT 10", last)
		if len(rows) == 0 {
			return
		}
		for _, row := range rows {
			d.Rows(c, "SELECT body FROM reviews WHERE book_id = ?", row[0])
			last = row[0]
		}
	}
}

func listFurtherBack(c ctx, d *db.DB) {
	ids := authors(c, d)
	d.One(c, "SELECT value FROM settings WHERE name = ?", "s1")
	d.Rows(c, "SELECT name FROM users WHERE id = ?", 2)
	d.Rows(c, "SELECT name FROM publishers")
	for _, id := range ids {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func twoThatFit(c ctx, d *db.DB) {
	d.Rows(c, "SELECT author_id FROM prizes ORDER BY id")
	for _, id := range authors(c, d) {
		d.Rows(c, "SELECT title FROM books WHERE author_id = ?", id)
	}
}

func prizesOfAuthors(c ctx, d *db.DB) {
	for _, id := range authors(c, d) {
		d.Rows(c, "SELECT id, name FROM prizes WHERE author_id = ?", id)
	}
}
