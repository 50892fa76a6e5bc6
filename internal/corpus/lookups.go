package corpus

import (
	"context"
	"errors"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// lookUps are loops whose rounds look something up first, and statements with several keys.
func lookUps() []Case {
	return []Case{
		{
			Name: "look-up/then-read", About: "each round asks for what it looked up before: the rows are those before the loop",
			Setup: library(8, 1), Run: authorsOfLookUps, Want: nPlusOne("authorsOfLookUps", "authors", "books"),
		},
		{
			Name: "look-up/equal-answers", About: "each round looks the same row up: it is no parent of what follows",
			Setup: library(3, 2), Run: numberNewBooks,
			Want: []Want{
				{Kind: budget.WriteLoop, Func: "numberNewBooks", Table: "books", Also: []string{"SELECT"}},
				{Kind: budget.Duplicate, Func: "numberNewBooks", Table: "authors"},
			},
		},
		{
			Name: "look-up/repeats-the-key", About: "some rounds ask once more, with the key that stands in each row of the first answer, too",
			Setup: and(library(16, 1), []string{"DELETE FROM books WHERE author_id > 4 AND author_id < 12"}), Run: pricesOfSome,
			Want: nPlusOne("pricesOfSome", "books", "authors"),
		},
		{
			Name: "keys/one-varies", About: "two keys, and one of them is the same each time",
			Setup: library(9, 4), Run: newBooksOf, Want: nPlusOne("newBooksOf", "books", none),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ? AND state = ?", []int64{4, 8, 1, 3, 9, 2}, "new"),
		},
		{
			Name: "keys/both-vary", About: "a list of one key has rows of other pairs",
			Setup: library(8, 3), Run: booksOfPairs, Want: nPlusOne("booksOfPairs", "books", "authors"),
			Same: func(context.Context, *Env, string) error { return errors.New("a list of one key was proposed") },
		},
		{
			Name: "keys/range-varies", About: "the key is the same each time, and what it is not compared for equality with differs",
			Setup: library(2, 16), Run: cheaperBooks, Want: nPlusOne("cheaperBooks", "books", none),
			Same: func(context.Context, *Env, string) error { return errors.New("a list of one key was proposed") },
		},
		{
			Name: "keys/what-is-new", About: "the same question at one moment after the other, until there is an answer",
			Values: true, Setup: eventsTable(), Run: pollEvents,
		},
		{
			Name: "keys/each-day", About: "moments are keys where a column equals them",
			Setup: eventsTable(), Run: eventsOfDays, Want: nPlusOne("eventsOfDays", "events", none),
		},
		{
			Name: "keys/within-each-day", About: "a range with two ends is a part of the rows, also of moments",
			Values: true, Setup: eventsTable(), Run: eventsWithinDays,
		},
		{
			Name: "keys/mirror-image", About: "a condition and its mirror image are no list of keys",
			Setup: library(8, 2), Run: booksEitherWay, Want: nPlusOne("booksEitherWay", "books", "authors"),
			Same: func(context.Context, *Env, string) error { return errors.New("a list of one key was proposed") },
		},
	}
}

func eventsTable() []string {
	return []string{"CREATE TABLE events (id BIGINT, state VARCHAR(20), at TIMESTAMP NULL)", "INSERT INTO events VALUES (1, 'new', '2020-01-01 00:00:00')"}
}

func day(n int) time.Time { return time.Date(2024, 5, n, 0, 0, 0, 0, time.UTC) }

func pollEvents(ctx context.Context, e *Env) error {
	for i := range 6 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM events WHERE state = ? AND at >= ?"), "done", day(i+1)))
	}
	return nil
}

func booksEitherWay(ctx context.Context, e *Env) error {
	for _, author := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT title FROM books WHERE author_id = ? AND price = ? OR author_id = ? AND price = ?"), author, 1, 1, author))
	}
	return nil
}

func eventsWithinDays(ctx context.Context, e *Env) error {
	for i := range 6 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM events WHERE at >= ? AND at < ? ORDER BY at"), day(i+1), day(i+2)))
	}
	return nil
}

func eventsOfDays(ctx context.Context, e *Env) error {
	for i := range 6 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM events WHERE at = ?"), day(i+1)))
	}
	return nil
}

func authorsOfLookUps(ctx context.Context, e *Env) error {
	for _, book := range ints(e.DB.QueryContext(ctx, "SELECT id FROM books ORDER BY id")) {
		for _, author := range ints(e.DB.QueryContext(ctx, e.Q("SELECT author_id FROM books WHERE id = ?"), book)) {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), author))
		}
	}
	return nil
}

func pricesOfSome(ctx context.Context, e *Env) error {
	for _, author := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors WHERE id > 2 ORDER BY id")) {
		if len(ints(e.DB.QueryContext(ctx, e.Q("SELECT author_id FROM books WHERE author_id = ?"), author))) > 0 {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT title FROM books WHERE author_id = ? AND price > 0"), author))
		}
	}
	return nil
}

func numberNewBooks(ctx context.Context, e *Env) error {
	for i := range 8 {
		for _, author := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM authors WHERE id = ?"), 2)) {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT price FROM books WHERE author_id = ? ORDER BY price DESC LIMIT 1"), author))
			done(e.DB.ExecContext(ctx, e.Q("INSERT INTO books VALUES (?, ?, ?, 1, 'new')"), 100+i, author, "volume"))
		}
	}
	return nil
}

func newBooksOf(ctx context.Context, e *Env) error {
	for _, author := range []int64{4, 8, 1, 3, 9, 2} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? AND state = ?"), author, "new"))
	}
	return nil
}

func booksOfPairs(ctx context.Context, e *Env) error {
	for _, author := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? AND price = ?"), author, author%4+1))
	}
	return nil
}

func cheaperBooks(ctx context.Context, e *Env) error {
	for _, limit := range []int64{2, 6, 3, 5, 4, 7} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE author_id = ? AND price < ?"), 1, limit))
	}
	return nil
}
