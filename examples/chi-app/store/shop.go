package store

import (
	"context"
	"database/sql"
	"errors"
)

// Publisher is a publisher with the number of its books.
type Publisher struct {
	ID    int64  `db:"id" json:"id"`
	Name  string `db:"name" json:"name"`
	Books int    `db:"books" json:"books"`
}

// PublishersSlowly counts the books of the first publishers while it reads them:
// each count needs a second connection.
func (s *Store) PublishersSlowly(ctx context.Context) ([]Publisher, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, name FROM publishers WHERE id <= 4 ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // it was read to its end, or failed before
	var publishers []Publisher
	for rows.Next() {
		var p Publisher
		if err := rows.Scan(&p.ID, &p.Name); err != nil {
			return nil, err
		}
		count := s.db.Rebind("SELECT count(*) FROM books WHERE publisher_id = ?")
		if err := s.db.GetContext(ctx, &p.Books, count, p.ID); err != nil { // PublishersSlowly: count
			return nil, err
		}
		publishers = append(publishers, p)
	}
	return publishers, rows.Err()
}

// Publishers counts with the query that reads them.
func (s *Store) Publishers(ctx context.Context) ([]Publisher, error) {
	var publishers []Publisher
	err := s.db.SelectContext(ctx, &publishers,
		"SELECT p.id, p.name, count(b.id) AS books FROM publishers p LEFT JOIN books b ON b.publisher_id = p.id WHERE p.id <= 4 GROUP BY p.id, p.name ORDER BY p.id")
	return publishers, err
}

// FirstAuthorSlowly reads the first row, and leaves the rows open.
func (s *Store) FirstAuthorSlowly(ctx context.Context) (name string, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT name FROM authors ORDER BY id") //nolint:sqlclosecheck,rowserrcheck // FirstAuthorSlowly: rows
	if err != nil {
		return "", err
	}
	if rows.Next() {
		err = rows.Scan(&name)
	}
	return name, err
}

// FirstAuthor asks for one row.
func (s *Store) FirstAuthor(ctx context.Context) (name string, err error) {
	err = s.db.GetContext(ctx, &name, "SELECT name FROM authors ORDER BY id LIMIT 1")
	return name, err
}

// slowly is how each driver's database spends a third of a second.
var slowly = map[string]string{
	"sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) FROM n",
	"pgx":    "SELECT count(*) FROM (SELECT pg_sleep(0.3)) s",
	"mysql":  "SELECT count(*) FROM (SELECT SLEEP(0.3)) s",
}

// SearchSlowly has a query that takes its time.
func (s *Store) SearchSlowly(ctx context.Context) (n int, err error) {
	err = s.db.GetContext(ctx, &n, slowly[s.db.DriverName()]) // SearchSlowly: query
	return n, err
}

// Search has one that an index answers.
func (s *Store) Search(ctx context.Context) (n int, err error) {
	err = s.db.GetContext(ctx, &n, "SELECT count(*) FROM books WHERE author_id = 7")
	return n, err
}

// VisitsSlowly asks in a context of its own: nobody knows for whom.
func (s *Store) VisitsSlowly(ctx context.Context) (orders, books int, err error) {
	err = s.db.GetContext(ctx, &orders, "SELECT count(*) FROM orders")
	return orders, books, errors.Join(err, s.db.Get(&books, "SELECT count(*) FROM books")) // VisitsSlowly: get
}

// Visits passes the context on.
func (s *Store) Visits(ctx context.Context) (orders, books int, err error) {
	err = s.db.GetContext(ctx, &orders, "SELECT count(*) FROM orders")
	return orders, books, errors.Join(err, s.db.GetContext(ctx, &books, "SELECT count(*) FROM books"))
}

// SignUpSlowly looks whether a customer is there and inserts him if not: so may
// somebody else, in between.
func (s *Store) SignUpSlowly(ctx context.Context, email string) error {
	var orders int
	err := s.db.GetContext(ctx, &orders, s.db.Rebind("SELECT orders FROM customers WHERE email = ?"), email) // SignUpSlowly: get
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = s.db.ExecContext(ctx, s.db.Rebind("INSERT INTO customers (email, orders) VALUES (?, 0)"), email)
	return err
}

// SignUp lets the database decide.
func (s *Store) SignUp(ctx context.Context, email string) error {
	insert := "INSERT INTO customers (email, orders) VALUES (?, 0) ON CONFLICT (email) DO NOTHING"
	if s.db.DriverName() == "mysql" {
		insert = "INSERT INTO customers (email, orders) VALUES (?, 0) ON DUPLICATE KEY UPDATE email = email"
	}
	_, err := s.db.ExecContext(ctx, s.db.Rebind(insert), email)
	return err
}

// TitlesSlowly reads all columns, for the titles.
func (s *Store) TitlesSlowly(ctx context.Context) ([]string, error) {
	var books []struct {
		ID          int64  `db:"id"`
		AuthorID    int64  `db:"author_id"`
		PublisherID int64  `db:"publisher_id"`
		Title       string `db:"title"`
		Stock       int    `db:"stock"`
	}
	if err := s.db.SelectContext(ctx, &books, "SELECT * FROM books WHERE author_id = 7"); err != nil { // TitlesSlowly: star
		return nil, err
	}
	var titles []string
	for _, b := range books {
		titles = append(titles, b.Title)
	}
	return titles, nil
}

// Titles names the column.
func (s *Store) Titles(ctx context.Context) (titles []string, err error) {
	err = s.db.SelectContext(ctx, &titles, "SELECT title FROM books WHERE author_id = 7")
	return titles, err
}
