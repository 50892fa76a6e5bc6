package corpus

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/querybudget/querybudget/budget"
)

// ofBun are loops and their repairs with bun, which writes arguments into the text.
func ofBun() []Case {
	loop := func(function, table, parent string) []Want {
		return []Want{{Kind: budget.NPlusOne, Func: function, Table: table, Parent: parent}}
	}
	return []Case{
		{Name: "bun/relation", About: "Relation: the repair", Setup: library(6, 2), Run: bunRelation},
		{Name: "bun/belongs-to", About: "Relation that is a JOIN", Setup: library(6, 2), Run: bunBelongsTo},
		{Name: "bun/loop", About: "a Select for each row", Setup: library(6, 2), Run: bunLoop, Want: loop("bunLoop", "books", "authors")},
		{Name: "bun/repeated-keys", About: "twelve books of four authors", Setup: library(4, 3), Run: bunAuthors, Want: loop("bunAuthors", "authors", "books")},
		{Name: "bun/in", About: "a list: the repair", Setup: library(6, 2), Run: bunIn},
		{Name: "bun/insert", About: "an Insert for each item", Setup: library(1, 0), Run: bunInsert, Want: writeLoop("bunInsert", "books")},
		{Name: "bun/insert-slice", About: "an Insert with a slice: the repair", Setup: library(1, 0), Run: bunInsertSlice},
		{Name: "bun/insert-chunks", About: "six slices from one line, with zero values among others", Setup: library(1, 0), Run: bunInsertChunks},
		{Name: "bun/update", About: "an Update for each row", Setup: library(8, 1), Run: bunUpdate, Want: writeLoop("bunUpdate", "books")},
		{Name: "bun/read-modify-write", About: "the key is in the text", Setup: counters(9), Run: bunAddOne, Want: readModifyWrite("bunAddOne", "counters")},
		{Name: "bun/other-row", About: "another row is written", Setup: counters(9), Run: bunOtherRow},
		{Name: "bun/twice", About: "the same row, on two lines", Setup: counters(9), Run: bunTwice, Want: duplicate("bunTwice", "counters")},
		{Name: "bun/count-and-scan", About: "ScanAndCount sends two queries", Setup: library(9, 1), Run: bunPage},
	}
}

func bunRelation(ctx context.Context, e *Env) error {
	var authors []Author
	return e.Bun().NewSelect().Model(&authors).Relation("Books").Scan(ctx)
}

func bunBelongsTo(ctx context.Context, e *Env) error {
	var books []Book
	return e.Bun().NewSelect().Model(&books).Relation("Author").Scan(ctx)
}

func bunLoop(ctx context.Context, e *Env) error {
	db := e.Bun()
	var authors []Author
	try(db.NewSelect().Model(&authors).Order("id").Scan(ctx))
	for i := range authors {
		try(db.NewSelect().Model(&authors[i].Books).Where("author_id = ?", authors[i].ID).Scan(ctx))
	}
	return nil
}

func bunAuthors(ctx context.Context, e *Env) error {
	db := e.Bun()
	var books []Book
	try(db.NewSelect().Model(&books).Order("id").Scan(ctx))
	for i := range books {
		var author Author
		try(db.NewSelect().Model(&author).Where("id = ?", books[i].AuthorID).Scan(ctx))
	}
	return nil
}

func bunIn(ctx context.Context, e *Env) error {
	var books []Book
	return e.Bun().NewSelect().Model(&books).Where("author_id IN (?)", bun.List(upTo(6))).Scan(ctx)
}

func bunInsert(ctx context.Context, e *Env) error {
	for _, book := range newBooks(7) {
		done(e.Bun().NewInsert().Model(&book).Exec(ctx))
	}
	return nil
}

func bunInsertSlice(ctx context.Context, e *Env) error {
	books := newBooks(7)
	done(e.Bun().NewInsert().Model(&books).Exec(ctx))
	return nil
}

func bunInsertChunks(ctx context.Context, e *Env) error {
	all := newBooks(30)
	for i := range all {
		if i%3 == 0 {
			all[i].Title = ""
		}
	}
	for ; len(all) > 0; all = all[5:] {
		chunk := all[:5]
		done(e.Bun().NewInsert().Model(&chunk).Exec(ctx))
	}
	return nil
}

func bunUpdate(ctx context.Context, e *Env) error {
	for _, book := range newBooks(8) {
		done(e.Bun().NewUpdate().Model(&book).Column("title").WherePK().Exec(ctx))
	}
	return nil
}

func bunAddOne(ctx context.Context, e *Env) error {
	counter := Counter{ID: 3}
	try(e.Bun().NewSelect().Model(&counter).Column("n").WherePK().Scan(ctx))
	counter.N++
	done(e.Bun().NewUpdate().Model(&counter).Column("n").WherePK().Exec(ctx))
	return nil
}

func bunOtherRow(ctx context.Context, e *Env) error {
	counter := Counter{ID: 3}
	try(e.Bun().NewSelect().Model(&counter).Column("n").WherePK().Scan(ctx))
	counter.ID = 4
	done(e.Bun().NewUpdate().Model(&counter).Column("n").WherePK().Exec(ctx))
	return nil
}

func bunTwice(ctx context.Context, e *Env) error {
	var first, second Counter
	try(e.Bun().NewSelect().Model(&first).Where("id = ?", 3).Scan(ctx))
	return e.Bun().NewSelect().Model(&second).Where("id = ?", 3).Scan(ctx)
}

func bunPage(ctx context.Context, e *Env) error {
	var books []Book
	_, err := e.Bun().NewSelect().Model(&books).Order("id").Limit(5).ScanAndCount(ctx)
	return err
}
