package corpus

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/explain"
)

// bookTitle is a book as libraries read it.
type bookTitle struct {
	ID    int64 `bun:",pk"`
	Title string
}

// TableName is the table for GORM.
func (bookTitle) TableName() string { return "books" }

// queries is what sqlc generates, with its comment in front of each statement.
type queries struct {
	db interface {
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	}
	by map[string]string
}

func (q *queries) listBooks(ctx context.Context, column string, id int64) error {
	rows, err := q.db.QueryContext(ctx, q.by[column], id)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var b bookTitle
		if err := rows.Scan(&b.ID, &b.Title); err != nil {
			return err
		}
	}
	return rows.Err()
}

// librariesOf ask for books by a column, each in the way of a library.
func librariesOf(e *Env) map[string]func(ctx context.Context, column string) error {
	generated := queries{db: e.DB, by: map[string]string{}}
	for _, column := range []string{"author_id", "editor_id"} {
		generated.by[column] = "-- name: ListBooks :many\n" + e.Q("SELECT id, title FROM books\nWHERE "+column+" = ?\n")
	}
	return map[string]func(ctx context.Context, column string) error{
		"sqlx": func(ctx context.Context, column string) error {
			var books []bookTitle
			return e.SQLX().SelectContext(ctx, &books, e.Q("SELECT id, title FROM books WHERE "+column+" = ?"), 1)
		},
		"sqlx named": func(ctx context.Context, column string) error {
			rows, err := e.SQLX().NamedQueryContext(ctx, "SELECT id, title FROM books WHERE "+column+" = :id", map[string]any{"id": 1})
			if err != nil {
				return err
			}
			return rows.Close()
		},
		"gorm": func(ctx context.Context, column string) error {
			var books []bookTitle
			return e.GORM().WithContext(ctx).Where(column+" = ?", 1).Order("id").Limit(5).Find(&books).Error
		},
		"bun": func(ctx context.Context, column string) error {
			var books []bookTitle
			return e.Bun().NewSelect().Model(&books).ModelTableExpr("books AS book_title").Where("? = ?", bun.Ident(column), 1).Scan(ctx)
		},
		"sqlc": func(ctx context.Context, column string) error { return generated.listBooks(ctx, column, 1) },
	}
}

// What libraries send is planned as they sent it.
func TestPlansThroughLibraries(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		e, err := newEnv(system, db)
		if err != nil {
			t.Fatal(err)
		}
		for name, ask := range librariesOf(e) {
			t.Run(name, func(t *testing.T) {
				for column, fault := range map[string]string{"author_id": "reads all of books: no index begins with author_id", "editor_id": ""} {
					failure, _ := runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, func(ctx context.Context) {
						if err := ask(ctx, column); err != nil {
							t.Fatal(err)
						}
					})
					if fault == "" && failure != "" || !strings.Contains(failure, fault) {
						t.Errorf("by %s: %s", column, failure)
					}
				}
			})
		}
	})
}
