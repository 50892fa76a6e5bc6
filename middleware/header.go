package middleware

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// headerWriter adds the Server-Timing header when the header is written. What
// the totals are later cannot be said any more.
//
// What else a ResponseWriter can do is the business of small structs, as for a
// driver's connection: handlers ask for it by type assertion.
type headerWriter struct {
	http.ResponseWriter
	recorder *budget.Recorder
	written  bool
}

// Unwrap is for http.ResponseController.
func (w *headerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *headerWriter) WriteHeader(status int) {
	// 1xx answers come before the header; 101 is the last one that does not.
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.add()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *headerWriter) Write(p []byte) (int, error) {
	w.add()
	return w.ResponseWriter.Write(p)
}

func (w *headerWriter) WriteString(s string) (int, error) {
	w.add()
	return io.WriteString(w.ResponseWriter, s)
}

func (w *headerWriter) add() {
	if w.written {
		return
	}
	w.written = true
	t := w.recorder.Totals()
	w.Header().Add("Server-Timing",
		fmt.Sprintf("db;dur=%.1f;desc=\"%d queries\"", float64(t.WallTime)/float64(time.Millisecond), t.Queries))
}

type (
	flusher struct {
		w *headerWriter
		f http.Flusher
	}
	readerFrom struct {
		w *headerWriter
		r io.ReaderFrom
	}
)

func (f flusher) Flush() {
	f.w.add()
	f.f.Flush()
}

func (r readerFrom) ReadFrom(src io.Reader) (int64, error) {
	r.w.add()
	return r.r.ReadFrom(src)
}

// withHeader wraps w in a form that can do what w can: the combinations that
// the servers of net/http have (HTTP/1: flush, hijack, read from; HTTP/2: flush,
// push) and their parts.
func withHeader(w http.ResponseWriter, recorder *budget.Recorder) http.ResponseWriter {
	h := &headerWriter{ResponseWriter: w, recorder: recorder}
	f, flushes := w.(http.Flusher)
	hijacker, hijacks := w.(http.Hijacker)
	reads, isReader := w.(io.ReaderFrom)
	pusher, pushes := w.(http.Pusher)
	switch {
	case flushes && hijacks && isReader:
		return struct {
			*headerWriter
			flusher
			http.Hijacker
			readerFrom
		}{h, flusher{h, f}, hijacker, readerFrom{h, reads}}
	case flushes && pushes:
		return struct {
			*headerWriter
			flusher
			http.Pusher
		}{h, flusher{h, f}, pusher}
	case flushes && hijacks:
		return struct {
			*headerWriter
			flusher
			http.Hijacker
		}{h, flusher{h, f}, hijacker}
	case flushes && isReader:
		return struct {
			*headerWriter
			flusher
			readerFrom
		}{h, flusher{h, f}, readerFrom{h, reads}}
	case flushes:
		return struct {
			*headerWriter
			flusher
		}{h, flusher{h, f}}
	case hijacks:
		return struct {
			*headerWriter
			http.Hijacker
		}{h, hijacker}
	case isReader:
		return struct {
			*headerWriter
			readerFrom
		}{h, readerFrom{h, reads}}
	default:
		return h
	}
}
