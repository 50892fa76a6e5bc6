// Package store reads and writes the books. What database guides warn about
// stands beside its repair: the functions that end in "Slowly" are the warning.
package store

import (
	"github.com/jmoiron/sqlx"
)

// Store is the bookshop's database.
type Store struct{ db *sqlx.DB }

// New returns a store on db.
func New(db *sqlx.DB) *Store { return &Store{db} }

// Author is an author with the titles of his books.
type Author struct {
	ID    int64    `db:"id" json:"id"`
	Name  string   `db:"name" json:"name"`
	Books []string `db:"-" json:"books"`
}

// Book is a book with its publisher.
type Book struct {
	ID        int64  `db:"id" json:"id"`
	Title     string `db:"title" json:"title"`
	Publisher string `db:"publisher" json:"publisher"`
	Stock     int    `db:"stock" json:"stock"`
}

// Review is a review of a book.
type Review struct {
	ID     int64  `db:"id" json:"id"`
	BookID int64  `db:"book_id" json:"book_id"`
	Rating int    `db:"rating" json:"rating"`
	Body   string `db:"body" json:"body"`
}

// Line is a line of an order.
type Line struct {
	BookID   int64 `db:"book_id" json:"book_id"`
	Quantity int   `db:"quantity" json:"quantity"`
}
