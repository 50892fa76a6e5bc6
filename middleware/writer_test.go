package middleware_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	chimiddleware "github.com/go-chi/chi/v5/middleware"

	"github.com/querybudget/querybudget/middleware"
)

// capabilities are what handlers ask of a ResponseWriter, by type assertion and through
// http.ResponseController.
func capabilities(w http.ResponseWriter) string {
	var out []string
	has := func(name string, ok bool) {
		if ok {
			out = append(out, name)
		}
	}
	_, ok := w.(http.Flusher)
	has("Flusher", ok)
	_, ok = w.(interface{ FlushError() error })
	has("FlushError", ok)
	_, ok = w.(http.Hijacker)
	has("Hijacker", ok)
	_, ok = w.(io.ReaderFrom)
	has("ReaderFrom", ok)
	_, ok = w.(http.Pusher)
	has("Pusher", ok)
	_, ok = w.(io.StringWriter)
	has("StringWriter", ok)
	_, ok = w.(interface{ CloseNotify() <-chan bool })
	has("CloseNotifier", ok)
	_, ok = w.(interface{ SetReadDeadline(time.Time) error })
	has("SetReadDeadline", ok)
	_, ok = w.(interface{ SetWriteDeadline(time.Time) error })
	has("SetWriteDeadline", ok)
	_, ok = w.(interface{ EnableFullDuplex() error })
	has("EnableFullDuplex", ok)
	return strings.Join(out, " ")
}

// controlled is what http.ResponseController answers.
func controlled(w http.ResponseWriter) string {
	rc := http.NewResponseController(w)
	out := fmt.Sprint(rc.Flush(), rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{}), rc.EnableFullDuplex())
	_, _, err := rc.Hijack()
	return out + fmt.Sprint(err)
}

var errGone = errors.New("the client has gone")

// The parts of writers that other servers and middleware have.
type (
	base   struct{ http.ResponseWriter }
	inner  struct{ http.ResponseWriter }
	flush  struct{}
	flushE struct{}
	hijack struct{}
	read   struct{}
	push   struct{}
	str    struct{}
	notify struct{}
	dead   struct{}
	duplex struct{}
)

func (i inner) Unwrap() http.ResponseWriter                 { return i.ResponseWriter }
func (flush) Flush()                                        {}
func (flushE) FlushError() error                            { return errGone }
func (hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errGone }
func (read) ReadFrom(src io.Reader) (int64, error)          { return io.Copy(io.Discard, src) }
func (push) Push(string, *http.PushOptions) error           { return errGone }
func (str) WriteString(s string) (int, error)               { return len(s), nil }
func (notify) CloseNotify() <-chan bool                     { return nil }
func (dead) SetReadDeadline(time.Time) error                { return nil }
func (dead) SetWriteDeadline(time.Time) error               { return errGone }
func (duplex) EnableFullDuplex() error                      { return errGone }

// writers are writers of many combinations, around w. Those that middleware.Options.Header
// has no form for come last.
func writers(w http.ResponseWriter) (known, others []http.ResponseWriter) {
	b := base{w}
	known = []http.ResponseWriter{
		b, inner{w},
		struct {
			base
			flush
		}{base: b},
		struct {
			inner
			flush
		}{inner: inner{w}},
		struct {
			base
			flush
			flushE
		}{base: b},
		struct {
			base
			flush
			hijack
		}{base: b},
		struct {
			base
			flush
			read
		}{base: b},
		struct {
			base
			flush
			push
		}{base: b},
		struct {
			base
			flush
			hijack
			read
		}{base: b},
		struct {
			base
			flush
			hijack
			push
		}{base: b},
		struct {
			base
			flush
			hijack
			read
			push
		}{base: b},
		struct {
			base
			flush
			flushE
			hijack
		}{base: b},
		struct {
			base
			flush
			str
		}{base: b},
		struct {
			base
			hijack
		}{base: b},
		struct {
			base
			read
		}{base: b},
		struct {
			base
			push
		}{base: b},
		struct {
			base
			flush
			flushE
			hijack
			read
			str
			notify
			dead
			duplex
		}{base: b},
		struct {
			base
			flush
			flushE
			push
			str
			notify
			dead
			duplex
		}{base: b},
	}
	others = []http.ResponseWriter{
		struct {
			base
			flushE
		}{base: b},
		struct {
			base
			str
		}{base: b},
		struct {
			base
			dead
		}{base: b},
		struct {
			inner
			duplex
		}{inner: inner{w}},
		struct {
			base
			flush
			notify
		}{base: b},
		struct {
			base
			hijack
			push
		}{base: b},
		struct {
			base
			read
			push
		}{base: b},
		struct {
			base
			flushE
			hijack
			read
			push
			str
			dead
		}{base: b},
	}
	return known, others
}

