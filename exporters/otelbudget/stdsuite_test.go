package otelbudget_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// The standard library's own tests of database/sql must pass with otelsql between
// the account and the driver, as they pass bare: otelsql alone fails 13 of them.
//
// The test copies the package to a temporary module, where OpenDB wraps each
// connector and where the tests that look at a driver's own types look through the
// wrapper. No test is left out.
func TestStandardLibrarySuite(t *testing.T) {
	if testing.Short() {
		t.Log("takes a compilation of the standard library's tests: left out with -short")
		return
	}
	bare := newSuite(t, "").run(t)
	if len(bare) < 100 {
		t.Fatalf("only %d tests ran bare: the suite does not fit this toolchain", len(bare))
	}
	for _, mode := range []struct{ name, wrap string }{
		{"no tracer", `return otelbudget.Connector(c)`},
		{"recording tracer", `return otelbudget.Connector(c, otelsql.WithTracerProvider(sdktrace.NewTracerProvider()))`},
	} {
		t.Run(mode.name, func(t *testing.T) {
			wrapped := newSuite(t, mode.wrap).run(t)
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

type suite struct{ dir, overlay string }

// newSuite writes the module. An empty wrap leaves connectors as they are.
func newSuite(t *testing.T, wrap string) suite {
	t.Helper()
	s := suite{dir: t.TempDir()}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(here, "..", "..")
	mod := strings.Replace(readFile(t, "go.mod"), "module github.com/querybudget/querybudget/exporters/otelbudget", "module suite", 1)
	mod = strings.Replace(mod, "=> ../..", "=> "+root, 1)
	// The tests are written in the toolchain's version of the language.
	version := regexp.MustCompile(`go\d+\.\d+`).FindString(runtime.Version())
	mod = strings.Replace(mod, "go 1.25.0", "go "+strings.TrimPrefix(version, "go")+".0", 1)
	mod += fmt.Sprintf("\nrequire github.com/querybudget/querybudget/exporters/otelbudget v0.0.0-00010101000000-000000000000\nreplace github.com/querybudget/querybudget/exporters/otelbudget => %s\n", here)
	s.write(t, "go.mod", mod)
	s.write(t, "go.sum", readFile(t, "go.sum"))
	s.write(t, "race/race.go", "package race\n\nconst Enabled = false\n")
	s.write(t, "asan/asan.go", "package asan\n\nconst Enabled = false\n")
	s.write(t, "testenv/testenv.go", "package testenv\n\nimport \"testing\"\n\nfunc SkipIfOptimizationOff(testing.TB) {}\n")
	s.write(t, "scan/scan.go", suiteScan)
	s.write(t, "scan/doc.go", "// Package internal has nothing before Go 1.27.\npackage internal\n")
	s.copyPackage(t)
	if wrap != "" {
		s.write(t, "sql/suite_test.go", strings.Replace(suiteHook, "WRAP", wrap, 1))
		s.write(t, "overlay/bare.go", suiteBare)
		overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
			filepath.Join(root, "sqlwrap", "suite_bare.go"): filepath.Join(s.dir, "overlay", "bare.go"),
		}})
		if err != nil {
			t.Fatal(err)
		}
		s.overlay = "overlay.json"
		s.write(t, s.overlay, string(overlay))
	}
	return s
}

// suiteHook wraps connectors in the tests' package. A test that closes the database
// and looks for leaks must not see otelsql's metrics, so there are none.
const suiteHook = `package sql

import (
	"database/sql/driver"

	"github.com/XSAM/otelsql"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/sqlwrap"
)

var _ = otelsql.WithTracerProvider
var _ = sdktrace.NewTracerProvider

func suiteBare(v any) any { return sqlwrap.SuiteBare(v) }

func init() { suiteWrap = func(c driver.Connector) driver.Connector { WRAP } }
`

// suiteBare is added to package sqlwrap, where the tests look through the wrapper.
const suiteBare = `package sqlwrap

import (
	"reflect"
	"unsafe"
)

func SuiteBare(v any) any {
	switch v := v.(type) {
	case *connector:
		return v.bare
	case *tx:
		inner := reflect.ValueOf(v.bare).Elem().FieldByName("tx") // of otelsql
		return reflect.NewAt(inner.Type(), unsafe.Pointer(inner.UnsafeAddr())).Elem().Interface().(lowerTx).bare
	case interface{ unwrapRows() *rows }:
		return v.unwrapRows().bare()
	default:
		return Raw(v)
	}
}

func (r *rows) unwrapRows() *rows { return r }
`

// suiteScan stands in for database/sql/internal of Go 1.27, which no other module may
// import: a ScanContext is a struct of one field.
const suiteScan = `//go:build go1.27

package internal

import (
	"database/sql/driver"
	"unsafe"
)

type ScanContext = driver.ScanContext

func NewScanContext(v any) ScanContext { return *(*ScanContext)(unsafe.Pointer(&v)) }

func ScanContextValue(c ScanContext) any { return *(*any)(unsafe.Pointer(&c)) }
`

// suiteEdits are made to the tests: they look at the driver's types.
var suiteEdits = []struct{ pattern, with string }{
	{`([\w.\[\]]+\.(?:ci|rowsi|txi|connector))\.\(`, `suiteBare($1).(`},
	{`\bdc\.\(\*fakeConn\)`, `suiteBare(dc).(*fakeConn)`},
	{`\braw\.\(\*fakeConn\)`, `suiteBare(raw).(*fakeConn)`},
	{`(func getFakeConn\((\w+) [\w.]+\) \*fakeConn \{)`, "$1\n$2, _ = suiteBare($2).(driver.Conn)"},
}

// copyPackage copies database/sql, with its tests and without its examples.
func (s suite) copyPackage(t *testing.T) {
	t.Helper()
	std := filepath.Join(strings.TrimSpace(string(run(t, "go", "env", "GOROOT"))), "src", "database", "sql")
	files, err := filepath.Glob(filepath.Join(std, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", std, err)
	}
	for _, file := range files {
		name, text := filepath.Base(file), readFile(t, file)
		if strings.HasPrefix(name, "example_") {
			continue
		}
		text = regexp.MustCompile(`"internal/(race|asan|testenv)"`).ReplaceAllString(text, `"suite/$1"`)
		text = strings.Replace(text, `"database/sql/internal"`, `"suite/scan"`, 1)
		switch {
		case name == "sql.go":
			const open = "func OpenDB(c driver.Connector) *DB {\n"
			if !strings.Contains(text, open) {
				t.Fatal("sql.OpenDB has changed: the suite needs another edit")
			}
			text = strings.Replace(text, open, open+"if suiteWrap != nil { c = suiteWrap(c) }\n", 1) +
				"\nvar suiteWrap func(driver.Connector) driver.Connector\n"
			// The runtime links these names to the real package only.
			text = strings.ReplaceAll(text, "//go:linkname drivers\n", "")
		case strings.HasSuffix(name, "_test.go"):
			for _, e := range suiteEdits {
				text = regexp.MustCompile(e.pattern).ReplaceAllString(text, e.with)
			}
		}
		s.write(t, "sql/"+name, text)
	}
	s.write(t, "sql/suite_test.go", "package sql\n\nfunc suiteBare(v any) any { return v }\n") // for the bare run
}

// run returns the outcome of each top-level test.
func (s suite) run(t *testing.T) map[string]string {
	t.Helper()
	args := []string{"test", "-json", "-count=1", "-vet=off", "-mod=mod"}
	if s.overlay != "" {
		args = append(args, "-overlay", s.overlay)
	}
	cmd := exec.Command("go", append(args, "./sql")...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
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
	if err != nil {
		t.Logf("go test: %v\n%s%s", err, stderr.String(), output.String())
	}
	return outcome
}

func (s suite) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}
