package fakedb

import (
	"bufio"
	"net"
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

// Serve answers each line of each connection.
func Serve(l net.Listener, answer func(line string)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				answer(lines.Text())
				_, _ = conn.Write([]byte("ok\n"))
			}
		}()
	}
}
