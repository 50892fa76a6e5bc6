package middleware_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/middleware"
)

// A body that is too large for http.MaxBytesReader closes the connection, and no other
// does, with and without the header.
func TestTooLargeBodies(t *testing.T) {
	read := func(read func(io.Reader) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 1000)
			if err := read(r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			}
		}
	}
	unlimited := func(read func(io.Reader) error) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) { _ = read(r.Body) }
	}
	all := func(r io.Reader) error {
		_, err := io.ReadAll(r)
		return err
	}
	first := func(r io.Reader) error {
		_, err := io.ReadFull(r, make([]byte, 512))
		return err
	}
	byBytes := func(r io.Reader) error {
		buffer := make([]byte, 8)
		for range 100 {
			if _, err := io.ReadFull(r, buffer[:1]); err != nil {
				return err
			}
		}
		_, err := io.ReadFull(r, buffer)
		return err
	}
	decode := func(r io.Reader) error { return json.NewDecoder(r).Decode(new(any)) }
	copied := func(r io.Reader) error {
		_, err := io.Copy(io.Discard, bufio.NewReader(r))
		return err
	}
	form := func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1000)
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}
	limited := func(next http.Handler) http.Handler { return http.MaxBytesHandler(next, 1000) }
	handlers := map[string]http.Handler{
		"ReadAll": read(all), "decoder": read(decode), "copy": read(copied), "form": http.HandlerFunc(form),
		"first bytes": read(first), "byte by byte": read(byBytes),
		"MaxBytesHandler":       limited(unlimited(all)),
		"copied request":        copying(limited(copying(read(all)))),
		"unlimited, first part": unlimited(first),
		"nothing read":          http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		"a panic, recovered": recovering(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(http.MaxBytesReader(w, r.Body, 1000))
			panic("too large")
		})),
		"written before": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).EnableFullDuplex()
			_ = http.NewResponseController(w).Flush()
			_, _ = io.ReadAll(http.MaxBytesReader(w, r.Body, 1000))
		}),
	}
	mux := http.NewServeMux()
	for name, h := range handlers {
		mux.Handle("/"+url.PathEscape(name), h)
	}
	bare := httptest.NewServer(mux)
	defer bare.Close()
	for _, o := range []middleware.Options{{}, {Header: true}} {
		server := httptest.NewServer(o.Track()(mux))
		defer server.Close()
		for name := range handlers {
			for _, size := range []int{10, 999, 1000, 1001, 5000} {
				for _, chunked := range []bool{false, true} {
					path := "/" + url.PathEscape(name)
					got, want := post(t, server.URL+path, size, chunked), post(t, bare.URL+path, size, chunked)
					if got != want {
						t.Errorf("%s, %d bytes, chunked %v, header %v: %s\nbare: %s", name, size, chunked, o.Header, got, want)
					}
				}
			}
		}
	}
}

// recovering answers for a handler that panics.
func recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// post sends a body and then another request on the same connection, and returns the
// first answer and whether there was a second one.
func post(t *testing.T, address string, size int, chunked bool) string {
	t.Helper()
	body := "a=" + strings.Repeat("1", size-2)
	r, err := http.NewRequest("POST", address, struct{ io.Reader }{strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test
	if !chunked {
		r.ContentLength = int64(len(body))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var request bytes.Buffer
	_ = r.Write(&request)
	_, _ = conn.Write(request.Bytes())
	answers := bufio.NewReader(conn)
	resp, err := http.ReadResponse(answers, r)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	second, err := http.ReadResponse(answers, nil)
	if err == nil {
		_ = second.Body.Close()
	}
	out := resp.Status + " " + string(text)
	if resp.Close {
		out += " Connection: close"
	}
	if err == nil {
		out += " and another answer"
	}
	return out
}
