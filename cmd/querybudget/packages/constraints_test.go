package packages

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTagged(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for name, text := range map[string]string{
		"a_test.go":         "//go:build integration\n\npackage shop\n",
		"b_test.go":         "// A comment.\n\n//go:build integration && linux\n\npackage shop\n",
		"c_test.go":         "//go:build sqlite && fts5\npackage shop\n",
		"windows_test.go":   "//go:build windows\npackage shop\n",
		"without_test.go":   "//go:build !short\npackage shop\n",
		"one_of_test.go":    "//go:build mysql || postgres\npackage shop\n",
		"late_test.go":      "package shop\n\n//go:build integration\n",
		"broken_test.go":    "//go:build (\npackage shop\n",
		"go_test.go":        "//go:build go1.99\npackage shop\n",
		"no_test_at_all.go": "//go:build integration\npackage shop\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	own := Package{Dir: dir, ImportPath: "example.com/shop", IgnoredGoFiles: append(names, "gone_test.go")}
	own.Module = &struct {
		Path    string
		Main    bool
		Replace *struct{ Version string }
	}{Path: "example.com/shop", Main: true}
	dependency, variant, foreign := own, own, own
	dependency.DepOnly, variant.ForTest, foreign.Module = true, "example.com/shop", nil
	got := List{own, dependency, variant, foreign}.Tagged()
	want := []string{
		"1 test file left out by build constraints: -- -tags sqlite,fts5",
		"2 test files left out by build constraints: -- -tags integration",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
