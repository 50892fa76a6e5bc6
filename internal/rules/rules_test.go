// Package rules holds the tests of what a reader of the code cannot see in one
// place: who imports whom, and what a consumer's go.sum costs.
package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/querybudget/querybudget"

func run(t *testing.T, dir string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	var said strings.Builder // not part of the answer: go tells there what it downloads
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, said.String())
	}
	return string(out)
}

// dependencies returns all packages that a package is built from. The standard
// library's own imports do not count.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	const direct = `{{if not .Standard}}{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{end}}`
	return strings.Fields(run(t, root(t), "go", "list", "-deps", "-f", direct, pkg))
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Who may import whom. What is not from the standard library has to be named,
// and some of the standard library is barred by name.
func TestImports(t *testing.T) {
	const chi = "github.com/go-chi/chi/v5"
	everywhere := []string{"testing", "log", "expvar", "net/http/pprof"}
	for _, test := range []struct {
		pkg    string
		may    []string // of packages that are not in the standard library
		barred []string
	}{
		{"callsite", nil, []string{"net/http", "log/slog", "database/sql"}},
		{"statement", nil, []string{"net/http", "log/slog", "database/sql"}},
		{"budget", []string{"callsite", "statement"}, []string{"net/http", "log/slog", "database/sql"}},
		{"budget/budgettest", []string{"budget", "callsite", "statement", "explain"}, []string{"log/slog"}},
		{"budget/adaptortest", []string{"budget", "callsite", "statement"}, []string{"log/slog", "net/http"}},
		{"explain", []string{"budget", "callsite", "statement"}, []string{"net/http", "log/slog"}},
		{"sqlwrap", []string{"budget", "callsite", "statement"}, []string{"net/http"}},
		{"sqlwrap/sqlwraptest", []string{"budget", "callsite", "statement", "sqlwrap", "budget/adaptortest"}, []string{"net/http"}},
		{"zerocode", []string{"budget", "callsite", "statement", "sqlwrap"}, []string{"net/http"}},
		{"middleware", []string{"budget", "callsite", "statement", chi}, []string{"database/sql"}},
		{"exporters/slogbudget", []string{"budget", "callsite", "statement"}, []string{"net/http", "database/sql"}},
		{"exporters/textbudget", []string{"budget", "callsite", "statement"}, []string{"net/http", "database/sql", "log/slog"}},
		{"exporters/panel", []string{"budget", "callsite", "statement", "explain", "internal/gate"}, nil},
		{"exporters/pprofbudget", []string{"budget", "callsite", "statement", "internal/gate"}, []string{"database/sql", "log/slog"}},
		{"internal/gate", nil, nil},
		{"exporters/jsonbudget", []string{"budget", "callsite", "statement"}, []string{"net/http", "database/sql", "log/slog"}},
	} {
		allowed := map[string]bool{module + "/" + test.pkg: true, module + "/internal/oneline": true}
		for _, may := range test.may {
			if !strings.Contains(may, ".") {
				may = module + "/" + may
			}
			allowed[may] = true
		}
		for _, dep := range dependencies(t, module+"/"+test.pkg) {
			if strings.Contains(strings.Split(dep, "/")[0], ".") && !allowed[dep] {
				t.Errorf("%s must not import %s", test.pkg, dep)
			}
			for _, barred := range append(test.barred, everywhere...) {
				if dep == barred {
					t.Errorf("%s must not import %s", test.pkg, dep)
				}
			}
		}
	}
}

// The exporter for OpenTelemetry is built from its API and otelsql, and from nothing
// that an application should choose: no SDK, no router.
func TestOtelbudgetImports(t *testing.T) {
	out := run(t, filepath.Join(root(t), "exporters", "otelbudget"), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	for _, dep := range strings.Fields(out) {
		for _, barred := range []string{"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/contrib", "github.com/go-chi", module + "/middleware", module + "/exporters/slogbudget"} {
			if strings.HasPrefix(dep, barred) {
				t.Errorf("exporters/otelbudget must not import %s", dep)
			}
		}
	}
}

// What is woven into a service brings nothing that a service should choose.
func TestInjectImports(t *testing.T) {
	out := run(t, filepath.Join(root(t), "zerocode", "inject"), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	for _, dep := range strings.Fields(out) {
		if !strings.HasPrefix(dep, module+"/") && !strings.HasPrefix(dep, "github.com/go-chi/chi/") {
			t.Errorf("zerocode/inject must not import %s", dep)
		}
	}
}

// The wrapper of pgx is built from pgx, and from what counts: nothing of database/sql's
// wrapper, and no router.
func TestPgxwrapImports(t *testing.T) {
	out := run(t, filepath.Join(root(t), "pgxwrap"), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	allowed := []string{"github.com/jackc/", "golang.org/x/", module + "/pgxwrap", module + "/budget", module + "/callsite", module + "/statement", module + "/internal/"}
	for _, dep := range strings.Fields(out) {
		if !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(dep, prefix) }) {
			t.Errorf("pgxwrap must not import %s", dep)
		}
	}
}

// What tells of gRPC's calls is built from gRPC, and from what counts.
func TestGRPCBudgetImports(t *testing.T) {
	out := run(t, filepath.Join(root(t), "middleware", "grpcbudget"), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	allowed := []string{"google.golang.org/", "golang.org/x/", module + "/middleware/grpcbudget", module + "/budget", module + "/callsite", module + "/statement", module + "/internal/"}
	for _, dep := range strings.Fields(out) {
		if !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(dep, prefix) }) {
			t.Errorf("middleware/grpcbudget must not import %s", dep)
		}
	}
}

