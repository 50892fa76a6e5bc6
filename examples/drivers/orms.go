package drivers

import (
	"context"
	"database/sql"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/Masterminds/squirrel"
	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/querybudget/querybudget/examples/drivers/db"
)

// Each recipe takes the handle that sqlwrap.Open has returned.

func useSQLX(db *sql.DB) *sqlx.DB {
	return sqlx.NewDb(db, "sqlite")
}

// useSQLC takes the constructor that sqlc has generated.
func useSQLC(handle *sql.DB) *db.Queries {
	return db.New(handle)
}

// useGORM hands GORM the handle as Conn: with a DSN it would open a bare one.
func useGORM(db *sql.DB) (*gorm.DB, error) {
	return gorm.Open(sqlite.New(sqlite.Config{Conn: db}), &gorm.Config{})
}

// useEnt makes the driver that a generated client takes: ent.NewClient(ent.Driver(useEnt(db))).
func useEnt(db *sql.DB) *entsql.Driver {
	return entsql.OpenDB(dialect.SQLite, db)
}

func useBun(db *sql.DB) *bun.DB {
	return bun.NewDB(db, sqlitedialect.New())
}

func useSquirrel(db *sql.DB) squirrel.StatementBuilderType {
	return squirrel.StatementBuilder.RunWith(db)
}

// Each title is asked for with the request's context.

func sqlxTitle(ctx context.Context, db *sqlx.DB, author int64) (title string, err error) {
	err = db.GetContext(ctx, &title, "SELECT title FROM books WHERE author_id = ?", author) // sqlx
	return title, err
}

func sqlcTitle(ctx context.Context, q *db.Queries, author int64) (string, error) {
	return q.TitleOfAuthor(ctx, author) // sqlc
}

type book struct{ Title string }

func gormTitle(ctx context.Context, db *gorm.DB, author int64) (string, error) {
	var b book
	err := db.WithContext(ctx).Where("author_id = ?", author).Take(&b).Error // gorm
	return b.Title, err
}

func entTitle(ctx context.Context, driver *entsql.Driver, author int64) (title string, err error) {
	query, args := entsql.Dialect(dialect.SQLite).Select("title").From(entsql.Table("books")).Where(entsql.EQ("author_id", author)).Query()
	var rows entsql.Rows
	if err := driver.Query(ctx, query, args, &rows); err != nil { // ent
		return "", err
	}
	defer rows.Close() //nolint:errcheck // it was read
	return title, entsql.ScanOne(rows, &title)
}

func bunTitle(ctx context.Context, db *bun.DB, author int64) (title string, err error) {
	err = db.NewSelect().Table("books").Column("title").Where("author_id = ?", author).Scan(ctx, &title) // bun
	return title, err
}

func squirrelTitle(ctx context.Context, b squirrel.StatementBuilderType, author int64) (title string, err error) {
	err = b.Select("title").From("books").Where(squirrel.Eq{"author_id": author}).QueryRowContext(ctx).Scan(&title) // squirrel
	return title, err
}
