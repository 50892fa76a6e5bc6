package plain

import (
	"context"
	"net"
	"sync"

	"example.com/fakedb"
)

// Session answers the commands of a client, each in a goroutine of its own, and passes on what others
// change meanwhile.
type Session struct {
	shop    *Shop
	changes chan string
	in, out chan int
}

// Connect starts a session.
func (s *Shop) Connect() *Session {
	c := &Session{s, make(chan string), make(chan int), make(chan int)}
	start(c.serve)
	return c
}

// start is what everything is started with.
func start(f func()) {
	go func() { f() }()
}

// Ask sends a command, and waits for its answer.
func (c *Session) Ask(id int) int {
	c.in <- id
	return <-c.out
}

func (c *Session) serve() {
	commands := c.read()
	for {
		select {
		case change := <-c.changed():
			_, _ = c.shop.DB.Exec("INSERT INTO changes (line) VALUES (?)", change)
		case id, ok := <-commands:
			if !ok {
				return
			}
			var answered sync.WaitGroup
			answered.Add(1)
			start(func() {
				defer answered.Done()
				c.shop.list(context.Background(), "SELECT answer FROM books WHERE id = ?", id)
			})
			answered.Wait()
			c.out <- id
		}
	}
}

func (c *Session) changed() chan string { return c.changes }

// read takes the commands from the client.
func (c *Session) read() chan int {
	commands := make(chan int)
	go func() {
		for id := range c.in {
			commands <- id
		}
	}()
	return commands
}

// Listen stores what is said on the channel of a name.
func (s *Shop) Listen(b *Board, name string) {
	channel := b.of(name)
	for line := range channel {
		_, _ = s.DB.Exec("INSERT INTO said (line) VALUES (?)", line)
	}
}

// Board has a channel for each name.
type Board struct {
	mu  sync.Mutex
	all map[string]chan string
}

func (b *Board) of(name string) chan string {
	b.mu.Lock()
	defer b.mu.Unlock()
	channel := b.all[name]
	if channel == nil {
		channel = make(chan string)
		b.all[name] = channel
	}
	return channel
}

// Say says something on the channel of a name.
func (b *Board) Say(name, line string) { b.of(name) <- line }

// Answer answers clients until a listener is closed.
func (s *Shop) Answer(l net.Listener) {
	fakedb.Serve(l, func(line string) {
		if len(line) > 1 {
			s.list(context.Background(), "SELECT state FROM clients WHERE name = ?", "a")
		}
		s.list(context.Background(), "SELECT reply FROM books WHERE title = ?", line)
	})
}
