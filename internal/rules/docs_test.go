package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// All Go code in the README and in docs/ stands in a file that is compiled, line
// by line. Spaces do not count.
func TestDocumentedCodeCompiles(t *testing.T) {
	var known string
	for _, name := range []string{"readme_test.go", "internal/guide/guide_test.go", "internal/guide/plans_test.go", "internal/guide/raw_test.go", "internal/guide/profiles_test.go", "internal/guide/production_test.go"} {
		compiled, err := os.ReadFile(filepath.Join(root(t), "examples", "chi-app", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		known += fold(string(compiled)) + "\n"
	}
	files, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, file := range append(files, filepath.Join(root(t), "README.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "```go\n")
		for _, part := range parts[1:] {
			block, _, _ := strings.Cut(part, "```")
			blocks++
			if !strings.Contains(known, fold(block)) {
				t.Errorf("%s: this code is not in readme_test.go or internal/guide:\n%s", filepath.Base(file), block)
			}
		}
	}
	if blocks == 0 {
		t.Error("no code was found")
	}
}

func fold(code string) string { return strings.Join(strings.Fields(code), " ") }

// Links between the documents lead somewhere.
func TestDocumentLinks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, filepath.Join(root(t), "README.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "](")[1:] {
			link, _, _ := strings.Cut(part, ")")
			link, _, _ = strings.Cut(link, "#")
			if link == "" || strings.Contains(link, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), link)); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(file), link, err)
			}
		}
	}
}
