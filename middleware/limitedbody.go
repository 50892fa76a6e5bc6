package middleware

import (
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
)

// limitedBody is the body of a request whose ResponseWriter is watched. The reader of
// http.MaxBytesReader tells the server's writer that a body is too large, with a method
// of net/http's own (request.go, requestTooLarger), so that the connection is closed.
// No other type can have that method, and the reader does not look through Unwrap. So
// this looks whether the reader has stopped, and tells the server's writer.
//
// Two things cannot be told. A buffer that ends with the very byte that is too much does
// not show that the reader stopped. And if middleware inside of Track hides the server's
// writer from http.MaxBytesReader, the connection is closed all the same.
type limitedBody struct {
	io.ReadCloser
	// tooLarge is set while the last that was read is what the reader stops at.
	tooLarge atomic.Bool
}

// limitBody returns the body in a form that a watchedWriter can ask, or nil if there is
// nothing to limit or the form would show: ParseForm asks whether a body is limited, and
// io.Copy whether it writes itself.
func limitBody(body io.ReadCloser) *limitedBody {
	if body == nil || body == http.NoBody || reflect.TypeOf(body) == reflect.TypeOf(http.MaxBytesReader(nil, nil, 0)) {
		return nil
	}
	if _, ok := body.(io.WriterTo); ok {
		return nil
	}
	return &limitedBody{ReadCloser: body}
}

// Read reads. The reader of http.MaxBytesReader asks for one byte more than it allows,
// in the front of a larger buffer; it stops if it gets that byte, and reads no more. It
// stops at an error, too, so the end waits for the next Read.
func (b *limitedBody) Read(p []byte) (int, error) {
	b.tooLarge.Store(false)
	n, err := b.ReadCloser.Read(p)
	if n > 0 && n == len(p) && cap(p) > len(p) && isReadByLimit() {
		b.tooLarge.Store(true)
		if err == io.EOF {
			err = nil
		}
	}
	return n, err
}

// tell has the server's writer close the connection if the body is too large. Only
// net/http can call the method, so it gets a body that is.
func (b *limitedBody) tell(w http.ResponseWriter) {
	if b == nil || !b.tooLarge.Load() {
		return
	}
	tooLarge := http.MaxBytesReader(w, io.NopCloser(strings.NewReader("x")), 0)
	_, _ = io.ReadAll(tooLarge) // the error is the one it is made for
}

// isReadByLimit reports whether the reader of http.MaxBytesReader called Read, itself or
// through the Read of a reader in between.
func isReadByLimit() bool {
	limit := reflect.TypeOf(http.MaxBytesReader(nil, nil, 0)).Elem()
	name := limit.PkgPath() + ".(*" + limit.Name() + ").Read"
	var pcs [4]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])]) // the caller of Read
	for {
		frame, more := frames.Next()
		if frame.Function == name {
			return true
		}
		if !more || !strings.HasSuffix(frame.Function, ".Read") {
			return false
		}
	}
}