// The browser that the panel is tested in is nobody else's: no other module requires what
// drives it.
func TestBrowserIsForItsTestsOnly(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "*", "*", "go.mod"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d modules: %v", len(files), err)
	}
	for _, file := range append(files, filepath.Join(root(t), "go.mod")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		isBrowser := filepath.Base(filepath.Dir(file)) == "browser"
		if strings.Contains(string(text), "chromedp") != isBrowser {
			t.Errorf("%s: chromedp is for internal/browser", file)
		}
	}
}

// pprof's own code reads profiles in tests only: no other module requires it, directly or not.
func TestPprofIsForItsTestsOnly(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "*", "*", "go.mod"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d modules: %v", len(files), err)
	}
	for _, file := range append(files, filepath.Join(root(t), "go.mod"), filepath.Join(root(t), "pgxwrap", "go.mod")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		isForProfiles := filepath.Base(filepath.Dir(file)) == "profiles"
		if strings.Contains(string(text), "github.com/google/pprof") != isForProfiles {
			t.Errorf("%s: github.com/google/pprof is for internal/profiles", file)
		}
	}
}

// The command is built without a driver, and writes what others read without their
// libraries: those are for its tests.
func TestCommandImports(t *testing.T) {
	out := run(t, filepath.Join(root(t), "cmd", "querybudget"), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./...")
	for _, dep := range strings.Fields(out) {
		for _, barred := range []string{"modernc.org", "github.com/jackc", "github.com/lib/pq", "github.com/go-sql-driver", "github.com/mattn", "github.com/owenrumney", "github.com/stretchr"} {
			if strings.HasPrefix(dep, barred) {
				t.Errorf("cmd/querybudget must not import %s", dep)
			}
		}
	}
}

// Every package is in the test above: a new one has to say what it may import.
func TestEveryPackageHasARule(t *testing.T) {
	known := map[string]bool{
		"callsite":             true,
		"statement":            true,
		"budget":               true,
		"budget/budgettest":    true,
		"budget/adaptortest":   true,
		"explain":              true,
		"sqlwrap":              true,
		"sqlwrap/sqlwraptest":  true,
		"middleware":           true,
		"exporters/slogbudget": true,
		"exporters/textbudget": true,
		"exporters/panel":      true,
		"zerocode":             true, module: true, // the sources, which import nothing
		"exporters/jsonbudget": true, "exporters/pprofbudget": true,
		"internal/rules": true, "internal/oneline": true, "internal/mutate": true, "internal/gate": true,
	}
	for _, pkg := range strings.Fields(run(t, root(t), "go", "list", module+"/...")) {
		if rel := strings.TrimPrefix(pkg, module+"/"); !known[rel] {
			t.Errorf("%s has no rule", rel)
		}
	}
}

// maxSumLines is what a consumer's go.sum may grow by.
const maxSumLines = 12

func TestConsumerGoSum(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	version := run(t, root(t), "go", "list", "-m", "-f", "{{.GoVersion}}", module)
	write("go.mod", "module example.com/consumer\n\ngo "+strings.TrimSpace(version)+"\n\nrequire "+module+" v0.0.0\n\nreplace "+module+" => "+root(t)+"\n")
	write("main.go", `package main

import (
	_ "`+module+`/budget"
	_ "`+module+`/budget/budgettest"
	_ "`+module+`/exporters/panel"
	_ "`+module+`/exporters/slogbudget"
	_ "`+module+`/middleware"
	_ "`+module+`/sqlwrap"
)

func main() {}
`)
	run(t, dir, "go", "mod", "tidy")
	run(t, dir, "go", "build", "-o", os.DevNull, ".")
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(sum), "\n"); lines > maxSumLines {
		t.Errorf("%d lines in a consumer's go.sum, %d are allowed:\n%s", lines, maxSumLines, sum)
	} else {
		t.Logf("%d lines in a consumer's go.sum", lines)
	}
}
