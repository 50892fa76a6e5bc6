package store

import "context"

// Book returns a book with the name of its publisher.
func (s *Store) Book(ctx context.Context, id int64) (Book, error) {
	var b Book
	err := s.db.GetContext(ctx, &b, s.db.Rebind( // Book: get
		"SELECT b.id, b.title, b.stock, p.name AS publisher FROM books b JOIN publishers p ON p.id = b.publisher_id WHERE b.id = ?"), id)
	return b, err
}

// SellSlowly reads the stock, computes, and writes it back: a second sale in
// between is lost.
func (s *Store) SellSlowly(ctx context.Context, id int64, quantity int) error {
	var stock int
	if err := s.db.GetContext(ctx, &stock, s.db.Rebind("SELECT stock FROM books WHERE id = ?"), id); err != nil { // SellSlowly: read
		return err
	}
	_, err := s.db.ExecContext(ctx, s.db.Rebind("UPDATE books SET stock = ? WHERE id = ?"), stock-quantity, id)
	return err
}

// Sell lets the database compute.
func (s *Store) Sell(ctx context.Context, id int64, quantity int) error {
	_, err := s.db.ExecContext(ctx, s.db.Rebind("UPDATE books SET stock = stock - ? WHERE id = ?"), quantity, id)
	return err
}

// ReviewsSlowly returns all reviews there are.
func (s *Store) ReviewsSlowly(ctx context.Context) ([]Review, error) {
	var reviews []Review
	err := s.db.SelectContext(ctx, &reviews, "SELECT id, book_id, rating, body FROM reviews ORDER BY id") // ReviewsSlowly: all
	return reviews, err
}

// Reviews returns a page of the reviews behind the one with the given id.
func (s *Store) Reviews(ctx context.Context, after int64) ([]Review, error) {
	var reviews []Review
	err := s.db.SelectContext(ctx, &reviews, s.db.Rebind(
		"SELECT id, book_id, rating, body FROM reviews WHERE id > ? ORDER BY id LIMIT 50"), after)
	return reviews, err
}
