package corpus

import (
	"context"
	"strings"
)

// in writes a list into a query's IN (?).
func in(query string, keys []int64) (string, []any) {
	args := make([]any, len(keys))
	for i, key := range keys {
		args[i] = key
	}
	return strings.Replace(query, "(?)", "(?"+strings.Repeat(", ?", len(keys)-1)+")", 1), args
}

// batches are loops that take many at once, or one page after another.
func batches() []Case {
	return []Case{
		{Name: "batch/chunks", About: "lists of ten keys", Setup: library(60, 1), Run: chunks},
		{Name: "batch/chunks-of-different-length", About: "the last list is shorter, and others are", Setup: library(60, 1), Run: unevenChunks},
		{Name: "batch/any", About: "an array of keys is one argument", Systems: []string{"postgres"}, Setup: library(60, 1), Run: chunksOfAny},
		{Name: "batch/ranges", About: "id >= ? AND id < ?", Setup: library(60, 1), Run: ranges},
		{Name: "batch/between", About: "BETWEEN ? AND ?", Setup: library(60, 1), Run: between},
		{Name: "batch/keyset", About: "each page goes on after the last row", Setup: library(60, 1), Run: keyset},
		{Name: "batch/offset", About: "pages by OFFSET", Setup: library(60, 1), Run: offset},
		{
			Name: "batch/loop-inside", About: "the rows of each page are gone through one by one",
			Setup: and(library(4, 5), reviews(20, 2)), Run: reviewsOfPages, Want: nPlusOne("reviewsOfPages", "reviews", "books"),
			Same: sameRows("SELECT stars FROM reviews WHERE book_id = ?", upTo(20)),
		},
		{
			Name: "batch/loop-over-chunk", About: "the parent is the batch, and not the read of the ids",
			Setup: and(library(4, 5), reviews(20, 2)), Run: reviewsOfChunk, Want: nPlusOne("reviewsOfChunk", "reviews", "books"),
		},
		{Name: "batch/preload", About: "the books of all authors in one: the repair of the n+1", Setup: library(20, 2), Run: preload},
	}
}

func chunks(ctx context.Context, e *Env) error {
	for i := int64(0); i < 60; i += 10 {
		keys := make([]int64, 10)
		for j := range keys {
			keys[j] = i + int64(j)
		}
		query, args := in("SELECT title FROM books WHERE id IN (?)", keys)
		drain(e.DB.QueryContext(ctx, e.Q(query), args...))
	}
	return nil
}

func unevenChunks(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	for n := 3; len(ids) > 0; n++ {
		n = min(n, len(ids))
		query, args := in("SELECT id, title FROM books WHERE author_id IN (?)", ids[:n])
		drain(e.DB.QueryContext(ctx, e.Q(query), args...))
		ids = ids[n:]
	}
	return nil
}

func chunksOfAny(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	for ; len(ids) > 0; ids = ids[10:] {
		drain(e.DB.QueryContext(ctx, "SELECT id, title FROM books WHERE author_id = ANY($1)", ids[:10]))
	}
	return nil
}

func ranges(ctx context.Context, e *Env) error {
	for i := 0; i < 60; i += 10 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE id >= ? AND id < ?"), i, i+10))
	}
	return nil
}

func between(ctx context.Context, e *Env) error {
	for i := 0; i < 60; i += 10 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM books WHERE id BETWEEN ? AND ?"), i+1, i+10))
	}
	return nil
}

func keyset(ctx context.Context, e *Env) error {
	for last := int64(0); ; {
		page := ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM books WHERE id > ? ORDER BY id LIMIT 8"), last))
		if len(page) == 0 {
			return nil
		}
		last = page[len(page)-1]
	}
}

func offset(ctx context.Context, e *Env) error {
	for i := 0; i < 60; i += 10 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM books ORDER BY id LIMIT 10 OFFSET ?"), i))
	}
	return nil
}

func reviewsOfPages(ctx context.Context, e *Env) error {
	for last := int64(0); ; {
		page := ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM books WHERE id > ? ORDER BY id LIMIT 5"), last))
		if len(page) == 0 {
			return nil
		}
		for _, id := range page {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT stars FROM reviews WHERE book_id = ?"), id))
		}
		last = page[len(page)-1]
	}
}

func reviewsOfChunk(ctx context.Context, e *Env) error {
	query, args := in("SELECT id, title FROM books WHERE author_id IN (?) ORDER BY id", ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")))
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q(query), args...)) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT stars FROM reviews WHERE book_id = ?"), id))
	}
	return nil
}

func preload(ctx context.Context, e *Env) error {
	query, args := in("SELECT id, title FROM books WHERE author_id IN (?)", ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")))
	drain(e.DB.QueryContext(ctx, e.Q(query), args...))
	return nil
}
