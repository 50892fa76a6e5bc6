package callsite

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the compiler inlines into the application keeps its package, however the
// program is built.
func TestInlinedClosures(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	const want = `standard library: main.go:36
library: main.go:39 main.go:32 main.go:41
library's closure: main.go:39 main.go:32 main.go:42
this module: main.go:39 main.go:32 main.go:43
skipped: main.go:44 main.go:44
application: main.go:45 store/each.go:7 main.go:45
buried: main.go:47
example.com/shop/repository.Deep[...]
buried: main.go:47
example.com/shop/repository.Deep[...]
buried elsewhere: main.go:51
too deep: repository/each.go:12
`
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/shop")); err != nil {
		t.Fatal(err)
	}
	writeModule(t, dir)
	for name, args := range map[string][]string{
		"as it is": {"."}, "without inlining": {"-gcflags=-l", "."}, "without folders": {"-trimpath", "."},
		"files": {"main.go"}, "vendor": {"-mod=vendor", "."}, "vendor, without folders": {"-mod=vendor", "-trimpath", "."},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "vendor") {
				goCommand(t, dir, "mod", "vendor")
			}
			got := goCommand(t, dir, append([]string{"run"}, args...)...)
			want := want
			if name == "files" {
				// The main module is not known, nor where it lies: that is for functions with
				// the package in their names only.
				got, _, _ = strings.Cut(got, "skipped")
				want, _, _ = strings.Cut(want, "skipped")
			}
			if got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// writeModule makes a module of this one's requirements.
func writeModule(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	const path = "github.com/querybudget/querybudget"
	text := strings.Replace(string(mod), "module "+path, "module example.com/shop", 1) +
		"\nrequire " + path + " v0.0.0\n\nreplace " + path + " => " + filepath.ToSlash(root) + "\n"
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"go.mod": text, "go.sum": string(sum)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, errors.String())
	}
	return string(out)
}
