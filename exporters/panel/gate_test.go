package panel_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
)

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

func peer(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address }
}

// came is at which address of the server the connection came in; nil: that is not known.
func came(at net.Addr) func(*http.Request) {
	return func(r *http.Request) {
		ctx := context.WithValue(r.Context(), http.LocalAddrContextKey, at)
		if at == nil {
			ctx = context.Background()
		}
		*r = *r.WithContext(ctx)
	}
}

// Who may see a panel that nobody has opened.
func TestGate(t *testing.T) {
	p := panel.New(panel.Options{Hosts: []string{"Shop.test"}})
	outside := &net.TCPAddr{IP: net.IPv4(192, 168, 1, 5), Port: 8080}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		open   bool
	}{
		{"localhost", func(*http.Request) {}, true},
		{"localhost without a port", host("localhost"), true},
		{"capitals", host("LOCALHOST:8080"), true},
		{"a name below localhost", host("shop.localhost:8080"), true},
		{"IPv4", host("127.0.0.1:8080"), true},
		{"IPv6", host("[::1]:8080"), true},
		{"IPv6 without a port", host("[::1]"), true},
		{"IPv6 peer", peer("[::1]:5000"), true},
		{"IPv4 in IPv6", peer("[::ffff:127.0.0.1]:5000"), true},
		{"a name from the options", host("shop.test:8080"), true},
		{"same origin", header("Sec-Fetch-Site", "same-origin"), true},
		{"typed", header("Sec-Fetch-Site", "none"), true},

		{"DNS rebinding", host("evil.example:8080"), false},
		{"DNS rebinding that looks local", host("localhost.evil.example"), false},
		{"DNS rebinding that ends local", host("evillocalhost"), false},
		{"an address in a name", host("127.0.0.1.nip.io"), false},
		{"a fully qualified localhost", host("localhost."), false},
		{"below a name from the options", host("evil.shop.test"), false},
		{"no host", host(""), false},
		{"an origin of its own under rebinding", func(r *http.Request) {
			r.Host = "evil.example:8080"
			r.Header.Set("Origin", "http://evil.example:8080")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}, false},
		{"another machine", peer("192.168.1.9:5000"), false},
		{"another machine, IPv6", peer("[fe80::1%eth0]:5000"), false},
		{"a peer that is no address", peer("@"), false},
		{"no peer", peer(""), false},
		{"a public address of the server", came(outside), false},
		{"no known address of the server", came(nil), false},
		{"a socket in the file system", came(&net.UnixAddr{Name: "/run/shop.sock", Net: "unix"}), false},
		{"a page of another site", header("Sec-Fetch-Site", "cross-site"), false},
		{"X-Forwarded-For", header("X-Forwarded-For", "127.0.0.1"), false},
		{"an empty X-Forwarded-For", header("X-Forwarded-For", ""), false},
		{"X-Forwarded-Host", header("X-Forwarded-Host", "localhost"), false},
		{"Forwarded", header("Forwarded", "for=127.0.0.1"), false},
		{"X-Real-IP", header("X-Real-IP", "127.0.0.1"), false},
		{"True-Client-IP", header("True-Client-IP", "127.0.0.1"), false},
		{"CF-Connecting-IP", header("CF-Connecting-IP", "127.0.0.1"), false},
		{"Via", header("Via", "1.1 proxy"), false},
	} {
		w := serve(p, asked("GET", "/debug/queries/", test.change))
		want := http.StatusForbidden
		if test.open {
			want = http.StatusOK
		}
		if w.Code != want {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}
		if body := strings.TrimSpace(w.Body.String()); !test.open && (strings.Contains(body, "\n") || !strings.HasPrefix(body, "querybudget: the panel is closed: ")) {
			t.Errorf("%s: %q", test.name, body)
		}
	}
}

// The gate stands in front of everything, whatever is asked for and how.
func TestEveryPathIsGated(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, (*unit).loop)
	for _, path := range everyPath(id) {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "DELETE"} {
			for name, change := range map[string]func(*http.Request){
				"rebinding": host("evil.example"), "other machine": peer("10.0.0.7:99"), "proxy": header("X-Forwarded-For", "::1"),
				"cross-site": header("Sec-Fetch-Site", "cross-site"),
			} {
				w := serve(s.panel, asked(method, path, change))
				if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "authors") {
					t.Errorf("%s %s, %s: %d %s", method, path, name, w.Code, w.Body)
				}
			}
		}
	}
	mustContain(t, s.get("/debug/queries/"), id.String()) // nothing was cleared
}

