// Package plain is a repository that knows nothing of querybudget.
package plain

import (
	"context"
	"database/sql"
	"net/http"
	"sync"
)

// Shop sells books.
type Shop struct{ DB *sql.DB }

func (s *Shop) list(ctx context.Context, query string, args ...any) (out []int) {
	rows, err := s.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		_ = rows.Scan(&n)
		out = append(out, n)
	}
	return out
}

// Titles asks for the books of each author.
func (s *Shop) Titles(ctx context.Context) (n int) {
	for _, id := range s.authors(ctx) {
		rows, err := s.DB.QueryContext(ctx, "SELECT title FROM books WHERE author_id = ?", id)
		if err == nil {
			n++
			_ = rows.Close()
		}
	}
	return n
}

func (s *Shop) authors(ctx context.Context) []int { return s.list(ctx, "SELECT id FROM authors") }

// Log writes lines, without a context.
func (s *Shop) Log(lines ...string) {
	for _, line := range lines {
		_, _ = s.DB.Exec("INSERT INTO log (line) VALUES (?)", line)
	}
}

// One asks once.
func (s *Shop) One(ctx context.Context) { s.list(ctx, "SELECT title FROM books WHERE id = ?", 7) }

// Routes serves a setting that it reads twice.
func (s *Shop) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /setting/{id}", func(w http.ResponseWriter, r *http.Request) {
		for range 2 {
			s.list(context.Background(), "SELECT name FROM settings WHERE id = ?", r.PathValue("id"))
		}
	})
	return mux
}

// Note writes one line.
func (s *Shop) Note(line string) { _, _ = s.DB.Exec("INSERT INTO notes (line) VALUES (?)", line) }

// Shelf reads the books of a shelf, one by one.
func (s *Shop) Shelf(ctx context.Context, number int) (n int) {
	for _, id := range s.list(ctx, "SELECT book_id FROM shelf_books WHERE shelf = ?", number) {
		s.list(ctx, "SELECT title, price FROM books WHERE id = ?", id)
		n++
	}
	return n
}

// Stock asks for all books at once.
func (s *Shop) Stock(ids ...int) {
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() { s.list(context.Background(), "SELECT count FROM stock WHERE book_id = ?", id) })
	}
	all.Wait()
}

// Within calls f, as what begins a transaction does.
func (s *Shop) Within(f func()) { f() }

// Rename checks who may, and reads the book again for the change.
func (s *Shop) Rename(ctx context.Context, id int) {
	s.mayRename(ctx, id)
	s.list(ctx, "SELECT author_id, title FROM books WHERE id = ?", id)
}

func (s *Shop) mayRename(ctx context.Context, id int) {
	s.list(ctx, "SELECT author_id, title FROM books WHERE id = ?", id)
}

// Lend reads who lends a book, and who borrows it.
func (s *Shop) Lend(ctx context.Context, owner, reader int) {
	s.list(ctx, "SELECT name FROM readers WHERE id = ?", owner)
	s.list(ctx, "SELECT name FROM readers WHERE id = ?", reader)
}

// Named reads the names of readers.
func (s *Shop) Named(ctx context.Context, readers ...int) {
	for _, id := range readers {
		s.list(ctx, "SELECT alias FROM readers WHERE id = ?", id)
	}
}

// Worker notes the lines that come.
type Worker struct {
	shop  *Shop
	lines chan string
	done  chan struct{}
}

// Worker returns one that has not been started.
func (s *Shop) Worker() *Worker { return &Worker{s, make(chan string), make(chan struct{})} }

// Start starts a worker.
func (s *Shop) Start() *Worker {
	w := s.Worker()
	go w.Run()
	return w
}

// Run works until an empty line comes.
func (w *Worker) Run() {
	defer close(w.done)
	for {
		select {
		case line := <-w.lines:
			if line == "" {
				return
			}
			w.shop.Note(line)
		}
	}
}

// Add hands over lines, and ends the worker.
func (w *Worker) Add(lines ...string) {
	for _, line := range append(lines, "") {
		w.lines <- line
	}
	<-w.done
}

// sections are those of each new shop.
var sections = []string{"novels", "travel", "cooking", "children", "music"}

// Found writes the sections of a new shop.
func (s *Shop) Found() {
	for _, name := range sections {
		_, _ = s.DB.Exec("INSERT INTO sections (name) VALUES (?)", name)
	}
}

// Open fills an empty shop, once.
func (s *Shop) Open(roles ...string) {
	for _, role := range roles {
		_, _ = s.DB.Exec("INSERT INTO roles (name) VALUES (?)", role)
	}
}

// Invite goes through names.
func (s *Shop) Invite(names ...string) {
	for _, name := range names {
		_, _ = s.DB.Exec("INSERT INTO invitations (name) VALUES (?)", name)
	}
}

// Notify tells a service of each reader, in turn or at once.
func (s *Shop) Notify(service string, readers ...int) {
	for _, id := range readers {
		s.list(context.Background(), "SELECT mail FROM readers WHERE id = ?", id)
		tell(service)
		_, _ = s.DB.Exec("UPDATE readers SET told = 1 WHERE id = ?", id)
	}
	var all sync.WaitGroup
	for _, id := range readers {
		all.Go(func() {
			s.list(context.Background(), "SELECT phone FROM readers WHERE id = ?", id)
			tell(service)
		})
	}
	all.Wait()
}

// NotifyAll reads all readers before it tells a service of them.
func (s *Shop) NotifyAll(service string, readers ...int) {
	for _, id := range readers {
		s.list(context.Background(), "SELECT address FROM readers WHERE id = ?", id)
	}
	for range readers {
		tell(service)
	}
}

func tell(service string) {
	if response, err := http.Post(service, "text/plain", nil); err == nil {
		_ = response.Body.Close()
	}
}

// Charge is called for one reader at a time.
func (s *Shop) Charge(id int) { _, _ = s.DB.Exec("INSERT INTO charges (reader_id) VALUES (?)", id) }

// ChargeReadersForTest serves tests, as its name says.
func (s *Shop) ChargeReadersForTest(n int) {
	for id := range n {
		s.Charge(id)
	}
}

// Pass reads a column of each of two items, which may be one.
func (s *Shop) Pass(last, next int) {
	s.list(context.Background(), "SELECT label FROM items WHERE id = ?", last)
	s.list(context.Background(), "SELECT state FROM items WHERE id = ?", next)
}

// Plan looks up what each test of a laboratory needs.
func (s *Shop) Plan(tests ...int) {
	for _, test := range tests {
		s.ReagentsForTest(test)
	}
}

// ReagentsForTest is no function for tests of the shop.
func (s *Shop) ReagentsForTest(test int) {
	s.list(context.Background(), "SELECT reagent FROM reagents WHERE test_id = ?", test)
}

// Archive archives what an example shows.
func (s *Shop) Archive(ids ...int) {
	for _, id := range ids {
		_, _ = s.DB.Exec("INSERT INTO archive (id) VALUES (?)", id)
	}
}

// Install writes the tariffs of a new shop.
func (s *Shop) Install(tariffs ...string) {
	for _, name := range tariffs {
		_, _ = s.DB.Exec("INSERT INTO tariffs (name) VALUES (?)", name)
	}
}

// Receive writes what comes in.
func (s *Shop) Receive(books ...int) {
	for _, id := range books {
		_, _ = s.DB.Exec("INSERT INTO received (book_id) VALUES (?)", id)
	}
}

// Forget removes one line.
func (s *Shop) Forget(line string) { _, _ = s.DB.Exec("DELETE FROM notes WHERE line = ?", line) }
