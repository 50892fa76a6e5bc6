package middleware

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// watchedWriter stands between a handler and its ResponseWriter where something has
// to be done before the header is written, or when the connection is hijacked.
//
// What else a ResponseWriter can do is the business of small structs, as for a
// driver's connection: handlers ask for it by type assertion. See forms.go.
type watchedWriter struct {
	http.ResponseWriter
	recorder *budget.Recorder
	header   bool             // whether a Server-Timing header is wanted
	body     *limitedBody     // of the request; nil where it has none to limit
	begun    bool             // whether the header is on its way
	answered func(status int) // is told of the status that the handler chose; may be nil
	status   int              // 0 before
	end      func()           // of the unit; may be nil
	ended    atomic.Bool
}

// Unwrap is for http.ResponseController.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watchedWriter) WriteHeader(status int) {
	// 1xx answers come before the header; 101 is the last one that does not.
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.answer(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	w.answer(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// answer is called when the handler answers: with what it writes it chooses 200.
func (w *watchedWriter) answer(status int) {
	if w.status == 0 {
		w.status = status
		if w.answered != nil {
			w.answered(status)
		}
	}
	w.begin()
}

// begin does what has to be done before the header is written. What the totals are
// later cannot be said any more.
func (w *watchedWriter) begin() {
	if w.begun {
		return
	}
	w.begun = true
	w.body.tell(w.ResponseWriter)
	if !w.header {
		return
	}
	t := w.recorder.Totals()
	if t.Queries == 0 && t.Blocked == 0 {
		return // a 404, a file: there is nothing to say
	}
	queries := "queries"
	if t.Queries == 1 {
		queries = "query"
	}
	w.Header().Add("Server-Timing",
		fmt.Sprintf("db;dur=%.1f;desc=\"%d %s\"", float64(t.WallTime)/float64(time.Millisecond), t.Queries, queries))
}

// endOnce ends the unit, unless it has ended.
func (w *watchedWriter) endOnce() {
	if w.ended.CompareAndSwap(false, true) && w.end != nil {
		w.end()
	}
}

// returned is called when the handler has returned. The server writes the header then,
// if nobody has.
func (w *watchedWriter) returned() {
	if w == nil || w.ended.Load() {
		return // nothing is watched, or the connection is not the server's any more
	}
	w.begin()
	w.body.tell(w.ResponseWriter)
	w.endOnce()
}

// The abilities that have to do with the header or with the connection's life. The
// others are handed on as they are.
type (
	flusher      struct{ w *watchedWriter }
	errorFlusher struct{ w *watchedWriter }
	hijacker     struct{ w *watchedWriter }
	readerFrom   struct{ w *watchedWriter }
	stringWriter struct{ w *watchedWriter }
)

func (f flusher) Flush() {
	f.w.answer(http.StatusOK)
	f.w.ResponseWriter.(http.Flusher).Flush()
}

// FlushError reports what Flush cannot: that the client has gone.
func (f errorFlusher) FlushError() error {
	f.w.answer(http.StatusOK)
	return f.w.ResponseWriter.(flushErrorer).FlushError()
}

// Hijack ends the unit: what the handler does with the connection may last for days.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.w.ResponseWriter.(http.Hijacker).Hijack()
	if err == nil {
		h.w.endOnce()
		// The budget was the request's.
		h.w.recorder.SetBudget(budget.Budget{})
	}
	return conn, rw, err
}

func (r readerFrom) ReadFrom(src io.Reader) (int64, error) {
	r.w.answer(http.StatusOK)
	return r.w.ResponseWriter.(io.ReaderFrom).ReadFrom(src)
}

func (s stringWriter) WriteString(text string) (int, error) {
	s.w.answer(http.StatusOK)
	return s.w.ResponseWriter.(io.StringWriter).WriteString(text)
}
