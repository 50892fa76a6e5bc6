package middleware

import (
	"io"
	"net/http"
	"time"
)

// abilities are what a ResponseWriter can do beyond its own interface, and what a
// handler asks for by type assertion, itself or through http.ResponseController.
type abilities uint16

const (
	flushes abilities = 1 << iota
	flushesWithError
	hijacks
	readsFrom
	pushes
	writesStrings
	notifies
	setsReadDeadline
	setsWriteDeadline
	goesFullDuplex

	controls = setsReadDeadline | setsWriteDeadline | goesFullDuplex
	// server is what the server's own writers can do, HTTP/1 and HTTP/2.
	server = flushes | flushesWithError | writesStrings | notifies | controls
)

type (
	flushErrorer  interface{ FlushError() error }
	closeNotifier interface{ CloseNotify() <-chan bool }
	readLimiter   interface{ SetReadDeadline(time.Time) error }
	writeLimiter  interface{ SetWriteDeadline(time.Time) error }
	fullDuplexer  interface{ EnableFullDuplex() error }
	// serverWriter is what need not be watched of server.
	serverWriter interface {
		closeNotifier
		readLimiter
		writeLimiter
		fullDuplexer
	}
)

func abilitiesOf(w http.ResponseWriter) abilities {
	return able[http.Flusher](w, flushes) |
		able[flushErrorer](w, flushesWithError) |
		able[http.Hijacker](w, hijacks) |
		able[io.ReaderFrom](w, readsFrom) |
		able[http.Pusher](w, pushes) |
		able[io.StringWriter](w, writesStrings) |
		able[closeNotifier](w, notifies) |
		able[readLimiter](w, setsReadDeadline) |
		able[writeLimiter](w, setsWriteDeadline) |
		able[fullDuplexer](w, goesFullDuplex)
}

// able returns a if w is an I.
func able[I any](w http.ResponseWriter, a abilities) abilities {
	if _, ok := w.(I); ok {
		return a
	}
	return 0
}

// The forms of a watchedWriter: those of the servers of net/http, of httptest, and of the
// writers that middleware puts around them.
type (
	http1Form struct {
		*watchedWriter
		flusher
		errorFlusher
		hijacker
		readerFrom
		stringWriter
		serverWriter
	}
	http2Form struct {
		*watchedWriter
		flusher
		errorFlusher
		http.Pusher
		stringWriter
		serverWriter
	}
	recorderForm struct { // httptest.ResponseRecorder
		*watchedWriter
		flusher
		stringWriter
	}
	flushForm struct {
		*watchedWriter
		flusher
	}
	flushErrorForm struct {
		*watchedWriter
		flusher
		errorFlusher
	}
	flushHijackForm struct {
		*watchedWriter
		flusher
		hijacker
	}
	flushReadForm struct {
		*watchedWriter
		flusher
		readerFrom
	}
	flushPushForm struct {
		*watchedWriter
		flusher
		http.Pusher
	}
	flushHijackReadForm struct {
		*watchedWriter
		flusher
		hijacker
		readerFrom
	}
	flushHijackPushForm struct {
		*watchedWriter
		flusher
		hijacker
		http.Pusher
	}
	flushHijackReadPushForm struct {
		*watchedWriter
		flusher
		hijacker
		readerFrom
		http.Pusher
	}
	flushErrorHijackForm struct {
		*watchedWriter
		flusher
		errorFlusher
		hijacker
	}
	hijackForm struct {
		*watchedWriter
		hijacker
	}
	readForm struct {
		*watchedWriter
		readerFrom
	}
	pushForm struct { // inside of http.TimeoutHandler
		*watchedWriter
		http.Pusher
	}
)

// form returns w in the form that can do exactly what its ResponseWriter can, or nil if
// there is none. A type for each of the thousand combinations could only be generated.
func (w *watchedWriter) form() http.ResponseWriter {
	f, e, h, r, s := flusher{w}, errorFlusher{w}, hijacker{w}, readerFrom{w}, stringWriter{w}
	p, _ := w.ResponseWriter.(http.Pusher)
	all, _ := w.ResponseWriter.(serverWriter)
	switch abilitiesOf(w.ResponseWriter) {
	case server | hijacks | readsFrom:
		return http1Form{w, f, e, h, r, s, all}
	case server | pushes:
		return http2Form{w, f, e, p, s, all}
	case flushes | writesStrings:
		return recorderForm{w, f, s}
	case flushes:
		return flushForm{w, f}
	case flushes | flushesWithError:
		return flushErrorForm{w, f, e}
	case flushes | hijacks:
		return flushHijackForm{w, f, h}
	case flushes | readsFrom:
		return flushReadForm{w, f, r}
	case flushes | pushes:
		return flushPushForm{w, f, p}
	case flushes | hijacks | readsFrom:
		return flushHijackReadForm{w, f, h, r}
	case flushes | hijacks | pushes:
		return flushHijackPushForm{w, f, h, p}
	case flushes | hijacks | readsFrom | pushes:
		return flushHijackReadPushForm{w, f, h, r, p}
	case flushes | flushesWithError | hijacks:
		return flushErrorHijackForm{w, f, e, h}
	case hijacks:
		return hijackForm{w, h}
	case readsFrom:
		return readForm{w, r}
	case pushes:
		return pushForm{w, p}
	case 0:
		return w
	default:
		return nil
	}
}
