package traces

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server takes traces by OTLP/HTTP, as exporters send them: POST /v1/traces, protobuf or
// JSON, compressed with gzip or not.
type Server struct {
	judge *Judge
	idle  time.Duration

	mu     sync.Mutex
	intern *intern
}

const (
	// maxBody is the size of a request, unpacked, in bytes.
	maxBody = 64 << 20
	// look is how often traces are looked for that are whole.
	look = time.Second
)

// NewServer returns a server whose spans go to a judge. A trace is judged when no span of
// it has come for the time idle.
func NewServer(j *Judge, idle time.Duration) *Server {
	return &Server{judge: j, idle: idle, intern: newIntern()}
}

// Listen opens an address. Others than those of this machine are refused: whoever can send
// spans here can fill the report.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: an address is host:port, such as localhost:4318", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s is not an address of this machine alone: use localhost, 127.0.0.1 or [::1], and a tunnel or a collector on this machine for others", address)
	}
	return net.Listen("tcp", address)
}

// Serve takes traces until the context ends. Then it judges what is left.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/traces", s)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.mu.Lock()
			s.judge.EndIdle(s.idle)
			s.mu.Unlock()
		case err := <-done:
			return err
		case <-ctx.Done():
			return s.stop(ctx, server, done)
		}
	}
}

func (s *Server) stop(ctx context.Context, server *http.Server, done chan error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := server.Shutdown(ctx)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judge.End()
	return err
}

// ServeHTTP takes one request of an exporter.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/x-protobuf" && media != "application/json" {
		// A page in a browser can send no other without asking, and is not answered then.
		http.Error(w, "use Content-Type application/x-protobuf or application/json", http.StatusUnsupportedMediaType)
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.take(media, body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", media)
	if media == "application/json" {
		_, _ = io.WriteString(w, "{}") // the client has gone where it cannot be told
	}
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var in io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = z
	default:
		return nil, fmt.Errorf("the content encoding %q is not known: use gzip or none", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("more than %d bytes: use smaller batches", maxBody)
	}
	return body, err
}

// take decodes all of a request before it takes any of it.
func (s *Server) take(media string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var spans []Span
	var err error
	if media == "application/json" {
		spans, err = decodeJSON(body)
	} else {
		err = decodeProtobuf(body, s.intern.text, func(span *Span) error {
			spans = append(spans, *span)
			return nil
		})
	}
	if err != nil {
		return err
	}
	return each(spans, s.judge.Add)
}