// chi's RealIP, and what is like it, writes what a stranger says into RemoteAddr. The
// address that the connection came in at is the server's own.
func TestRewrittenPeer(t *testing.T) {
	p := panel.New(panel.Options{})
	realIP := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.RemoteAddr = r.Header.Get("X-Real-IP")
			r.Header.Del("X-Real-IP")
			next.ServeHTTP(w, r)
		})
	}
	outside := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 80}
	w := serve(realIP(p), asked("GET", "/", header("X-Real-IP", "127.0.0.1"), peer("203.0.113.9:4000"), came(outside)))
	if w.Code != http.StatusForbidden {
		t.Errorf("%d", w.Code)
	}
}

// Allow opens the panel, and not to what other sites' pages do.
func TestAllow(t *testing.T) {
	p := panel.New(panel.Options{Allow: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer team" }})
	team := header("Authorization", "Bearer team")
	far := []func(*http.Request){peer("203.0.113.9:4000"), host("shop.example"), header("X-Forwarded-For", "203.0.113.9")}
	link := func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		r.Header.Set("Sec-Fetch-Dest", "document")
	}
	frame := func(r *http.Request) {
		link(r)
		r.Header.Set("Sec-Fetch-Dest", "iframe")
	}
	for _, test := range []struct {
		name   string
		method string
		change []func(*http.Request)
		want   int
	}{
		{"not allowed", "GET", far, 403},
		{"allowed", "GET", append(far, team), 200},
		{"still open to this machine", "GET", nil, 200},
		{"a link from a chat", "GET", append(far, team, link), 200},
		{"in a frame", "GET", append(far, team, frame), 403},
		{"fetched by another site", "GET", append(far, team, header("Sec-Fetch-Site", "cross-site")), 403},
		{"a form of another site", "POST", append(far, team, link), 403},
	} {
		if w := serve(p, asked(test.method, "/debug/queries/", test.change...)); w.Code != test.want {
			t.Errorf("%s: %d", test.name, w.Code)
		}
	}
}

var (
	nonceInPolicy = regexp.MustCompile(`script-src 'nonce-([A-Z0-9]+)'`)
	nonceInPage   = regexp.MustCompile(`nonce="([A-Z0-9]+)"`)
)

// What middleware around the panel opens for the application is closed for the panel.
func TestHeaders(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, (*unit).loop)
	open := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header()["access-control-allow-credentials"] = []string{"true"}
		w.Header().Set("Content-Security-Policy", "script-src * 'unsafe-inline'")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		s.panel.ServeHTTP(w, r)
	})
	for _, path := range everyPath(id) {
		if strings.HasSuffix(path, "events") {
			continue // it does not end
		}
		w := serve(open, asked("GET", path))
		for name := range w.Header() {
			if strings.HasPrefix(strings.ToLower(name), "access-control") {
				t.Errorf("%s: %s", path, name)
			}
		}
		policy := w.Header().Get("Content-Security-Policy")
		if len(w.Header()["Content-Security-Policy"]) != 1 || !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: %s", path, policy)
		}
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
	}
}

// Each page has a nonce of its own, and nothing that a policy with one forbids.
func TestPagesKeepTheirPolicy(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, (*unit).loop)
	seen := map[string]bool{}
	inline := regexp.MustCompile(`(?i)\son[a-z]+\s*=|\sstyle\s*=|<style|<script(?:>| [^>]*>[^<])|javascript:`)
	for _, path := range everyPath(id) {
		if strings.HasSuffix(path, "events") {
			continue
		}
		w := serve(s.panel, asked("GET", path))
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		policy := nonceInPolicy.FindStringSubmatch(w.Header().Get("Content-Security-Policy"))
		if policy == nil || seen[policy[1]] || len(policy[1]) < 16 {
			t.Fatalf("%s: %v", path, policy)
		}
		seen[policy[1]] = true
		for _, m := range nonceInPage.FindAllStringSubmatch(w.Body.String(), -1) {
			if m[1] != policy[1] {
				t.Errorf("%s: another nonce", path)
			}
		}
		if found := inline.FindString(w.Body.String()); found != "" {
			t.Errorf("%s: %q", path, found)
		}
	}
	if len(seen) < 6 {
		t.Errorf("%d pages", len(seen))
	}
}

