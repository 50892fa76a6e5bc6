// Package store is the bookshop's database: pgx's pool, and queries that sqlc has written
// out.
package store

import (
	"context"
	_ "embed" // the schema

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/examples/pgx-app/store/db"
)

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate

//go:embed schema.sql
var schema string

// Store has the books.
type Store struct {
	pool    *pgxpool.Pool
	queries *db.Queries
}

// New returns a Store for a pool.
func New(pool *pgxpool.Pool) *Store { return &Store{pool, db.New(pool)} }

// Author is an author with the titles of the books.
type Author struct {
	Name  string
	Books []string
}

// AuthorsSlowly asks for the books of each author: an n+1.
func (s *Store) AuthorsSlowly(ctx context.Context) ([]Author, error) {
	authors, err := s.queries.ListAuthors(ctx)
	if err != nil {
		return nil, err
	}
	var out []Author
	for _, a := range authors {
		books, err := s.queries.TitlesOf(ctx, a.ID) // AuthorsSlowly: each
		if err != nil {
			return nil, err
		}
		out = append(out, Author{a.Name, books})
	}
	return out, nil
}

// Authors asks twice: for the authors, and for the books of all of them.
func (s *Store) Authors(ctx context.Context) ([]Author, error) {
	authors, err := s.queries.ListAuthors(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(authors))
	for i := range authors {
		ids[i] = authors[i].ID
	}
	books, err := s.queries.BooksOfAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	titles := make(map[int64][]string)
	for _, b := range books {
		titles[b.AuthorID] = append(titles[b.AuthorID], b.Title)
	}
	var out []Author
	for _, a := range authors {
		out = append(out, Author{a.Name, titles[a.ID]})
	}
	return out, nil
}

// RenameSlowly writes one author after the other.
func (s *Store) RenameSlowly(ctx context.Context, names map[int64]string) error {
	for id, name := range names {
		if _, err := s.queries.RenameAuthor(ctx, db.RenameAuthorParams{ID: id, Name: name}); err != nil {
			return err
		}
	}
	return nil
}

// Rename writes all authors in one batch: as many queries, one round trip.
func (s *Store) Rename(ctx context.Context, names map[int64]string) (err error) {
	var rows []db.RenameAuthorsParams
	for id, name := range names {
		rows = append(rows, db.RenameAuthorsParams{ID: id, Name: name})
	}
	s.queries.RenameAuthors(ctx, rows).Exec(func(_ int, failed error) {
		if err == nil {
			err = failed
		}
	})
	return err
}

// Fill makes the tables, and writes authors with their books.
func (s *Store) Fill(ctx context.Context, authors []Author) error {
	if _, err := s.pool.Exec(ctx, schema); err != nil {
		return err
	}
	var rows []db.AddAuthorsParams
	var books []db.AddBooksParams
	for i, a := range authors {
		id := int64(i + 1)
		rows = append(rows, db.AddAuthorsParams{ID: id, Name: a.Name})
		for _, title := range a.Books {
			books = append(books, db.AddBooksParams{AuthorID: id, Title: title})
		}
	}
	if _, err := s.queries.AddAuthors(ctx, rows); err != nil {
		return err
	}
	_, err := s.queries.AddBooks(ctx, books)
	return err
}
