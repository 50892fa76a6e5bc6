package main

import (
	"strings"
	"testing"

	"github.com/querybudget/querybudget/cmd/querybudget/summary"
)

// Who wants to see a finding again needs the flags that the test is built with, and its own;
// those that say how tests run are left out.
func TestAgain(t *testing.T) {
	u := summary.Unit{Test: "TestFull/it's", Package: "example.com/shop"}
	for flags, want := range map[string]string{
		"":                               `go test -run '^TestFull$/^it'\''s$' example.com/shop`,
		"-p 1 -v -timeout=2m -run X":     `go test -run '^TestFull$/^it'\''s$' example.com/shop`,
		"-tags sqlite,fts5 -count=1":     `go test example.com/shop -run '^TestFull$/^it'\''s$' -tags sqlite,fts5`,
		"-p 1 -database -dsn=a;b":        `go test example.com/shop -run '^TestFull$/^it'\''s$' -database '-dsn=a;b'`,
		"-ldflags -v -run X -tags a":     `go test example.com/shop -run '^TestFull$/^it'\''s$' -ldflags -v -tags a`,
		"-test.v -race -args -v -p five": `go test example.com/shop -run '^TestFull$/^it'\''s$' -race -args -v -p five`,
	} {
		if got := u.Again(needed(strings.Fields(flags))); got != want {
			t.Errorf("%s: got %s", flags, got)
		}
	}
}

// Packages come before flags that the command go does not know, which end its own; and behind
// the others, so that packages among them are found as bare.
func TestGoTest(t *testing.T) {
	for flags, want := range map[string]string{
		"":                       "go test ./...",
		"-v ./store -run X":      "go test -v ./store -run X ./...",
		"-p 1 -database":         "go test ./... -p 1 -database",
		"-C sub -v -args -x":     "go test -C sub -v ./... -args -x",
		"-C=sub -tags=a":         "go test -C=sub -tags=a ./...",
		"-test.run=X -dsn=a -v":  "go test ./... -test.run=X -dsn=a -v",
		"-race -count 1 -args y": "go test -race -count 1 ./... -args y",
	} {
		if got := strings.Join(goTest("go", strings.Fields(flags), []string{"./..."}), " "); got != want {
			t.Errorf("%s: got %s", flags, got)
		}
	}
}
