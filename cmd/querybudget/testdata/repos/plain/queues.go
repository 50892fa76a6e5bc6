package plain

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"example.com/fakedb"
)

// Writer writes what others hand over.
type Writer struct {
	shop *Shop
	todo chan string
	done sync.WaitGroup
}

// Write hands over lines, and waits until they are written.
func (s *Shop) Write(lines ...string) {
	w := &Writer{shop: s, todo: make(chan string)}
	w.done.Add(len(lines))
	go w.run()
	for _, line := range lines {
		w.todo <- line
	}
	w.done.Wait()
	close(w.todo)
}

func (w *Writer) run() {
	for line := range w.todo {
		_, _ = w.shop.DB.Exec("INSERT INTO written (line) VALUES (?)", line)
		w.done.Done()
	}
}

// Begin starts a shop, whose version is looked at twice.
func (s *Shop) Begin() {
	s.version()
	s.version()
}

func (s *Shop) version() { s.list(context.Background(), "SELECT version FROM shops WHERE id = ?", 1) }

// Consume stores the messages of a queue.
func (s *Shop) Consume(queue *fakedb.Subscription) {
	var all sync.WaitGroup
	all.Go(func() { s.consume(queue) })
	all.Wait()
}

func (s *Shop) consume(queue *fakedb.Subscription) {
	for {
		message, ok := queue.Fetch()
		if !ok {
			return
		}
		_, _ = s.DB.Exec("INSERT INTO messages (number) VALUES (?)", message)
	}
}

// Reader reads for as long as the program runs.
type Reader struct {
	shop *Shop
	wake chan struct{}
}

// Watch starts a reader, and returns when it reads.
func (s *Shop) Watch() {
	r := &Reader{s, make(chan struct{})}
	go r.run()
	r.wake <- struct{}{}
	<-r.wake
}

func (r *Reader) run() {
	for {
		<-r.wake
		rows, _ := r.shop.DB.Query("SELECT id FROM watched")
		wake := r.wake
		wake <- struct{}{}
		<-wake // it has just begun
		_ = rows.Close()
	}
}

// Mailer sends what requests hand over, in a goroutine that the first one starts.
type Mailer struct {
	shop  *Shop
	once  sync.Once
	mails chan chan struct{}
}

// ServeHTTP hands over a mail, and waits until it is sent.
func (m *Mailer) ServeHTTP(http.ResponseWriter, *http.Request) {
	m.once.Do(func() { go m.run() })
	sent := make(chan struct{})
	m.mails <- sent
	<-sent
}

func (m *Mailer) run() {
	for sent := range m.mails {
		_, _ = m.shop.DB.Exec("INSERT INTO mails (state) VALUES (?)", 1)
		close(sent)
	}
}

// Mails returns a handler.
func (s *Shop) Mails() *Mailer { return &Mailer{shop: s, mails: make(chan chan struct{})} }

// Covers yields a cover of each of some books, which it reads one by one.
func (s *Shop) Covers(ids ...int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for _, id := range ids {
			s.list(context.Background(), "SELECT cover FROM books WHERE id = ?", id)
			if !yield(id) {
				return
			}
		}
	}
}

// Dial reads a number each time that a library asks for one, which may be for any reason.
func (s *Shop) Dial(ctx context.Context, number string) {
	_ = strings.Map(func(digit rune) rune {
		s.list(ctx, "SELECT number FROM readers WHERE id = ?", int(digit))
		return digit
	}, number)
}
