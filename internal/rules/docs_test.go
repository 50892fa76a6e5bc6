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
	var names []string
	for _, folder := range []string{"frameworks", "drivers"} {
		recipes, err := filepath.Glob(filepath.Join(root(t), "examples", folder, "*.go"))
		if err != nil || len(recipes) == 0 {
			t.Fatalf("%d recipes in %s: %v", len(recipes), folder, err)
		}
		names = append(names, recipes...)
	}
	for _, name := range []string{
		"examples/chi-app/readme_test.go", "examples/chi-app/internal/guide/guide_test.go", "examples/chi-app/internal/guide/raw_test.go",
		"examples/chi-app/internal/guide/plans_test.go", "examples/chi-app/internal/guide/profiles_test.go", "examples/chi-app/internal/guide/production_test.go", "pgxwrap/example_test.go", "internal/bench/pgx_spans_test.go", "examples/pgx-app/main_test.go", "middleware/grpcbudget/example_test.go", "budget/budgettest/example_test.go",
		"examples/chi-app/quickstart/main.go",
	} {
		names = append(names, filepath.Join(root(t), filepath.FromSlash(name)))
	}
	var known string
	for _, name := range names {
		compiled, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		known += fold(string(compiled)) + "\n"
	}
	files := documents(t)
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
				t.Errorf("%s: this code is in no file that is compiled:\n%s", filepath.Base(file), block)
			}
		}
	}
	if blocks == 0 {
		t.Error("no code was found")
	}
}

// documents are the pages in docs and its folders.
func documents(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.md", "*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root(t), "docs", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, files...)
	}
	return out
}

func fold(code string) string { return strings.Join(strings.Fields(code), " ") }

// Links between the documents lead somewhere.
func TestDocumentLinks(t *testing.T) {
	files := documents(t)
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

// Pictures are in a module of their own, which nobody downloads with the library.
func TestPicturesDoNotTravel(t *testing.T) {
	for _, file := range strings.Fields(run(t, root(t), "git", "ls-files", "*.png", "*.gif", "*.webp", "*.jpg")) {
		if !isInModuleBelow(root(t), filepath.Dir(file)) {
			t.Errorf("%s is in the zip of the library", file)
		}
	}
}

// isInModuleBelow reports whether a folder, or one around it, has a go.mod of its own.
func isInModuleBelow(root, folder string) bool {
	for ; folder != "."; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(root, folder, "go.mod")); err == nil {
			return true
		}
	}
	return false
}
