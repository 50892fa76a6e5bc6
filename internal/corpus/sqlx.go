package corpus

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// ofSQLX are loops and their repairs with sqlx.
func ofSQLX() []Case {
	return []Case{
		{Name: "sqlx/select", About: "Select for each row", Setup: library(6, 2), Run: sqlxSelect, Want: nPlusOne("sqlxSelect", "books", "authors"),
			Same: sameRows("SELECT id, title FROM books WHERE author_id = ?", upTo(6))},
		{Name: "sqlx/get", About: "Get for each row", Setup: library(4, 3), Run: sqlxGet, Want: nPlusOne("sqlxGet", "authors", "books")},
		{Name: "sqlx/in", About: "sqlx.In: the repair", Setup: library(6, 2), Run: sqlxIn},
		{Name: "sqlx/named", About: "NamedExec for each item", Setup: library(1, 0), Run: sqlxNamed, Want: writeLoop("sqlxNamed", "books")},
		{Name: "sqlx/named-slice", About: "NamedExec with all: the repair", Setup: library(1, 0), Run: sqlxNamedSlice},
		{Name: "sqlx/twice", About: "the same row, by Get on two lines", Setup: library(4, 3), Run: sqlxTwice, Want: duplicate("sqlxTwice", "authors")},
	}
}

type sqlxBook struct {
	ID     int64  `db:"id"`
	Author int64  `db:"author_id"`
	Title  string `db:"title"`
}

func sqlxSelect(ctx context.Context, e *Env) error {
	var ids []int64
	try(e.SQLX().SelectContext(ctx, &ids, "SELECT id FROM authors ORDER BY id"))
	for _, id := range ids {
		var books []sqlxBook
		try(e.SQLX().SelectContext(ctx, &books, e.Q("SELECT id, title FROM books WHERE author_id = ?"), id))
	}
	return nil
}

func sqlxGet(ctx context.Context, e *Env) error {
	var books []sqlxBook
	try(e.SQLX().SelectContext(ctx, &books, "SELECT id, author_id, title FROM books ORDER BY id"))
	for _, book := range books {
		var name string
		try(e.SQLX().GetContext(ctx, &name, e.Q(nameQuery), book.Author))
	}
	return nil
}

func sqlxIn(ctx context.Context, e *Env) error {
	var ids []int64
	try(e.SQLX().SelectContext(ctx, &ids, "SELECT id FROM authors ORDER BY id"))
	query, args, err := sqlx.In("SELECT id, title FROM books WHERE author_id IN (?)", ids)
	try(err)
	var books []sqlxBook
	return e.SQLX().SelectContext(ctx, &books, e.Q(query), args...)
}

func sqlxNamed(ctx context.Context, e *Env) error {
	for id := range 7 {
		done(e.SQLX().NamedExecContext(ctx, "INSERT INTO books (id, author_id, title) VALUES (:id, :author_id, :title)", sqlxBook{int64(id), 1, "book"}))
	}
	return nil
}

func sqlxNamedSlice(ctx context.Context, e *Env) error {
	books := make([]sqlxBook, 7)
	for id := range books {
		books[id] = sqlxBook{int64(id), 1, "book"}
	}
	done(e.SQLX().NamedExecContext(ctx, "INSERT INTO books (id, author_id, title) VALUES (:id, :author_id, :title)", books))
	return nil
}

func sqlxTwice(ctx context.Context, e *Env) error {
	var name string
	try(e.SQLX().GetContext(ctx, &name, e.Q(nameQuery), 3))
	return e.SQLX().GetContext(ctx, &name, e.Q(nameQuery), 3)
}
