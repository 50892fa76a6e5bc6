package fakedb

import (
	"io"
	"net"
	"strings"
)

// Subscription hands out messages.
type Subscription struct{ messages chan int }

// Subscribe returns one with some messages.
func Subscribe(n int) *Subscription {
	s := &Subscription{make(chan int, n)}
	for i := range n {
		s.messages <- i
	}
	close(s.messages)
	return s
}

// Fetch returns the next message, false behind the last one.
func (s *Subscription) Fetch() (message int, ok bool) {
	message, ok = <-s.messages
	return message, ok
}

// Serve answers each line of each connection. The loop over lines is the library's, as that of a server is.
func Serve(l net.Listener, answer func(line string)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, _ = io.Copy(&answers{conn, answer}, conn)
		}()
	}
}

type answers struct {
	conn   net.Conn
	answer func(line string)
}

// Write is called for each line: the client waits for its answer.
func (a *answers) Write(line []byte) (int, error) {
	a.answer(strings.TrimSpace(string(line)))
	_, err := a.conn.Write([]byte("ok\n"))
	return len(line), err
}
