package panel

import (
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// What is to be copied compiles and is formatted, whatever the names are.
func TestSnippetsCompile(t *testing.T) {
	var tests, allowances []string
	for i, name := range []string{"GET /authors/{id}", "nightly report", "", "x\"; os.Exit(1); \"", "日本 {a}", "*/ func init() { /*", "a\nb"} {
		for j, kind := range []budget.FindingKind{budget.NPlusOne, budget.Duplicate, budget.WriteLoop, budget.SelectStar, budget.UnclosedRows, "of a later version"} {
			r := &budget.Report{Name: fmt.Sprint(name, " ", i, j)}
			if i%2 == 0 {
				r.Route = budget.Route{Method: "GET", Pattern: strings.TrimPrefix(name, "GET ")}
			}
			f := &budget.Finding{Kind: kind, Confidence: budget.Candidate, Count: 20}
			if kind == budget.SelectStar {
				f.Confidence = budget.Hint
			}
			tests = append(tests, testOf(r, f))
			if code := allowanceOf(f); code != "" {
				allowances = append(allowances, code)
			}
		}
	}
	code := `package snippets

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
)

func routes(t *testing.T) http.Handler { return nil }

func allow(ctx context.Context) context.Context {
	` + strings.Join(allowances, "\n\t") + `
	return ctx
}

` + strings.Join(tests, "\n\n") + "\n"
	if formatted, err := format.Source([]byte(code)); err != nil || string(formatted) != code {
		t.Errorf("gofmt would change it: %v\n%s\nto\n%s", err, code, formatted)
	}
	// For the compiler it stands in this module, for its imports; for nobody else.
	here, err := filepath.Abs("snippets")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "snippets_test.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(here, "snippets_test.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{source: []byte(code), overlay: replace} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "test", "-vet=off", "-c", "-o", os.DevNull, "-overlay", overlay, "./snippets").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
		t.Logf("%s", code)
	}
}

func TestExamplePath(t *testing.T) {
	for pattern, want := range map[string]string{"/authors/{id}/books/{slug}": "/authors/1/books/1", "/files/*": "/files/1", "/{$}": "/", "": "/", "example.com/a": "/"} {
		if got := examplePath(pattern); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}

func TestNoTestForTime(t *testing.T) {
	for _, kind := range []budget.FindingKind{budget.Slow, budget.HeldConnection, budget.StaleAllowance} {
		if code := testOf(&budget.Report{}, &budget.Finding{Kind: kind}); code != "" {
			t.Errorf("%s: %s", kind, code)
		}
	}
	allowed := &budget.Finding{Kind: budget.NPlusOne, Allowed: &budget.Allowance{}}
	if code := allowanceOf(allowed); code != "" {
		t.Errorf("allowed twice: %s", code)
	}
}

// A line opens in an editor if its file is below the root, and not otherwise.
func TestEditor(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"store/books.go", "a&b=c+d #%.go", "x\"><script>.go"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := newEditor(Options{Editor: VSCode, Root: root})
	for file, want := range map[string]string{
		"store/books.go":      "vscode://file" + root + "/store/books.go:12",
		"a&b=c+d #%.go":       "vscode://file" + root + "/a%26b%3Dc%2Bd%20%23%25.go:12",
		"x\"><script>.go":     "vscode://file" + root + "/x%22%3E%3Cscript%3E.go:12",
		"":                    "",
		"store":               "",
		"gone.go":             "",
		"../../etc/passwd":    "",
		"/etc/passwd":         "",
		"github.com/x/y/z.go": "",
	} {
		if got := string(e.link(callsite.Frame{File: file, Line: 12})); got != want {
			t.Errorf("%q: %q, want %q", file, got, want)
		}
	}
	if got := (*editor)(nil).link(callsite.Frame{File: "store/books.go"}); got != "" {
		t.Errorf("%q without an editor", got)
	}
}

// Options that cannot work are told at the start.
func TestBadOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"no root": {Editor: VSCode}, "a relative root": {Editor: VSCode, Root: "shop"}, "no file": {Editor: "vscode://", Root: "/"}, "no URL": {Editor: "{file}", Root: "/"},
		"a script": {Editor: "JavaScript:alert('{file}')", Root: "/"}, "data": {Editor: "data:text/html,{file}", Root: "/"},
	} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "panel: Options.Editor ") {
					t.Errorf("%s: %v", name, p)
				}
			}()
			New(o)
		}()
	}
}
