package panel

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	maxStreams = 8 // pages that are told of changes at the same time
	// heartbeat is how often a stream that has nothing to say says so: proxies close what
	// is quiet, and a client that has gone is noticed when it is written to.
	heartbeat = 15 * time.Second
	// settle is how long a change waits for others to come with it.
	settle = 200 * time.Millisecond
	// runningTick is how often pages look at units that run.
	runningTick = time.Second
)

// streams are the pages that are told of changes. The zero value has none.
type streams struct {
	mu      sync.Mutex
	open    []chan struct{}
	changes int64 // so far
	// ended has what is closed when a server shuts down.
	ended map[*http.Server]chan struct{}
}

// changed tells all pages, which takes no time: one that was told before and has not
// looked yet is not told again.
func (s *streams) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	for _, c := range s.open {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// begin adds a stream, and returns nil if there are too many. The number is that of the
// changes that it is not told of.
func (s *streams) begin() (chan struct{}, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == maxStreams {
		return nil, 0
	}
	c := make(chan struct{}, 1)
	s.open = append(s.open, c)
	return c, s.changes
}

// version tells what a page shows that is made now.
func (s *streams) version() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

func (s *streams) end(c chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = slices.DeleteFunc(s.open, func(other chan struct{}) bool { return other == c })
}

// shutdown returns what is closed when the server of a request shuts down, which would
// wait for the stream for ever; nil if the server is not known.
func (s *streams) shutdown(r *http.Request) <-chan struct{} {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if done := s.ended[server]; done != nil {
		return done
	}
	if s.ended == nil {
		s.ended = map[*http.Server]chan struct{}{}
	}
	done := make(chan struct{})
	s.ended[server] = done
	server.RegisterOnShutdown(func() { close(done) })
	return done
}

// serveEvents tells a page of changes, as server-sent events. Where the connection cannot
// be written to bit by bit, 204 tells the browser not to ask again, and the page looks
// every few seconds instead.
func (p *Panel) serveEvents(w http.ResponseWriter, r *http.Request) {
	changed, before := p.streams.begin()
	if changed == nil || !canFlush(w) {
		p.streams.end(changed)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	defer p.streams.end(changed)
	control := http.NewResponseController(w)
	// A stream outlives the deadlines of other requests. A writer without any has none.
	_, _ = control.SetWriteDeadline(time.Time{}), control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	send := func(event string) bool {
		_, err := fmt.Fprintf(w, "event: %s\ndata: %d\n\n", event, before)
		return err == nil && control.Flush() == nil
	}
	shutdown := p.streams.shutdown(r) // before anybody knows of the stream
	if send("hello") {
		p.tell(r, changed, shutdown, send)
	}
}

// canFlush reports whether what is written to w can be sent at once, as
// http.ResponseController finds out by doing it.
func canFlush(w http.ResponseWriter) bool {
	for {
		switch under := w.(type) {
		case http.Flusher, interface{ FlushError() error }:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = under.Unwrap()
		default:
			return false
		}
	}
}

// tell sends events until the client or the server goes.
func (p *Panel) tell(r *http.Request, changed, shutdown <-chan struct{}, send func(string) bool) {
	beat, tick := time.NewTicker(heartbeat), time.NewTicker(runningTick)
	defer beat.Stop()
	defer tick.Stop()
	isRunning := false
	for ok := true; ok; {
		select {
		case <-r.Context().Done():
			return
		case <-shutdown:
			return
		case <-changed:
			ok = send("changed") && pause(r, shutdown)
		case <-tick.C:
			was := isRunning
			if isRunning = len(p.live.recorders()) > 0; isRunning || was {
				ok = send("running")
			}
		case <-beat.C:
			ok = send("alive")
		}
	}
}

// pause lets changes come together, and reports whether the stream goes on.
func pause(r *http.Request, shutdown <-chan struct{}) bool {
	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-shutdown:
	}
	return false
}