// A handler gets the abilities of the bare writer and no others; where that cannot be had
// together with the header, there is no header.
func TestWritersKeepTheirAbilities(t *testing.T) {
	check := func(w http.ResponseWriter, r *http.Request, o middleware.Options) {
		t.Helper()
		called := false
		o.Track()(http.HandlerFunc(func(watched http.ResponseWriter, inner *http.Request) {
			called = true
			_ = ask(inner.Context())
			if got, want := capabilities(watched), capabilities(w); got != want {
				t.Errorf("%T: got %q, want %q", w, got, want)
			}
			if got, want := controlled(watched), controlled(w); got != want {
				t.Errorf("%T with a ResponseController: got %q, want %q", w, got, want)
			}
			_, _ = io.WriteString(watched, "text")
		})).ServeHTTP(w, r)
		if !called {
			t.Error("not called")
		}
	}
	plain := httptest.NewRequest("GET", "/", nil)
	upgrade := httptest.NewRequest("GET", "/", nil)
	upgrade.Header.Set("Upgrade", "websocket")
	pick := func(i, j int) (http.ResponseWriter, *httptest.ResponseRecorder, bool) {
		rec := httptest.NewRecorder()
		known, others := writers(rec)
		list := [][]http.ResponseWriter{known, others}[i]
		if j >= len(list) {
			return nil, nil, false
		}
		return list[j], rec, true
	}
	for i := range 2 {
		for j := 0; ; j++ {
			w, rec, ok := pick(i, j)
			if !ok {
				break
			}
			check(w, plain, middleware.Options{Header: true})
			if timing := rec.Header().Get("Server-Timing"); (timing != "") != (i == 0) {
				t.Errorf("%T: Server-Timing %q", w, timing)
			}
			check(w, plain, middleware.Options{})
			check(w, upgrade, middleware.Options{})
			check(w, upgrade, middleware.Options{Header: true})
		}
	}
}

// asking sends a query before a handler runs: without one there is no header.
func asking(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = ask(r.Context())
		next.ServeHTTP(w, r)
	})
}

// A response without a query has no header, as a 404 or a file, and one query is one.
func TestHeaderCounts(t *testing.T) {
	for want, h := range map[string]http.Handler{
		"":                 http.NotFoundHandler(),
		`desc="1 query"`:   asking(http.NotFoundHandler()),
		`desc="2 queries"`: asking(asking(http.NotFoundHandler())),
	} {
		w := httptest.NewRecorder()
		middleware.Options{Header: true}.Track()(h).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if got := w.Header().Get("Server-Timing"); (got == "") != (want == "") || !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The header comes with the first thing that sends one, and with none.
func TestHeaderIsAddedInTime(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"Flush":       func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"FlushError":  func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"ReadFrom":    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("text")) },
		"WriteString": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "text") },
		"WriteHeader": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	} {
		for _, http2 := range []bool{false, true} {
			server := httptest.NewUnstartedServer(middleware.Options{Header: true}.Track()(asking(h)))
			server.EnableHTTP2 = http2
			server.StartTLS()
			resp, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			server.Close()
			if got := resp.Header.Values("Server-Timing"); len(got) != 1 {
				t.Errorf("%s, HTTP/%d: Server-Timing %q", name, resp.ProtoMajor, got)
			}
		}
	}
}

// The writers of real servers, and what chi puts around them.
func TestServersKeepTheirAbilities(t *testing.T) {
	wrapped := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(chimiddleware.NewWrapResponseWriter(w, r.ProtoMajor), r)
		})
	}
	timeout := func(next http.Handler) http.Handler { return http.TimeoutHandler(next, time.Minute, "") }
	none := func(next http.Handler) http.Handler { return next }
	abilities := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, capabilities(w))
	})
	for i, around := range []func(http.Handler) http.Handler{none, wrapped, timeout} {
		for _, http2 := range []bool{false, true} {
			ask := func(h http.Handler) (string, http.Header) {
				server := httptest.NewUnstartedServer(around(h))
				defer server.Close()
				server.EnableHTTP2 = http2
				server.StartTLS()
				resp, err := server.Client().Get(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close() //nolint:errcheck // a test
				body, _ := io.ReadAll(resp.Body)
				return string(body), resp.Header
			}
			want, _ := ask(abilities)
			got, header := ask(middleware.Options{Header: true}.Track()(asking(abilities)))
			if got != want || header.Get("Server-Timing") == "" {
				t.Errorf("%d, HTTP/2 %v: got %q, want %q, header %v", i, http2, got, want, header)
			}
		}
	}
}

// Flush says that the client has gone, as the bare writer does.
func TestFlushReportsThatTheClientHasGone(t *testing.T) {
	for _, o := range []middleware.Options{{}, {Header: true}} {
		gone, flushed := make(chan struct{}), make(chan error, 1)
		server := httptest.NewServer(o.Track()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-gone
			<-r.Context().Done() // the server has seen it
			var err error
			for i := 0; err == nil && i < 1000; i++ {
				_, _ = io.WriteString(w, strings.Repeat("x", 1<<16))
				err = http.NewResponseController(w).Flush()
			}
			flushed <- err
		})))
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		_ = conn.Close()
		close(gone)
		if err := <-flushed; err == nil {
			t.Errorf("header %v: no error", o.Header)
		}
		server.Close()
	}
}
