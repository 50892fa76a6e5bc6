package middleware_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// Calls are told to the unit in their context by method and host, without port, path and
// user, and pass as they are.
func TestTransport(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	defer s.Close()
	client := &http.Client{Transport: middleware.Transport(nil)}
	defer client.CloseIdleConnections()
	ask := func(ctx context.Context, method, path string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	ctx, r := budget.NewContext(t.Context())
	if got := ask(ctx, "GET", "/secret/7?key=8"); got != "/secret/7" {
		t.Errorf("%q is answered", got)
	}
	ask(ctx, "GET", "/other")
	ask(ctx, "BREW", "/")
	ask(t.Context(), "GET", "/")
	out := r.Report().Outgoing
	if len(out) != 2 || out[0].Name != "GET 127.0.0.1" || out[0].Calls != 2 || out[0].Time <= 0 || out[1].Name != "_OTHER 127.0.0.1" {
		t.Errorf("%+v", out)
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// An error is the transport's own.
func TestTransportError(t *testing.T) {
	want := errors.New("no route")
	ctx, recorder := budget.NewContext(t.Context())
	r := httptest.NewRequest("GET", "http://user@payments.example:443/", nil).WithContext(ctx)
	if _, err := middleware.Transport(failing{want}).RoundTrip(r); err != want { //nolint:errorlint // it is the same one
		t.Errorf("%v", err)
	}
	if out := recorder.Report().Outgoing; len(out) != 1 || out[0].Name != "GET payments.example" || out[0].Errors != 1 {
		t.Errorf("%+v", out)
	}
}

type closing struct {
	failing
	closed *bool
}

func (c closing) CloseIdleConnections() { *c.closed = true }

func TestTransportCloses(t *testing.T) {
	closed := false
	client := http.Client{Transport: middleware.Transport(closing{closed: &closed})}
	client.CloseIdleConnections()
	(&http.Client{Transport: middleware.Transport(failing{})}).CloseIdleConnections()
	if !closed {
		t.Error("the transport was not asked to close its connections")
	}
}
