package toolchain

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Each function is found in the toolchain that runs this test, and is still one
// afterwards.
func TestEdits(t *testing.T) {
	for _, e := range edits {
		if e.function == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(runtime.GOROOT(), "src", filepath.FromSlash(e.file))) //nolint:staticcheck // the one that runs the test
		if err != nil {
			t.Fatal(err)
		}
		changed, err := e.change(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), e.file, changed, 0); err != nil {
			t.Error(err)
		}
		if strings.Count(changed, "\n") != strings.Count(string(text), "\n") || !strings.Contains(changed, e.begin+e.with) {
			t.Errorf("%s: lines moved, or nothing was changed", e.function)
		}
	}
}

// A release that looks different is named, by the function.
func TestChangedRelease(t *testing.T) {
	for _, e := range edits {
		if e.function == "" {
			continue
		}
		_, err := e.change("package p\n\nfunc other() {}\n")
		if !errors.Is(err, errChanged) || !strings.Contains(err.Error(), e.function) {
			t.Errorf("%s: %v", e.function, err)
		}
	}
}
