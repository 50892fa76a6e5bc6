package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// AuthorsSlowly asks for the books of each author: an N+1.
func (s *Store) AuthorsSlowly(ctx context.Context) ([]Author, error) {
	var authors []Author
	if err := s.db.SelectContext(ctx, &authors, "SELECT id, name FROM authors ORDER BY id"); err != nil {
		return nil, err
	}
	for i := range authors {
		err := s.db.SelectContext(ctx, &authors[i].Books, // AuthorsSlowly: each
			s.db.Rebind("SELECT title FROM books WHERE author_id = ? ORDER BY id"), authors[i].ID)
		if err != nil {
			return nil, err
		}
	}
	return authors, nil
}

// AuthorsJoined asks once, with a JOIN.
func (s *Store) AuthorsJoined(ctx context.Context) ([]Author, error) {
	var rows []struct {
		Author
		Title string `db:"title"`
	}
	err := s.db.SelectContext(ctx, &rows,
		"SELECT a.id, a.name, b.title FROM authors a JOIN books b ON b.author_id = a.id ORDER BY a.id, b.id")
	if err != nil {
		return nil, err
	}
	var authors []Author
	for _, r := range rows {
		if n := len(authors); n == 0 || authors[n-1].ID != r.ID {
			authors = append(authors, r.Author)
		}
		last := &authors[len(authors)-1]
		last.Books = append(last.Books, r.Title)
	}
	return authors, nil
}

// AuthorsIn asks twice: for the authors, and for the books of all of them.
func (s *Store) AuthorsIn(ctx context.Context) ([]Author, error) {
	var authors []Author
	if err := s.db.SelectContext(ctx, &authors, "SELECT id, name FROM authors ORDER BY id"); err != nil || len(authors) == 0 {
		return nil, err
	}
	ids, byID := make([]int64, len(authors)), make(map[int64]*Author, len(authors))
	for i := range authors {
		ids[i], byID[authors[i].ID] = authors[i].ID, &authors[i]
	}
	query, args, err := sqlx.In("SELECT author_id, title FROM books WHERE author_id IN (?) ORDER BY id", ids)
	if err != nil {
		return nil, err
	}
	var books []struct {
		AuthorID int64  `db:"author_id"`
		Title    string `db:"title"`
	}
	if err := s.db.SelectContext(ctx, &books, s.db.Rebind(query), args...); err != nil {
		return nil, err
	}
	for _, b := range books {
		byID[b.AuthorID].Books = append(byID[b.AuthorID].Books, b.Title)
	}
	return authors, nil
}
