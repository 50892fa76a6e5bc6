package sqlwrap_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The standard library's own tests of database/sql must pass with every
// connector wrapped, as they pass bare.
//
// They are tests inside of package sql, which a package that imports
// database/sql cannot be a part of. So this test lays an overlay over the
// toolchain's sources: this module's packages move below database/sql/internal
// (but for the files that import database/sql), OpenDB wraps its connector, and
// the places where the tests look at a driver's own types look through the
// wrapper. Nothing is copied into the repository and no test is left out.
func TestStandardLibrarySuite(t *testing.T) {
	if testing.Short() {
		t.Log("takes a compilation of the standard library's tests: left out with -short")
		return
	}
	root := linkToolchain(t)
	bare := runSuite(t, root, "", false)
	if len(bare) < 100 {
		t.Fatalf("only %d tests ran bare: the overlay does not fit this toolchain", len(bare))
	}
	for _, mode := range []struct {
		name     string
		recorder bool
	}{{"no recorder", false}, {"recorder", true}} {
		t.Run(mode.name, func(t *testing.T) {
			wrapped := runSuite(t, root, writeOverlay(t, root, mode.recorder), true)
			passed := 0
			for name, outcome := range bare {
				if wrapped[name] == outcome {
					passed++
				} else {
					t.Errorf("%s: bare %s, wrapped %q", name, outcome, wrapped[name])
				}
			}
			t.Logf("%d of %d tests as with the bare driver", passed, len(bare))
		})
	}
}

// linkToolchain returns a link to the toolchain's root. A toolchain that go
// downloaded lies in the module cache, where overlays are not allowed.
func linkToolchain(t *testing.T) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "goroot")
	root := strings.TrimSpace(string(run(t, "go", "env", "GOROOT")))
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// runSuite returns the outcome of each top-level test.
func runSuite(t *testing.T, root, overlay string, show bool) map[string]string {
	t.Helper()
	// The overlay has no assembly.
	args := []string{"test", "-json", "-count=1", "-vet=off", "-tags=purego"}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command(filepath.Join(root, "bin", "go"), append(args, "database/sql")...)
	// The tests keep to package sql: no workspace and no module of ours.
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOROOT="+root, "GOTOOLCHAIN=local", "GOWORK=off", "GOFLAGS=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	outcome := map[string]string{}
	var output strings.Builder
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		output.WriteString(e.Output)
		switch e.Action {
		case "pass", "fail", "skip":
			if e.Test != "" && !strings.Contains(e.Test, "/") {
				outcome[e.Test] = e.Action
			}
		}
	}
	if err != nil && show {
		t.Logf("go test database/sql: %v\n%s%s", err, stderr.String(), output.String())
	}
	return outcome
}

// suiteEdits are made to the tests: they look at the driver's types.
var suiteEdits = []struct{ pattern, with string }{
	{`([\w.\[\]]+\.(?:ci|rowsi|txi|connector))\.\(`, `suiteBare($1).(`},
	{`\bdc\.\(\*fakeConn\)`, `suiteBare(dc).(*fakeConn)`},
	{`\braw\.\(\*fakeConn\)`, `suiteBare(raw).(*fakeConn)`},
	{`(func getFakeConn\((\w+) [\w.]+\) \*fakeConn \{)`, "$1\n$2, _ = suiteBare($2).(driver.Conn)"},
}

const suiteHook = `package sql

import (
	"database/sql/driver"
	"database/sql/internal/querybudget/sqlwrap"
)

func suiteBare(v any) any { return sqlwrap.SuiteBare(v) }

func init() { suiteWrap = func(c driver.Connector) driver.Connector { return sqlwrap.Connector(c) } }
`

const suiteUnwrap = `package sqlwrap

func SuiteBare(v any) any {
	switch v := v.(type) {
	case *connector:
		return v.bare
	case *tx:
		return v.bare
	case interface{ unwrapRows() *rows }:
		return v.unwrapRows().bare()
	default:
		return Raw(v)
	}
}

func (r *rows) unwrapRows() *rows { return r }
`

// writeOverlay writes the overlay and returns the path of its description.
func writeOverlay(t *testing.T, root string, recorder bool) string {
	t.Helper()
	std := filepath.Join(root, "src", "database", "sql")
	temp := t.TempDir()
	replace := map[string]string{}
	put := func(target, text string) {
		file := filepath.Join(temp, strings.NewReplacer("/", "_", ".go", "").Replace(strings.TrimPrefix(target, std))+".go")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[target] = file
	}

	ours := filepath.Join(std, "internal", "querybudget")
	for _, dir := range []string{"internal/oneline", "callsite", "statement", "budget", "sqlwrap"} {
		for name, text := range sources(t, filepath.Join("..", dir), false) {
			if strings.Contains(text, "\n\t\"database/sql\"\n") {
				continue
			}
			text = strings.ReplaceAll(text, `"github.com/querybudget/querybudget/`, `"database/sql/internal/querybudget/`)
			if recorder && dir == "budget" && name == "context.go" {
				// Contexts without a recorder get one, so that everything is recorded.
				const last = "\treturn r\n}\n\n// With opens"
				if !strings.Contains(text, last) {
					t.Fatal("FromContext has changed: the suite needs another edit")
				}
				text = strings.Replace(text, last, "\tif r == nil {\n\t\treturn suiteRecorder\n\t}\n"+last, 1) +
					"\nvar suiteRecorder = newRecorder(Bounds{}.withDefaults())\n"
			}
			put(filepath.Join(ours, dir, name), text)
		}
	}
	put(filepath.Join(ours, "sqlwrap", "suite.go"), suiteUnwrap)
	put(filepath.Join(std, "suite_test.go"), suiteHook)

	for name, text := range sources(t, std, true) {
		switch {
		case name == "sql.go":
			const open = "func OpenDB(c driver.Connector) *DB {\n"
			if !strings.Contains(text, open) {
				t.Fatal("sql.OpenDB has changed: the suite needs another edit")
			}
			text = strings.Replace(text, open, open+"if suiteWrap != nil { c = suiteWrap(c) }\n", 1) +
				"\nvar suiteWrap func(driver.Connector) driver.Connector\n"
		case strings.HasSuffix(name, "_test.go"):
			for _, e := range suiteEdits {
				text = regexp.MustCompile(e.pattern).ReplaceAllString(text, e.with)
			}
		default:
			continue
		}
		put(filepath.Join(std, name), text)
	}

	description, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(file, description, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sources reads the Go files of a directory.
func sources(t *testing.T, dir string, tests bool) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", dir, err)
	}
	out := map[string]string{}
	for _, f := range files {
		if !tests && strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = string(text)
	}
	return out
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}
