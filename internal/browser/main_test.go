package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// one is the browser that all tests share, and shop the service. Both are nil where there
// is no browser.
var (
	one  *Browser
	shop *Shop
	// program is the shop's.
	program string
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	if _, err := Find(); err != nil {
		if os.Getenv("CI") == "true" {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Fprintln(os.Stderr, "The tests in a browser are left out:", err)
		return 0
	}
	folder, err := os.MkdirTemp("", "shop")
	if err == nil {
		defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
		err = start(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer one.Stop()
	defer shop.Stop()
	return m.Run()
}

// start starts the browser and the shop.
func start(folder string) (err error) {
	ctx := context.Background()
	if program, err = BuildShop(ctx, folder); err != nil {
		return err
	}
	if shop, err = StartShop(ctx, program, "-arguments"); err != nil {
		return err
	}
	one, err = Start(ctx, "MAP evil.example 127.0.0.1")
	return err
}

// tab opens a page in a tab whose problems fail the test.
func tab(t *testing.T, url string) *screen {
	t.Helper()
	opened, err := one.Tab()
	if err != nil {
		t.Fatal(err)
	}
	p := &screen{opened, t}
	t.Cleanup(func() {
		p.sound()
		opened.Close()
	})
	p.must(opened.Size(1280, 900))
	if url != "" {
		p.must(opened.Open(url))
	}
	return p
}

// screen is a tab of a test.
type screen struct {
	*Tab
	t *testing.T
}

func (p *screen) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// until waits for an expression to be true.
func (p *screen) until(format string, args ...any) {
	p.t.Helper()
	p.must(p.Until(fmt.Sprintf(format, args...)))
}

// get evaluates an expression.
func get[T any](p *screen, format string, args ...any) T {
	p.t.Helper()
	out, err := Eval[T](p.Tab, fmt.Sprintf(format, args...))
	p.must(err)
	return out
}

// sound fails the test for what the browser complains of.
func (p *screen) sound() {
	p.t.Helper()
	for _, problem := range p.Problems() {
		p.t.Error(problem)
	}
}

// ask asks for pages of the shop.
func ask(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		method, rest, hasMethod := strings.Cut(path, " ")
		if !hasMethod {
			method, rest = http.MethodGet, path
		}
		if err := shop.Ask(t.Context(), method, rest); err != nil {
			t.Fatal(err)
		}
	}
}

// serve is a service of a test's own.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
