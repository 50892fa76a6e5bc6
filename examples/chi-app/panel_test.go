package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The program prints where its panel is, and there it is: with the requests of the shop,
// and without its own.
func TestPanel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-addr", "127.0.0.1:0"}, stdout, io.Discard)
		_ = stdout.CloseWithError(io.EOF) // never fails
		done <- err
	}()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/debug/queries/`)
	panel := ""
	for lines := bufio.NewScanner(out); panel == "" && lines.Scan(); {
		panel = address.FindString(lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // the rest of what it prints
	client := &http.Client{Transport: &http.Transport{}}
	get := func(url string) string {
		t.Helper()
		response, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close() //nolint:errcheck // it was read
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", url, response.Status, err)
		}
		return string(body)
	}
	get(strings.TrimSuffix(panel, "/debug/queries/") + "/bad/authors")
	get(panel)
	page := get(panel)
	if !strings.Contains(page, "/bad/authors") || !strings.Contains(page, "21 of 3") || strings.Contains(page, "/debug/queries/*") || strings.Count(page, "data-row") != 1 {
		t.Errorf("%s:\n%s", panel, page)
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
