package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A repository that nobody changed: its loop is found, by the line of the caller, and its
// traps are not. Nothing in it is written, and the outcome is that of its tests.
func TestScan(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the standard library")
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache))) // before the other cache moves
	t.Setenv("XDG_CACHE_HOME", filepath.Join(os.TempDir(), "querybudget-test-cache"))
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	t.Chdir("testdata/plain")
	before := sumOf(t)
	var out bytes.Buffer
	err = scan(t.Context(), []string{"./...", "--", "-run", "."}, &out, os.Stderr)
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("a test fails there, and the scan ended with %v", err)
	}
	got := out.String()
	for _, want := range []string{
		"querybudget: 3 findings", "n+1          SELECT title FROM books WHERE author_id = ?\n  at         shop.go:30 plain.(*Shop).Titles",
		"4 times at worst, in 1 call; go test -run '^TestTitles$' example.com/plain",
		"write-loop   INSERT INTO log (line) VALUES (?)\n  at         shop.go:44 plain.(*Shop).Log",
		"duplicate    SELECT name FROM settings WHERE id = ?", "in 3 calls", "for each   row of SELECT id FROM authors at shop.go:29",
		"; tests sent 7 of them themselves", "--- FAIL: TestFails",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if after := sumOf(t); after != before {
		t.Error("the repository was changed")
	}
}

// sumOf sums up the files of the present folder.
func sumOf(t *testing.T) (sum [32]byte) {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(all.Bytes())
}