var tokenInPage = regexp.MustCompile(`name="token" value="([^"]+)"`)

// What changes something needs a POST of the panel's own page.
func TestClear(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, (*unit).loop)
	form := func(token string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body = http.NoBody
			if token != "" {
				*r = *r.Clone(r.Context())
				with := httptest.NewRequest("POST", r.URL.String(), strings.NewReader("token="+token))
				r.Body, r.ContentLength = with.Body, with.ContentLength
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	token := tokenInPage.FindStringSubmatch(s.get("/debug/queries/"))[1]
	for _, test := range []struct {
		name   string
		method string
		change []func(*http.Request)
		want   int
	}{
		{"GET", "GET", nil, 405},
		{"GET with a token", "GET", []func(*http.Request){func(r *http.Request) { r.URL.RawQuery = "token=" + token }}, 405},
		{"no token", "POST", []func(*http.Request){form("")}, 403},
		{"another token", "POST", []func(*http.Request){form("AAAA")}, 403},
		{"token in the URL", "POST", []func(*http.Request){form(""), func(r *http.Request) { r.URL.RawQuery = "token=" + token }}, 403},
		{"another origin", "POST", []func(*http.Request){form(token), header("Origin", "http://evil.example")}, 403},
		{"another port", "POST", []func(*http.Request){form(token), header("Origin", "http://localhost:3000")}, 403},
		{"a site beside", "POST", []func(*http.Request){form(token), header("Sec-Fetch-Site", "same-site")}, 403},
		{"another site", "POST", []func(*http.Request){form(token), header("Sec-Fetch-Site", "cross-site")}, 403},
		{"a form too large", "POST", []func(*http.Request){form(token + "&x=" + strings.Repeat("x", 5000))}, 400},
	} {
		w := serve(s.panel, asked(test.method, "/debug/queries/clear", test.change...))
		if w.Code != test.want || !strings.Contains(s.get("/debug/queries/"), id.String()) {
			t.Errorf("%s: %d, want %d: %s", test.name, w.Code, test.want, w.Body)
		}
	}
	w := serve(s.panel, asked("POST", "/debug/queries/clear", form(token), header("Origin", "http://localhost:8080"), header("Sec-Fetch-Site", "same-origin")))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "./" || strings.Contains(s.get("/debug/queries/"), id.String()) {
		t.Errorf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
}

// Reading changes nothing: other methods are refused.
func TestOnlyReads(t *testing.T) {
	s := newShop(t, panel.Options{})
	id := s.request(authors, (*unit).loop)
	for _, path := range everyPath(id) {
		if strings.HasSuffix(path, "clear") || strings.HasSuffix(path, "explain") || strings.HasSuffix(path, "prove") {
			continue
		}
		if w := serve(s.panel, asked("POST", path)); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A panic of the panel is an error of the panel.
func TestPanicIsThePanels(t *testing.T) {
	var log bytes.Buffer
	p := panel.New(panel.Options{Allow: func(*http.Request) bool { panic("secret") }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if w := serve(p, asked("GET", "/")); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	mustContain(t, log.String(), "secret")
}

// A panel that is off keeps nothing and shows nothing.
func TestSetEnabled(t *testing.T) {
	s := newShop(t, panel.Options{})
	before := s.request(authors, (*unit).loop)
	s.panel.SetEnabled(false)
	while := s.request(authors, (*unit).loop)
	for _, path := range everyPath(before) {
		if w := serve(s.panel, asked("GET", path)); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	s.panel.SetEnabled(true)
	after := s.request(authors, (*unit).loop)
	page := s.get("/debug/queries/")
	if strings.Contains(page, before.String()) || strings.Contains(page, while.String()) || !strings.Contains(page, after.String()) {
		t.Error("not the one unit that ran after it was switched on again")
	}
}

// A request of the panel is in no report, although Track stands outside of it.
func TestOwnRequests(t *testing.T) {
	s := newShop(t, panel.Options{})
	ctx, r := budget.NewContext(t.Context())
	s.delivery.Begin(ctx, r)
	w := serve(s.panel, asked("GET", "/debug/queries/api/running").WithContext(context.WithValue(ctx, http.LocalAddrContextKey, net.Addr(loopback))))
	s.delivery.End(ctx, r)
	mustContain(t, w.Body.String(), `"running_in_all": 0`)
	mustContain(t, s.get("/debug/queries/api/requests"), `"seen": 0`)
}
