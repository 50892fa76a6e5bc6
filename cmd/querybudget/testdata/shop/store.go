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
	rows, err := s.DB.QueryContext(ctx, "SELECT id FROM authors")
	if err != nil {
		return nil, err
	}
	return ints(rows)
}

// Books returns the prices of the books of some authors.
func (s *Store) Books(ctx context.Context, first, last int) ([]int, error) {
	rows, err := s.DB.QueryContext(ctx, "SELECT price FROM books WHERE author_id >= ? AND author_id <= ?", first, last)
	if err != nil {
		return nil, err
	}
	return ints(rows)
}

// BooksOf returns those of one author.
func (s *Store) BooksOf(ctx context.Context, author int) ([]int, error) {
	rows, err := s.DB.QueryContext(ctx, "SELECT price FROM books WHERE author_id = ?", author)
	if err != nil {
		return nil, err
	}
	return ints(rows)
}

func ints(rows *sql.Rows) (out []int, err error) {
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}
