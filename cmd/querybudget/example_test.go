package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// The example service sends its spans by its own exporter: its bad page is found at its
// line, its good one is not.
func TestTracesOfTheExample(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the example")
	}
	app := filepath.Join(t.TempDir(), "chi-app")
	build := exec.Command("go", "build", "-o", app, ".")
	build.Dir = "../../examples/chi-app/exporting"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, stop := context.WithCancel(t.Context())
	var stdout bytes.Buffer
	stderr := newAwaited()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"traces", "-listen", "127.0.0.1:0", "-wait", "1h"}, &stdout, stderr)
	}()
	address := stderr.await(t, regexp.MustCompile(`http://[^ ]+/v1/traces`))

	service := exec.Command(app, "-addr", "127.0.0.1:0")
	service.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=otlp", "OTEL_METRICS_EXPORTER=none", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="+address)
	said := newAwaited()
	service.Stdout, service.Stderr = said, os.Stderr
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	page := said.await(t, regexp.MustCompile(`http://[^ /]+/`)) + "bad/authors"
	for _, url := range []string{page, strings.Replace(page, "/bad", "", 1)} {
		resp, err := http.Get(url)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %v", url, resp, err)
		}
		_ = resp.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	if err := service.Process.Signal(os.Interrupt); err != nil { // it sends what it has, and ends
		t.Fatal(err)
	}
	if err := service.Wait(); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("traces: %v\n%s", err, stderr.String())
	}
	text := stdout.String()
	for _, part := range []string{"1. n+1 in GET /bad/authors", "20x SELECT books: arguments unknown", "at:  store/authors.go:", "store.(*Store).AuthorsSlowly", "ok    GET /authors      1 "} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s%s", part, text, stderr.String())
		}
	}
	if strings.Contains(text, "2. ") {
		t.Errorf("more than one finding:\n%s", text)
	}
}

// awaited is a writer in which somebody waits for a text.
type awaited struct {
	mu   sync.Mutex
	all  bytes.Buffer
	more chan struct{}
}

func newAwaited() *awaited { return &awaited{more: make(chan struct{}, 1)} }

func (a *awaited) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case a.more <- struct{}{}:
	default:
	}
	return a.all.Write(p)
}

func (a *awaited) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all.String()
}

// await returns the first match in a whole line.
func (a *awaited) await(t *testing.T, what *regexp.Regexp) string {
	t.Helper()
	for {
		for s := bufio.NewScanner(strings.NewReader(a.String())); s.Scan(); {
			if match := what.FindString(s.Text()); match != "" {
				return match
			}
		}
		select {
		case <-a.more:
		case <-t.Context().Done():
			t.Fatal(errors.New("the test ended before it was said"))
		}
	}
}
