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

// enter copies a repository of testdata, beside the driver that it uses, into a folder, and
// makes it the present one.
func enter(t *testing.T, name string) (folder string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles the standard library")
	}
	cache, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	go1, modules, _ := strings.Cut(strings.TrimSpace(string(cache)), "\n")
	t.Setenv("GOCACHE", go1) // before the other cache moves
	t.Setenv("GOMODCACHE", modules)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(os.TempDir(), "querybudget-test-cache"))
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "")
	top := t.TempDir()
	for _, part := range []string{"fakedb", filepath.Join("repos", name)} {
		if err := os.CopyFS(filepath.Join(top, filepath.Base(part)), os.DirFS(filepath.Join("testdata", part))); err != nil {
			t.Fatal(err)
		}
	}
	folder = filepath.Join(top, name)
	t.Chdir(folder)
	if name == "vendored" {
		if err := os.CopyFS("vendor/example.com/fakedb", os.DirFS("../fakedb")); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// scanned scans the present folder. Its tests end as they should, and no byte of it changes.
func scannedText(t *testing.T, args ...string) (text string, err error) {
	t.Helper()
	before := sumOf(t)
	var out, said bytes.Buffer
	err = scan(t.Context(), args, &out, &said)
	if after := sumOf(t); after != before {
		t.Error("the repository was changed")
	}
	return out.String() + said.String(), err
}

// wants looks for texts, and for none of others.
func wants(t *testing.T, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if no, ok := strings.CutPrefix(want, "not: "); ok == strings.Contains(got, no) {
			t.Errorf("%s in\n%s", want, got)
			return
		}
	}
}

// A repository that nobody changed: its loops are found, by the line of the caller, and
// its traps are not. The outcome is that of its tests.
func TestScan(t *testing.T) {
	enter(t, "plain")
	got, err := scannedText(t, "./...", "--", "-run", ".")
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("a test fails there, and the scan ended with %v", err)
	}
	wants(t, got,
		"querybudget: 2 findings, and 14 hints\n", "write-loop   INSERT INTO children (name) VALUES (?)\n             5 times at worst, in 1 call, at child/main.go:14 main.main",
		"n+1          SELECT title FROM books WHERE author_id = ?\n  at         shop.go:31 plain.(*Shop).Titles",
		"4 times at worst, in 1 call; go test -run '^TestTitles$' example.com/plain",
		"for each   row of SELECT id FROM authors at shop.go:30",
		"write-loop   INSERT INTO log (line) VALUES (?)\n             3 times at worst, in 1 call, at shop.go:45 plain.(*Shop).Log\n",
		"2 hints, less sure: a read that is sent again", "duplicate    SELECT name FROM settings WHERE id = ?\n             once more at worst, in 8 calls, at shop.go:57",
		"duplicate    SELECT author_id, title FROM books WHERE id = ?\n             once more at worst, in 8 calls, at shop.go:90 plain.(*Shop).Rename\n             first at shop.go:94 plain.(*Shop).mayRename",
		"not: SELECT name FROM readers", "n+1          SELECT alias FROM readers WHERE id = ?\n             3 times at worst, in 1 call, at shop.go:106 plain.(*Shop).Named", "not: SELECT number FROM readers", "not: FROM items", "2 findings left out: reads that ask the same in some calls",
		"n+1          SELECT count FROM stock WHERE book_id = ?",
		"6 times at worst, in 1 call, at shop.go:79 plain.(*Shop).Stock.func1",
		"n+1          SELECT title, price FROM books WHERE id = ?",
		"the number of its executions is that of the rows in 2 units: 0, 1, 2",
		"not: INSERT INTO notes", "not: DELETE FROM notes",
		"write-loop   INSERT INTO boxes (number) VALUES (?)", "5 times at worst, in 1 call, at remote.go:22",
		"n+1          SELECT address FROM readers", "not: SELECT mail", "not: SELECT phone", "findings left out: another service is called each time",
		"n+1          SELECT reagent", "n+1          SELECT cover", "write-loop   INSERT INTO archive", "not: INSERT INTO charges", "not: INSERT INTO written", "not: INSERT INTO mails", "not: FROM watched", "not: INSERT INTO messages", "not: INSERT INTO roles", "not: SELECT version", "3 findings left out: seen only where tests start the application", "write-loop   INSERT INTO invitations (name) VALUES (?)",
		"not: INSERT INTO tariffs", "not: INSERT INTO sections", "1 finding left out: a loop over a list that stands in the source", "write-loop   INSERT INTO received",
		"write-loop   INSERT INTO shelves (number) VALUES (?)", "5 times at worst, in 1 call, at hub/hub.go:37",
		"12 hints, less sure: no read has as many rows", "not: INSERT INTO commands", "not: SELECT answer", "not: SELECT reply", "not: SELECT state", "not: INSERT INTO said", "not: SELECT length",
		"--- FAIL: TestFails", "ok  \texample.com/plain/shared",
	)
}

// Whatever a repository is built with.
func TestScanOfOthers(t *testing.T) {
	for _, test := range []struct {
		name  string
		args  []string
		env   []string
		wants []string
	}{
		{"vendored", nil, []string{"GOPROXY=off", "GOFLAGS=-mod=vendor"}, []string{
			"querybudget: 1 finding\n", "at         list.go:21 vendored.Names", "row of SELECT id FROM authors at list.go:8",
		}},
		{"workspace", []string{"./store/...", "./api/..."}, nil, []string{
			"querybudget: 0 findings, and 1 hint\n", "7 times at worst, in 1 call, at example.com/store/store.go:11 store.Price",
		}},
		{"cgo", []string{"./...", "--", "-tags", "withtags", "-race"}, nil, []string{
			"querybudget: 0 findings, and 1 hint\n", "6 times at worst, in 1 call, at sum.go:15 cgo.Save",
		}},
		{"generated", []string{"./...", "--", "-cover", "-shuffle=on", "-v"}, nil, []string{
			"querybudget: 0 findings, and 1 hint\n", "at page.go:13 generated.Page", "-test.shuffle", "coverage:",
		}},
		{"plain", []string{".", "--", "-run", "TestSends"}, nil, []string{
			"querybudget: 0 findings", "20 queries in 0 calls and requests; tests sent 20 of them themselves",
		}},
		{"plain", []string{".", "--", "-run", "TestWorker", "-cover"}, nil, []string{
			"with -cover, the turns of workers are not known",
		}},
		{"grpc", nil, []string{"GOFLAGS=-mod=mod"}, []string{
			"querybudget: 0 findings, and 1 hint\n", "duplicate    SELECT count(*) FROM books WHERE shop = ?", "once more at worst, in 12 calls",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			enter(t, test.name)
			for _, v := range test.env {
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
			got, err := scannedText(t, test.args...)
			if err != nil {
				t.Error(err)
			}
			wants(t, got, test.wants...)
		})
	}
}

// An application that uses querybudget itself has its own copy, below that of the scan:
// both count each query once.
func TestScanOfAnApplicationWithTheSDK(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder := enter(t, "sdk")
	t.Setenv("GOWORK", "off")
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	mod = append(mod, "\nreplace github.com/querybudget/querybudget => "+root+"\n"...)
	for name, text := range map[string][]byte{"go.mod": mod, "go.sum": sum} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := scannedText(t)
	if err != nil {
		t.Error(err)
	}
	wants(t, got, "querybudget: 0 findings, and 1 hint\n", "5 times at worst, in 1 call, at shop.go:17 sdk.Names", "5 queries in 1 call\n")
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
