package pprofbudget_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
)

// asked is a request as a tool on this machine sends it.
func asked(method, target string, change ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host, r.RemoteAddr = "localhost:8080", "127.0.0.1:54321"
	var at net.Addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, at))
	for _, f := range change {
		f(r)
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Who may read a profile that nobody has opened. The gate itself is tested by the panel.
func TestGate(t *testing.T) {
	scraper := func(r *http.Request) { r.RemoteAddr = "192.168.1.9:5000" }
	forwarded := func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") }
	rebound := func(r *http.Request) { r.Host = "evil.example:8080" }
	crossSite := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	closed := pprofbudget.New(pprofbudget.Options{Hosts: []string{"shop.test"}})
	opened := pprofbudget.New(pprofbudget.Options{Allow: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer secret" }})
	for _, test := range []struct {
		name    string
		profile *pprofbudget.Profile
		change  []func(*http.Request)
		want    int
	}{
		{"a tool on this machine", closed, nil, 200},
		{"a name of one's own", closed, []func(*http.Request){func(r *http.Request) { r.Host = "shop.test" }}, 200},
		{"another machine", closed, []func(*http.Request){scraper}, 403},
		{"through a proxy", closed, []func(*http.Request){forwarded}, 403},
		{"DNS rebinding", closed, []func(*http.Request){rebound}, 403},
		{"a page of another site", closed, []func(*http.Request){crossSite}, 403},
		{"a stranger, where others are allowed", opened, []func(*http.Request){scraper}, 403},
		{"who is allowed", opened, []func(*http.Request){scraper, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret") }}, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := serve(test.profile, asked("GET", "/debug/pprof/queries", test.change...))
			if w.Code != test.want {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if w.Code == 403 && test.name == "another machine" && !strings.Contains(w.Body.String(), "pprofbudget.Options.Allow") {
				t.Errorf("it does not say what opens it: %s", w.Body)
			}
			if w.Code == 200 && (w.Header().Get("Content-Type") != "application/octet-stream" || w.Body.Len() == 0) {
				t.Errorf("%v", w.Header())
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	p := pprofbudget.New(pprofbudget.Options{})
	for _, seconds := range []string{"", "0", "-1", "301", "1.5", "a", "99999999999999999999"} {
		if w := serve(p, asked("GET", "/?seconds="+seconds)); w.Code != 400 || !strings.Contains(w.Body.String(), "from 1 to 300") {
			t.Errorf("seconds=%s: %d %s", seconds, w.Code, w.Body)
		}
	}
	if w := serve(p, asked("POST", "/")); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// Who asks for 300 seconds and goes away holds nothing.
func TestClientGoes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := pprofbudget.New(pprofbudget.Options{})
	r := asked("GET", "/?seconds=300")
	w := serve(p, r.WithContext(contextOf(ctx, r)))
	if w.Body.Len() != 0 {
		t.Errorf("%d bytes", w.Body.Len())
	}
}

// contextOf is ctx with the values of a request's.
func contextOf(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, http.LocalAddrContextKey, r.Context().Value(http.LocalAddrContextKey))
}

// A profile that takes longer than the server's write timeout arrives all the same.
func TestWriteTimeout(t *testing.T) {
	s := httptest.NewUnstartedServer(pprofbudget.New(pprofbudget.Options{}))
	s.Config.WriteTimeout = 100 * time.Millisecond
	s.Start()
	defer s.Close()
	answer, err := s.Client().Get(s.URL + "?seconds=1")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	err = errors.Join(err, answer.Body.Close())
	if err != nil || answer.StatusCode != 200 || !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		t.Errorf("%d, %d bytes: %v", answer.StatusCode, len(body), err)
	}
}

// Its own requests are no part of what it shows.
func TestOwnRequests(t *testing.T) {
	reported := 0
	d := budget.Delivery{Reporters: []budget.Reporter{budget.ReporterFunc(func(context.Context, *budget.Report) { reported++ })}}
	r := asked("GET", "/")
	ctx, recorder := budget.NewContext(r.Context())
	d.Begin(ctx, recorder)
	serve(pprofbudget.New(pprofbudget.Options{}), r.WithContext(ctx))
	d.End(ctx, recorder)
	if reported != 0 {
		t.Error("it is reported")
	}
}

type full struct{}

var errFull = errors.New("the disk is full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	if n, err := pprofbudget.New(pprofbudget.Options{}).WriteTo(full{}); n != 0 || !errors.Is(err, errFull) {
		t.Errorf("%d %v", n, err)
	}
}
