package toolchain

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// goroot is a small toolchain with the files that are edited.
func goroot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(root, "src", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	texts := map[string]string{}
	for _, e := range edits {
		if e.function == "" {
			continue
		}
		if texts[e.file] == "" {
			texts[e.file] = "package p\n"
		}
		receiver, name, isMethod := strings.Cut(e.function, ".")
		function := "func " + e.function + "() { " + e.call + " }\n"
		if isMethod {
			function = "func (r *" + receiver + ") " + name + "() { " + e.call + " }\n"
		}
		texts[e.file] += function
	}
	for name, text := range texts {
		write(name, text)
	}
	return root
}

var sources = fstest.MapFS{
	"zerocode/doc.go":      {Data: []byte("package zerocode\n\nimport _ \"github.com/querybudget/querybudget/budget\"\n")},
	"zerocode/doc_test.go": {Data: []byte("package zerocode\n")},
}

// Several that make a toolchain at once get the same one, and leave nothing beside it.
func TestMakeAtOnce(t *testing.T) {
	from, cache := goroot(t), t.TempDir()
	var all sync.WaitGroup
	roots := make([]string, 8)
	for i := range roots {
		all.Go(func() {
			root, err := Make(from, "go1.26.8", cache, sources)
			if err != nil {
				t.Error(err)
			}
			roots[i] = root
		})
	}
	all.Wait()
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) != 1 || filepath.Join(cache, entries[0].Name()) != roots[0] {
		t.Errorf("%v in the cache, %v", entries, err)
	}
	for _, root := range roots {
		if root != roots[0] {
			t.Errorf("%s and %s", root, roots[0])
		}
	}
	text, err := os.ReadFile(filepath.Join(roots[0], "src/querybudget/zerocode/doc.go"))
	if err != nil || !strings.Contains(string(text), `"querybudget/budget"`) {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := os.Stat(filepath.Join(roots[0], "src/querybudget/zerocode/doc_test.go")); err == nil {
		t.Error("tests were copied")
	}
	if text, err := os.ReadFile(filepath.Join(from, "src/database/sql/sql.go")); err != nil || strings.Contains(string(text), "Querybudget") {
		t.Errorf("the toolchain itself was changed: %v", err)
	}
}

// Toolchains that nobody has used for a month are removed, and no other ones.
func TestRemoveUnused(t *testing.T) {
	from, cache := goroot(t), t.TempDir()
	old := time.Now().Add(-unusedAfter - time.Hour)
	for _, name := range []string{"go1.20-old", "making-old", "somebody's", "go1.21-new"} {
		dir := filepath.Join(cache, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if name != "go1.21-new" {
			if err := os.Chtimes(dir, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	root, err := Make(from, "go1.26.8", cache, sources)
	if err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || strings.Join(got, " ") != strings.Join([]string{filepath.Join(cache, "go1.21-new"), root, filepath.Join(cache, "somebody's")}, " ") {
		t.Errorf("left: %v", got)
	}
}

// What cannot be written is an error, and leaves nothing behind.
func TestMakeFails(t *testing.T) {
	from := goroot(t)
	if err := os.Remove(filepath.Join(from, "src/net/http/request.go")); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	if _, err := Make(from, "go1.26.8", cache, sources); err == nil || !strings.Contains(err.Error(), "WithContext") {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(cache); len(entries) > 0 {
		t.Errorf("left: %v", entries)
	}
}

// Files that a package embeds are files: go takes no links for them. Others are links.
func TestEmbeddedFilesAreCopied(t *testing.T) {
	from := t.TempDir()
	for name, text := range map[string]string{
		"src/cmd/tool/tool.go":          "package main\n\n//go:embed page.html html\nvar files embed.FS\n",
		"src/cmd/tool/page.html":        "page",
		"src/cmd/tool/html/deep/a.html": "a",
		"src/cmd/toolbox/doc.txt":       "doc",
		"src/cmd/toolbox/toolbox.go":    "package main // no //go:embed here\n",
	} {
		name = filepath.Join(from, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	to := t.TempDir()
	if err := linkAll(from, to); err != nil {
		t.Fatal(err)
	}
	for name, isLink := range map[string]bool{
		"src/cmd/tool/page.html": false, "src/cmd/tool/html/deep/a.html": false, "src/cmd/toolbox/doc.txt": true, "src/cmd/toolbox/toolbox.go": true,
	} {
		info, err := os.Lstat(filepath.Join(to, filepath.FromSlash(name)))
		if err != nil || info.Mode().IsRegular() == isLink {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
