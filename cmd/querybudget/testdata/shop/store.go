// Package shop is a service in two versions: its page asks once, or once for each author.
package shop

import (
	"context"
	"database/sql"
)

// Store reads authors and their books.
type Store struct{ DB *sql.DB }

// Authors returns the ids of all authors.
func (s *Store) Authors(ctx context.Context) ([]int, error) {
	return s.list(ctx, "SELECT id FROM authors")
}

// Books returns the books of some authors.
func (s *Store) Books(ctx context.Context, first, last int) ([]int, error) {
	return s.list(ctx, "SELECT id FROM books WHERE author_id >= ? AND author_id <= ?", first, last)
}

// BooksOf returns the books of one author.
func (s *Store) BooksOf(ctx context.Context, author int) ([]int, error) {
	return s.list(ctx, "SELECT id FROM books WHERE author_id = ?", author)
}

func (s *Store) list(ctx context.Context, query string, args ...any) (out []int, err error) {
	rows, err := s.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
