package profiles_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/exporters/pprofbudget"
)

// tool runs "go tool pprof" without the network, and returns what it prints.
func tool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"tool", "pprof", "-symbolize=none"}, args...)...)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go tool pprof %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (s *shop) file(name string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	file, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.profile.WriteTo(file); err != nil {
		s.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// folded makes runs of spaces one.
func folded(s string) string { return strings.Join(strings.Fields(s), " ") }

func mustContain(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(folded(text), folded(part)) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
}

// "go tool pprof" reads the profile in each of the ways that the documentation names.
func TestGoToolPprof(t *testing.T) {
	before := newShop(t, pprofbudget.Options{})
	before.request("/authors", func(u *unit) { u.read(10, "SELECT id, name FROM authors", 6) })
	after := newShop(t, pprofbudget.Options{})
	after.request("/authors", (*unit).loop)
	after.request("/prices", func(u *unit) { u.read(30, "SELECT price FROM books", 2) })
	old, file := before.file("old.pb.gz"), after.file("new.pb.gz")

	t.Run("top", func(t *testing.T) {
		mustContain(t, tool(t, "-top", file), "Type: queries", "6 75.00% 75.00% 6 75.00% SELECT count(*) FROM books WHERE author_id = ? AND price < ?",
			"0 0% 100% 8 100% example.com/shop/store.(*Books).List")
		mustContain(t, tool(t, "-top", "-sample_index=wasted", file), "Type: wasted", "5 100% 100% 5 100% SELECT count(*) FROM books")
		mustContain(t, tool(t, "-top", "-sample_index=rows", file), "38 total", "30 78.95%")
		mustContain(t, tool(t, "-top", "-sample_index=time", file), "Type: time")
	})
	t.Run("raw", func(t *testing.T) {
		mustContain(t, tool(t, "-raw", file), "queries/count[dflt] time/nanoseconds rows/count wasted/count",
			"database:[main] finding:[n+1] route:[GET /authors] statement:[SELECT books]", "store/books.go:12:0", "[FN][FL][LN]")
	})
	t.Run("diff_base", func(t *testing.T) {
		mustContain(t, tool(t, "-top", "-diff_base="+old, file), "7, 700.00% of 1 total", "6 600.00% 600.00% 6 600.00% SELECT count(*) FROM books")
	})
	t.Run("tagroot", func(t *testing.T) {
		mustContain(t, tool(t, "-traces", "-tagroot=route", file), "example.com/shop.listBooks GET /authors", "example.com/shop.listBooks GET /prices")
		mustContain(t, tool(t, "-tags", file), "n+1", "GET /prices")
		mustContain(t, tool(t, "-top", "-tagfocus=finding=n", file), "6 75.00% 75.00% 6 75.00% SELECT count(*) FROM books")
	})
	t.Run("list", func(t *testing.T) {
		folder := t.TempDir()
		if err := os.Mkdir(filepath.Join(folder, "store"), 0o700); err != nil {
			t.Fatal(err)
		}
		source := strings.Repeat("// a line\n", 11) + "rows, err := b.db.QueryContext(ctx, count, id) // the loop\n" + strings.Repeat("// a line\n", 30)
		if err := os.WriteFile(filepath.Join(folder, "store", "books.go"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		mustContain(t, tool(t, "-list=Books", "-source_path="+folder, file), ". 6 12:rows, err := b.db.QueryContext(ctx, count, id) // the loop")
	})
}
