package main

import (
	"strings"
	"testing"
)

// Who wants to see a finding again needs the flags that the test is built with, and its own;
// those that say how tests run are left out.
func TestAgain(t *testing.T) {
	u := unit{Test: "TestFull/it's", Package: "example.com/shop"}
	for flags, want := range map[string]string{
		"":                               `go test -run '^TestFull$/^it'\''s$' example.com/shop`,
		"-p 1 -v -timeout=2m -run X":     `go test -run '^TestFull$/^it'\''s$' example.com/shop`,
		"-tags sqlite,fts5 -count=1":     `go test example.com/shop -run '^TestFull$/^it'\''s$' -tags sqlite,fts5`,
		"-p 1 -database -dsn=a;b":        `go test example.com/shop -run '^TestFull$/^it'\''s$' -database '-dsn=a;b'`,
		"-test.v -race -args -v -p five": `go test example.com/shop -run '^TestFull$/^it'\''s$' -race -args -v -p five`,
	} {
		if got := u.again(needed(strings.Fields(flags))); got != want {
			t.Errorf("%s: got %s", flags, got)
		}
	}
}
