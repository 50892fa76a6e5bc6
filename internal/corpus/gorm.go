package corpus

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// Author and Book are rows for GORM and bun, Shelf has two relations to one table.
type Author struct {
	ID    int64  `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
	Name  string `bun:"name"`
	Books []Book `bun:"rel:has-many,join:id=author_id" gorm:"foreignKey:AuthorID"`
}

// Book is a row of books.
type Book struct {
	ID       int64   `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
	AuthorID int64   `bun:"author_id"`
	Title    string  `bun:"title"`
	Author   *Author `bun:"rel:belongs-to,join:author_id=id" gorm:"foreignKey:AuthorID"`
}

// Counter is a row of counters.
type Counter struct {
	ID      int64  `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
	Name    string `bun:"name"`
	N       int64  `bun:"n"`
	Version int64  `bun:"version"`
}

// Letter has two relations to one table, which may be one row.
type Letter struct {
	ID         int64
	SenderID   int64
	ReceiverID int64
	Sender     *Author `gorm:"foreignKey:SenderID"`
	Receiver   *Author `gorm:"foreignKey:ReceiverID"`
}

// ofGORM are loops and their repairs with GORM.
func ofGORM() []Case {
	letters := and(library(3, 1), []string{"CREATE TABLE letters (id BIGINT PRIMARY KEY, sender_id BIGINT, receiver_id BIGINT)", "INSERT INTO letters VALUES (1, 2, 2)"})
	return []Case{
		{Name: "gorm/preload", About: "Preload: the repair", Setup: library(6, 2), Run: gormPreload},
		{Name: "gorm/lazy", About: "Find for each row", Setup: library(6, 2), Run: gormLazy, Want: nPlusOne("gormLazy", "books", "authors")},
		{Name: "gorm/association", About: "Association for each row", Setup: library(6, 2), Run: gormAssociation, Want: nPlusOne("gormAssociation", "books", "authors")},
		{Name: "gorm/first", About: "First for each row, whose LIMIT 1 is the last argument", Setup: library(5, 2), Run: gormFirst, Want: nPlusOne("gormFirst", "authors", "books")},
		{Name: "gorm/joins", About: "Joins: the repair", Setup: library(6, 2), Run: gormJoins},
		{Name: "gorm/in", About: "IN ?: the repair", Setup: library(6, 2), Run: gormIn},
		{Name: "gorm/create", About: "Create for each item", Setup: library(1, 0), Run: gormCreate, Want: writeLoop("gormCreate", "books")},
		{Name: "gorm/create-slice", About: "Create with a slice: the repair", Setup: library(1, 0), Run: gormCreateSlice},
		{Name: "gorm/create-in-batches", About: "CreateInBatches: the repair", Setup: library(1, 0), Run: gormCreateInBatches},
		{Name: "gorm/save", About: "Save for each row", Setup: library(8, 1), Run: gormSave, Want: writeLoop("gormSave", "books")},
		{Name: "gorm/save-with-relation", About: "Save writes the loaded relation, too, with each row", Setup: library(8, 1), Run: gormSaveLoaded, Want: []Want{{Kind: budget.WriteLoop, Func: "gormSaveLoaded", Table: "books"}}},
		{Name: "gorm/update", About: "one Update for each row", Setup: library(8, 1), Run: gormUpdate, Want: writeLoop("gormUpdate", "books")},
		{Name: "gorm/update-all", About: "one Update with a condition: the repair", Setup: library(8, 1), Run: gormUpdateAll},
		{Name: "gorm/delete", About: "Delete for each row", Setup: library(8, 1), Run: gormDelete, Want: writeLoop("gormDelete", "books")},
		{Name: "gorm/first-or-create", About: "looked for, and created once", Hints: NoHints, Setup: counters(3), Run: gormFirstOrCreate},
		{Name: "gorm/first-or-create-hint", About: "as a hint", Setup: counters(3), Run: gormFirstOrCreate, Want: selectThenInsert("gormFirstOrCreate", "counters")},
		{Name: "gorm/first-or-create-loop", About: "for each item: its INSERTs are a loop", Hints: NoHints, Setup: counters(1), Run: gormFirstOrCreateLoop, Want: writeLoop("gormFirstOrCreateLoop", "counters")},
		{Name: "gorm/read-modify-write", About: "First and Update of N + 1: the whole row was read, so it is a hint", Setup: counters(3), Run: gormAddOne, Want: readModifyWrite("gormAddOne", "counters")},
		{Name: "gorm/read-modify-write-off", About: "which is off by default", Hints: NoHints, Setup: counters(3), Run: gormAddOne},
		{Name: "gorm/expression", About: "gorm.Expr: the repair", Setup: counters(3), Run: gormExpression},
		{Name: "gorm/two-relations", About: "both relations are one row, and nobody can repair that", Setup: letters, Run: gormTwoRelations},
		{Name: "gorm/migrate", About: "AutoMigrate looks at the schema again and again", Run: gormMigrate},
		{Name: "gorm/migrate-again", About: "also when there is nothing to change", Setup: counters(2), Run: gormMigrate},
		{Name: "gorm/find-in-batches", About: "FindInBatches", Setup: library(40, 1), Run: gormFindInBatches},
		{Name: "gorm/duplicate", About: "the same row, on two lines", Setup: library(4, 1), Run: gormTwice, Want: duplicate("gormTwice", "authors")},
		{Name: "gorm/count-and-find", About: "a page and its number of rows", Setup: library(9, 1), Run: gormPage},
	}
}

func gormPreload(ctx context.Context, e *Env) error {
	var authors []Author
	return e.GORM().WithContext(ctx).Preload("Books").Find(&authors).Error
}

func gormLazy(ctx context.Context, e *Env) error {
	var authors []Author
	try(e.GORM().WithContext(ctx).Find(&authors).Error)
	for i := range authors {
		try(e.GORM().WithContext(ctx).Where("author_id = ?", authors[i].ID).Find(&authors[i].Books).Error)
	}
	return nil
}

func gormAssociation(ctx context.Context, e *Env) error {
	var authors []Author
	try(e.GORM().WithContext(ctx).Find(&authors).Error)
	for i := range authors {
		var books []Book
		try(e.GORM().WithContext(ctx).Model(&authors[i]).Association("Books").Find(&books))
	}
	return nil
}

func gormFirst(ctx context.Context, e *Env) error {
	var books []Book
	try(e.GORM().WithContext(ctx).Find(&books).Error)
	for i := range books {
		var author Author
		try(e.GORM().WithContext(ctx).First(&author, books[i].AuthorID).Error)
	}
	return nil
}

func gormJoins(ctx context.Context, e *Env) error {
	var books []Book
	return e.GORM().WithContext(ctx).Joins("Author").Find(&books).Error
}

func gormIn(ctx context.Context, e *Env) error {
	var ids []int64
	try(e.GORM().WithContext(ctx).Model(&Author{}).Pluck("id", &ids).Error)
	var books []Book
	return e.GORM().WithContext(ctx).Where("author_id IN ?", ids).Find(&books).Error
}

func newBooks(n int) []Book {
	out := make([]Book, n)
	for i := range out {
		out[i] = Book{ID: int64(i) + 1, AuthorID: 1, Title: "book"}
	}
	return out
}

func gormCreate(ctx context.Context, e *Env) error {
	for _, book := range newBooks(7) {
		try(e.GORM().WithContext(ctx).Create(&book).Error)
	}
	return nil
}

func gormCreateSlice(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).Create(newBooks(7)).Error
}

func gormCreateInBatches(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).CreateInBatches(newBooks(33), 5).Error
}

func gormSave(ctx context.Context, e *Env) error {
	var books []Book
	try(e.GORM().WithContext(ctx).Find(&books).Error)
	for i := range books {
		books[i].Title = fmt.Sprint("title ", i)
		try(e.GORM().WithContext(ctx).Save(&books[i]).Error)
	}
	return nil
}

func gormSaveLoaded(ctx context.Context, e *Env) error {
	var books []Book
	try(e.GORM().WithContext(ctx).Preload("Author").Find(&books).Error)
	for i := range books {
		books[i].Title = fmt.Sprint("title ", i)
		try(e.GORM().WithContext(ctx).Save(&books[i]).Error)
	}
	return nil
}

func gormUpdate(ctx context.Context, e *Env) error {
	for id := range 8 {
		try(e.GORM().WithContext(ctx).Model(&Book{}).Where("id = ?", id+1).Update("title", fmt.Sprint("title ", id)).Error)
	}
	return nil
}

func gormUpdateAll(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).Model(&Book{}).Where("id IN ?", upTo(8)).Update("title", "title").Error
}

func gormDelete(ctx context.Context, e *Env) error {
	for id := range 8 {
		try(e.GORM().WithContext(ctx).Delete(&Book{}, id+1).Error)
	}
	return nil
}

func gormFirstOrCreate(ctx context.Context, e *Env) error {
	counter := Counter{ID: 9}
	return e.GORM().WithContext(ctx).Where(Counter{Name: "nine"}).FirstOrCreate(&counter).Error
}

func gormFirstOrCreateLoop(ctx context.Context, e *Env) error {
	for id := range 7 {
		counter := Counter{ID: int64(id) + 10}
		try(e.GORM().WithContext(ctx).Where(Counter{Name: fmt.Sprint("name ", id)}).FirstOrCreate(&counter).Error)
	}
	return nil
}

func gormAddOne(ctx context.Context, e *Env) error {
	var c Counter
	try(e.GORM().WithContext(ctx).First(&c, 2).Error)
	return e.GORM().WithContext(ctx).Model(&Counter{}).Where("id = ?", c.ID).Update("n", c.N+1).Error
}

func gormExpression(ctx context.Context, e *Env) error {
	var c Counter
	try(e.GORM().WithContext(ctx).First(&c, 2).Error)
	return e.GORM().WithContext(ctx).Model(&Counter{}).Where("id = ?", c.ID).Update("n", gorm.Expr("n + ?", 1)).Error
}

func gormTwoRelations(ctx context.Context, e *Env) error {
	var letters []Letter
	return e.GORM().WithContext(ctx).Preload("Sender").Preload("Receiver").Find(&letters).Error
}

func gormMigrate(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).AutoMigrate(&Counter{}, &Author{}, &Book{})
}

func gormFindInBatches(ctx context.Context, e *Env) error {
	var books []Book
	return e.GORM().WithContext(ctx).FindInBatches(&books, 6, func(*gorm.DB, int) error { return nil }).Error
}

func gormTwice(ctx context.Context, e *Env) error {
	var first, second Author
	try(e.GORM().WithContext(ctx).Take(&first, 3).Error)
	return e.GORM().WithContext(ctx).Take(&second, 3).Error
}

func gormPage(ctx context.Context, e *Env) error {
	var n int64
	try(e.GORM().WithContext(ctx).Model(&Book{}).Count(&n).Error)
	var books []Book
	return e.GORM().WithContext(ctx).Order("id").Limit(5).Find(&books).Error
}
