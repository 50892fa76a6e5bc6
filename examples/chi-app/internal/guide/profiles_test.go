package guide

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/exporters/pprofbudget"
	"github.com/querybudget/querybudget/middleware"
)

// The profile of docs/profiles.md.
func TestProfiles(t *testing.T) {
	r := chi.NewRouter()
	queries := pprofbudget.New(pprofbudget.Options{})
	r.Use(middleware.Track(queries))
	r.Handle("/debug/pprof/queries", queries)
	s := httptest.NewServer(r)
	defer s.Close()
	if got := ask(t, s.URL+"/debug/pprof/queries", ""); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
}

// A profile that a profiler on another machine may ask for.
func TestScrapedProfiles(t *testing.T) {
	const secret = "s3cret"
	queries := pprofbudget.New(pprofbudget.Options{Allow: func(r *http.Request) bool {
		return subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+secret)) == 1
	}})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = net.JoinHostPort("192.0.2.7", "5000")
		queries.ServeHTTP(w, r)
	}))
	defer s.Close()
	for authorization, want := range map[string]int{"": 403, "Bearer wrong": 403, "Bearer s3cret": 200} {
		if got := ask(t, s.URL, authorization); got != want {
			t.Errorf("%q: status %d, want %d", authorization, got, want)
		}
	}
}

func ask(t *testing.T, url, authorization string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}
