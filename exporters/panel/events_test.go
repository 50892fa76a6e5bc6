package panel_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
)

// stream reads the events of a panel.
type stream struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Scanner
}

func listen(t *testing.T, url string) *stream {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url+"/debug/queries/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return &stream{t, answer, bufio.NewScanner(answer.Body)}
}

// next returns the next event, empty when the stream has ended.
func (s *stream) next() string {
	for s.lines.Scan() {
		if event, ok := strings.CutPrefix(s.lines.Text(), "event: "); ok {
			return event
		}
	}
	return ""
}

// until reads events up to one.
func (s *stream) until(want string) {
	s.t.Helper()
	for {
		switch got := s.next(); got {
		case want:
			return
		case "":
			s.t.Fatalf("the stream ended before %s", want)
		}
	}
}

// A page is told when something was reported, and while something runs.
func TestEvents(t *testing.T) {
	s := newShop(t, panel.Options{})
	server := httptest.NewServer(s.panel)
	t.Cleanup(server.Close)
	events := listen(t, server.URL)
	if kind := events.answer.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("%s %s", events.answer.Status, kind)
	}
	events.until("hello")
	s.request(authors, (*unit).loop)
	events.until("changed")
	u := s.begin(authors)
	events.until("running")
	u.end()
	_ = events.answer.Body.Close()
	server.Close() // waits for what is served: the stream has to end with its client
	if n := panel.Streams(s.panel); n != 0 {
		t.Errorf("%d streams are left", n)
	}
}

// A server that shuts down does not wait for the pages that listen.
func TestEventsEndWithTheServer(t *testing.T) {
	s := newShop(t, panel.Options{})
	server := httptest.NewServer(s.panel)
	t.Cleanup(server.Close)
	events := listen(t, server.URL)
	events.until("hello")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := server.Config.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for events.next() != "" { // it ends, too
	}
}

// Streams are bounded. A browser that gets 204 does not ask again.
func TestTooManyStreams(t *testing.T) {
	s := newShop(t, panel.Options{})
	server := httptest.NewServer(s.panel)
	t.Cleanup(server.Close)
	for range panel.MaxStreams {
		listen(t, server.URL).until("hello")
	}
	if status := listen(t, server.URL).answer.StatusCode; status != http.StatusNoContent {
		t.Errorf("%d", status)
	}
}

// The deadlines of the server are for other requests.
func TestEventsOutliveDeadlines(t *testing.T) {
	s := newShop(t, panel.Options{})
	server := httptest.NewUnstartedServer(s.panel)
	server.Config.WriteTimeout, server.Config.ReadTimeout = 300*time.Millisecond, 300*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	events := listen(t, server.URL)
	events.until("hello")
	u := s.begin(authors)
	for range 2 { // a second apart
		events.until("running")
	}
	u.end()
}

// Behind a writer that cannot send bit by bit there is no stream, and pages look by
// themselves.
func TestEventsWithoutFlusher(t *testing.T) {
	s := newShop(t, panel.Options{})
	w := httptest.NewRecorder()
	http.TimeoutHandler(s.panel, time.Minute, "").ServeHTTP(w, asked("GET", "/events"))
	if w.Code != http.StatusNoContent {
		t.Errorf("%d", w.Code)
	}
}

var _ budget.Reporter = (*panel.Panel)(nil)
