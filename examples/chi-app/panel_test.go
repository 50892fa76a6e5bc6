package main

import (
	"bufio"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
)

// openShop runs the program until the test ends, and returns the address that it prints.
func openShop(t *testing.T) string {
	ctx, cancel := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-addr", "127.0.0.1:0"}, stdout, io.Discard)
		_ = stdout.CloseWithError(io.EOF) // never fails
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/debug/queries/`)
	panel := ""
	for lines := bufio.NewScanner(out); panel == "" && lines.Scan(); {
		panel = address.FindString(lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // the rest of what it prints
	return strings.TrimSuffix(panel, "/debug/queries/")
}

// The program prints where its panel is, and there it is: with the requests of the shop,
// and without its own.
func TestPanel(t *testing.T) {
	shop := openShop(t)
	get(t, shop+"/bad/authors")
	get(t, shop+"/debug/queries/")
	page := get(t, shop+"/debug/queries/")
	if !strings.Contains(page, "/bad/authors") || !strings.Contains(page, "21 of 3") || strings.Contains(page, "/debug/queries/*") || strings.Count(page, "data-row") != 1 {
		t.Errorf("%s:\n%s", shop, page)
	}
}
