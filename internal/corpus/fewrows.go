package corpus

import (
	"context"

	"github.com/querybudget/querybudget/budget"
)

// fewRows are loops over few rows, or with few keys.
func fewRows() []Case {
	return []Case{
		{
			Name: "few/three-rows", About: "three executions for three rows are as sure as twenty",
			Setup: library(3, 2), Run: fewBooks, Want: nPlusOne("fewBooks", "books", "authors"),
		},
		{
			Name: "few/four-rows", About: "the same with four",
			Setup: library(4, 2), Run: fewBooks, Want: nPlusOne("fewBooks", "books", "authors"),
		},
		{
			Name: "few/two-rows", About: "two are below every threshold",
			Setup: library(2, 2), Run: fewBooks,
		},
		{
			Name: "few/three-of-request", About: "three keys that came with the request, after a read that has nothing to do with them",
			Setup: and(library(10, 2), counters(4)), Run: threeOfRequest,
		},
		{
			Name: "few/repeated-keys", About: "twenty books of four authors: an n+1 with repeated keys, and no duplicate",
			Setup: library(4, 5), Run: authorsOfBooks, Want: nPlusOne("authorsOfBooks", "authors", "books"),
			Same: sameRows("SELECT name FROM authors WHERE id = ?", upTo(4)),
		},
		{
			Name: "few/one-key", About: "eight books of one author",
			Setup: library(1, 8), Run: authorsOfBooks, Want: []Want{{Kind: budget.NPlusOne, Func: "authorsOfBooks", Table: "authors", Parent: "books"}},
		},
		{
			Name: "few/cached-keys", About: "each author is read once, of twenty books of four: the rows still decide how many",
			Setup: library(6, 3), Run: authorsOfBooksOnce, Want: nPlusOne("authorsOfBooksOnce", "authors", "books"),
			Same: sameRows("SELECT name FROM authors WHERE id = ?", upTo(6)),
		},
		{
			Name: "few/loop-in-loop", About: "the outer loop runs twice, and the inner one goes through its rows",
			Setup: and(library(2, 3), reviews(6, 2)), Run: reviewsOfBooksOfAuthors, Want: nPlusOne("reviewsOfBooksOfAuthors", "reviews", "books"),
		},
		{
			Name: "few/both-loops", About: "both loops are an n+1",
			Setup: and(library(6, 3), reviews(18, 2)), Run: reviewsOfBooksOfAuthors,
			Want: []Want{
				{Kind: budget.NPlusOne, Func: "reviewsOfBooksOfAuthors", Table: "books", Parent: "authors", Proven: true},
				{Kind: budget.NPlusOne, Func: "reviewsOfBooksOfAuthors", Table: "reviews", Parent: "books"},
			},
		},
		{
			Name: "few/equal-setting", About: "one setting, read for each row: its key is none of the rows'",
			Setup: and(library(6, 0), numbered("settings", 3)), Run: settingForEach,
			Want: []Want{{Kind: budget.Duplicate, Func: "settingForEach", Table: "settings"}},
		},
	}
}

func fewBooks(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func threeOfRequest(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT name, n FROM counters ORDER BY id"))
	for _, id := range []int64{9, 7, 8} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), id))
	}
	return nil
}

func authorsOfBooks(ctx context.Context, e *Env) error {
	for _, book := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM books ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), book[1]))
	}
	return nil
}

func authorsOfBooksOnce(ctx context.Context, e *Env) error {
	known := make(map[int64]bool)
	for _, book := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM books ORDER BY id")) {
		if known[book[1]] {
			continue
		}
		known[book[1]] = true
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), book[1]))
	}
	return nil
}

func reviewsOfBooksOfAuthors(ctx context.Context, e *Env) error {
	for _, author := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		for _, book := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM books WHERE author_id = ? ORDER BY id"), author)) {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT stars FROM reviews WHERE book_id = ?"), book))
		}
	}
	return nil
}

func settingForEach(ctx context.Context, e *Env) error {
	for range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT n FROM settings WHERE name = ?"), "settings 2"), &n)
	}
	return nil
}
