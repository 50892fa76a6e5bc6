package main

import (
	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"gorm.io/gorm/clause"

	"github.com/querybudget/querybudget/internal/corpus/db"
)

type (
	// Author, Book and the others are models.
	Author struct {
		bun.BaseModel `bun:"table:authors" gorm:"-"`
		ID            int64 `bun:",pk"`
		PublisherID   int64
		Name          string
		Country       string
		Books         []Book `bun:"rel:has-many,join:id=author_id"`
	}
	Book struct {
		bun.BaseModel `bun:"table:books" gorm:"-"`
		ID            int64 `bun:",pk"`
		AuthorID      int64
		Title         string
		Price         int64
		State         string
	}
	Counter struct {
		bun.BaseModel `bun:"table:counters" gorm:"-"`
		ID            int64 `bun:",pk"`
		N             int64
		Version       int64
	}
	Log struct {
		bun.BaseModel `bun:"table:logs" gorm:"-"`
		ID            int64
		Line          string
	}
)

var libraryCases = []Case{
	{About: "GORM in a loop", Run: gormLoop, Want: child("books", "authors", true)},
	{About: "GORM's First in a loop", Run: gormFirst, Want: child("authors", "books", true)},
	{About: "GORM's Preload", Run: gormPreload},
	{About: "GORM's Create in a loop", Run: gormCreate, Want: writes("logs")},
	{About: "GORM's CreateInBatches", Run: gormBatches},
	{About: "GORM's Create with a slice", Run: gormSlice},
	{About: "GORM's Save in a loop", Run: gormSave, Want: writes("counters")},
	{About: "GORM's First and Update", Run: gormAdd, Hints: true, Want: lost("counters")},
	{About: "GORM's First and Update, unasked", Run: gormAddUnasked},
	{About: "GORM's Update with an expression", Run: gormExpression, Hints: true},
	{About: "GORM's FirstOrCreate that finds", Run: gormFirstOrCreate, Hints: true},
	{About: "GORM's upsert", Run: gormUpsert, Hints: true},
	{About: "GORM's AutoMigrate", Run: gormAutoMigrate},
	{About: "bun in a loop", Run: bunLoop, Want: child("books", "authors", true)},
	{About: "bun's Relation", Run: bunRelation},
	{About: "bun's bun.List", Run: bunIn},
	{About: "bun's bulk INSERT", Run: bunBulk},
	{About: "bun's INSERT in a loop", Run: bunInsert, Want: writes("logs")},
	{About: "bun, read and write", Run: bunAdd, Hints: true, Want: lost("counters")},
	{About: "sqlx in a loop", Run: sqlxLoop, Want: child("books", "authors", true)},
	{About: "sqlx.In", Run: sqlxIn},
	{About: "sqlx's NamedExec with a slice", Run: sqlxNamed},
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func gormLoop(c ctx, d *db.DB) {
	var all []Author
	check(d.GORM.WithContext(c).Find(&all).Error)
	for _, a := range all {
		var books []Book
		check(d.GORM.WithContext(c).Where("author_id = ?", a.ID).Find(&books).Error)
	}
}

func gormFirst(c ctx, d *db.DB) {
	var books []Book
	check(d.GORM.WithContext(c).Where("id <= ?", 15).Find(&books).Error)
	for _, b := range books {
		var a Author
		check(d.GORM.WithContext(c).First(&a, b.AuthorID).Error)
	}
}

func gormPreload(c ctx, d *db.DB) {
	var all []Author
	check(d.GORM.WithContext(c).Preload("Books").Find(&all).Error)
}

func gormCreate(c ctx, d *db.DB) {
	for i := range 6 {
		check(d.GORM.WithContext(c).Create(&Log{ID: int64(i + 1), Line: "x"}).Error)
	}
}

func logs(n int) (out []Log) {
	for i := range n {
		out = append(out, Log{ID: int64(i + 1), Line: "x"})
	}
	return out
}

func gormBatches(c ctx, d *db.DB) {
	all := logs(30)
	check(d.GORM.WithContext(c).CreateInBatches(&all, 5).Error)
}

func gormSlice(c ctx, d *db.DB) {
	all := logs(30)
	check(d.GORM.WithContext(c).Create(&all).Error)
}

func gormSave(c ctx, d *db.DB) {
	for i := range 6 {
		check(d.GORM.WithContext(c).Save(&Counter{ID: int64(i + 1), N: 7}).Error)
	}
}

func gormAdd(c ctx, d *db.DB) {
	var counter Counter
	check(d.GORM.WithContext(c).First(&counter, 2).Error)
	check(d.GORM.WithContext(c).Model(&counter).Update("n", counter.N+1).Error)
}

func gormAddUnasked(c ctx, d *db.DB) {
	var counter Counter
	check(d.GORM.WithContext(c).First(&counter, 2).Error)
	check(d.GORM.WithContext(c).Model(&counter).Update("n", counter.N+1).Error)
}

func gormExpression(c ctx, d *db.DB) {
	var counter Counter
	check(d.GORM.WithContext(c).First(&counter, 2).Error)
	check(d.GORM.WithContext(c).Model(&counter).Update("n", clause.Expr{SQL: "n + 1"}).Error)
}

func gormFirstOrCreate(c ctx, d *db.DB) {
	var counter Counter
	check(d.GORM.WithContext(c).FirstOrCreate(&counter, Counter{ID: 3}).Error)
}

func gormUpsert(c ctx, d *db.DB) {
	check(d.GORM.WithContext(c).Clauses(clause.OnConflict{UpdateAll: true}).Create(&Counter{ID: 3, N: 1}).Error)
}

func gormAutoMigrate(c ctx, d *db.DB) {
	type Role struct {
		ID   int64
		Name string
	}
	for range 3 {
		check(d.GORM.WithContext(c).AutoMigrate(&Role{}))
	}
	check(d.GORM.WithContext(c).Migrator().DropTable(&Role{}))
}

func bunLoop(c ctx, d *db.DB) {
	var all []Author
	check(d.Bun.NewSelect().Model(&all).Scan(c))
	for _, a := range all {
		var books []Book
		check(d.Bun.NewSelect().Model(&books).Where("author_id = ?", a.ID).Scan(c))
	}
}

func bunRelation(c ctx, d *db.DB) {
	var all []Author
	check(d.Bun.NewSelect().Model(&all).Relation("Books").Scan(c))
}

func bunIn(c ctx, d *db.DB) {
	for i := range 6 {
		var books []Book
		check(d.Bun.NewSelect().Model(&books).Where("author_id IN (?)", bun.List([]int{2*i + 1, 2*i + 2})).Scan(c))
	}
}

func bunBulk(c ctx, d *db.DB) {
	for i := range 6 {
		all := logs(2 + i%3)
		_, err := d.Bun.NewInsert().Model(&all).Exec(c)
		check(err)
	}
}

func bunInsert(c ctx, d *db.DB) {
	for i := range 6 {
		_, err := d.Bun.NewInsert().Model(&Log{ID: int64(i + 1), Line: "x"}).Exec(c)
		check(err)
	}
}

func bunAdd(c ctx, d *db.DB) {
	var counter Counter
	check(d.Bun.NewSelect().Model(&counter).Where("id = ?", 2).Scan(c))
	_, err := d.Bun.NewUpdate().Model((*Counter)(nil)).Set("n = ?", counter.N+1).Where("id = ?", 2).Exec(c)
	check(err)
}

func sqlxLoop(c ctx, d *db.DB) {
	var ids []int64
	check(d.SQLX.SelectContext(c, &ids, "SELECT id FROM authors"))
	for _, id := range ids {
		var titles []string
		check(d.SQLX.SelectContext(c, &titles, d.Rebind("SELECT title FROM books WHERE author_id = ?"), id))
	}
}

func sqlxIn(c ctx, d *db.DB) {
	var ids []int64
	check(d.SQLX.SelectContext(c, &ids, "SELECT id FROM authors"))
	for ; len(ids) > 0; ids = ids[2:] {
		query, args, err := sqlx.In("SELECT title FROM books WHERE author_id IN (?)", ids[:2])
		check(err)
		var titles []string
		check(d.SQLX.SelectContext(c, &titles, d.Rebind(query), args...))
	}
}

func sqlxNamed(c ctx, d *db.DB) {
	type row struct {
		ID   int64
		Line string
	}
	_, err := d.SQLX.NamedExecContext(c, "INSERT INTO logs (id, line) VALUES (:id, :line)", []row{{1, "a"}, {2, "b"}, {3, "c"}})
	check(err)
}
