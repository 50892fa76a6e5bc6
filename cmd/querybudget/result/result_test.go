package result_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

func read(t *testing.T, paths ...string) *result.Result {
	t.Helper()
	r, err := result.Read(paths...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// folder writes files and returns their folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func find(r *result.Result, unit, kind, shape string) *result.Entry {
	for _, e := range r.Entries {
		if strings.HasSuffix(e.Unit, unit) && e.Kind == kind && strings.Contains(e.Shape, shape) {
			return e
		}
	}
	return nil
}

func TestReadReportsOfTests(t *testing.T) {
	r := read(t, "testdata/shop.jsonl")
	u := r.Unit("GET /bad/authors")
	if u == nil || u.Queries != 21 || u.Repeats != 20 || u.Findings != 1 || !u.Failed {
		t.Fatalf("unit: %+v", u)
	}
	if use, ok := u.MostUsed(); !ok || use.Limit != "repeats" || use.Observed != 20 {
		t.Errorf("most used: %v", use)
	}
	e := find(r, "GET /bad/authors", "n+1", "FROM books")
	if e == nil || e.Count != 20 || e.Function != "store.(*Store).AuthorsSlowly" || e.Grows != budgettest.Linear || !e.Fails() ||
		!strings.HasPrefix(e.Message, "20x SELECT books, for the 20 rows of SELECT authors: all 20 arguments") || e.Repair == "" || e.Line == 0 {
		t.Errorf("n+1: %+v", e)
	}
	if e := find(r, "GET /bad/authors", "budget-queries", ""); e == nil || e.Message != "queries: 3 allowed, 21 observed" || e.Line == 0 {
		t.Errorf("limit: %+v", e)
	}
	if e := find(r, "GET /bad/authors", result.Statement, "FROM authors"); e == nil || e.Count != 1 || e.Fails() {
		t.Errorf("statement: %+v", e)
	}
}

// What a test accepts to grow is known, and no finding.
func TestGrowth(t *testing.T) {
	r := read(t, "testdata/shop.jsonl")
	e := find(r, ".TestAuthorsGrow", result.Growth, "FROM books")
	if e == nil || e.Grows != budgettest.Linear || e.Message != "1, 5, 25 queries at sizes 1, 5, 25: linear" || e.Allowed != "" {
		t.Fatalf("growth: %+v", e)
	}
	accepted := strings.ReplaceAll(file(t, "testdata/shop.jsonl"), `"check":"scale",`, `"check":"scale","grows":[{"shape":"FROM books","queries":"linear","rows":"constant","reason":"each has its own"}],`)
	r = read(t, folder(t, map[string]string{"a.jsonl": accepted}))
	if e := find(r, ".TestAuthorsGrow", result.Growth, "FROM books"); e == nil || e.Allowed != "each has its own" || e.Fails() {
		t.Errorf("accepted growth: %+v", e)
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The order of files and lines changes nothing, and neither does writing the result and
// reading it again.
func TestOneOrder(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSpace(file(t, "testdata/shop.jsonl"))+"\n", "\n")
	lines = lines[:len(lines)-1]
	var checks, scales []string
	for _, l := range lines {
		if strings.Contains(l, `"check":"scale"`) {
			scales = append(scales, l)
		} else {
			checks = append(checks, l)
		}
	}
	want := encode(t, read(t, "testdata/shop.jsonl"))
	slices.Reverse(checks)
	dir := folder(t, map[string]string{"b.jsonl": strings.Join(scales, ""), "c/a.jsonl": strings.Join(checks, "")})
	if got := encode(t, read(t, dir)); got != want {
		t.Errorf("another order: %s", firstDifference(got, want))
	}
	again := folder(t, map[string]string{"result.json": want})
	if got := encode(t, read(t, again)); got != want {
		t.Errorf("written and read: %s", firstDifference(got, want))
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d: %s, want %s", i, x[i], y[i])
		}
	}
	return "one is longer"
}

func encode(t *testing.T, r *result.Result) string {
	t.Helper()
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRunsAreJoined(t *testing.T) {
	text := file(t, "testdata/shop.jsonl")
	less := strings.Replace(text, `"queries":20,"rows":100`, `"queries":18,"rows":90`, 1)
	_, without, _ := strings.Cut(text, "\n") // the first line is gone
	for name, test := range map[string]struct {
		second       string
		least, count int64
	}{"the same": {text, 20, 20}, "less": {less, 18, 20}, "not at all": {without, 0, 20}} {
		dir := folder(t, map[string]string{"run-1/a.jsonl": text, "run-2/a.jsonl": test.second})
		r := read(t, dir)
		e := find(r, "GET /bad/authors", result.Statement, "FROM books")
		if r.Runs != 2 || e == nil || e.Least != test.least || e.Count != test.count || e.Unstable() != (test.least != test.count) {
			t.Errorf("%s: %d runs, %+v", name, r.Runs, e)
		}
	}
}

// Whatever is wrong is said with its file and line, and there is no result.
func TestBrokenFiles(t *testing.T) {
	good, _, _ := strings.Cut(file(t, "testdata/shop.jsonl"), "\n")
	for name, test := range map[string]struct{ text, want string }{
		"cut off":         {good + "\n\n" + good[:200], "a.jsonl:3: the file ends within a value"},
		"no JSON":         {good + "\nhello\n", "a.jsonl:2: invalid character"},
		"another form":    {good + "\n{\"a\":1}\n", "a.jsonl:2: this is neither a report"},
		"a number":        {"7\n", "a.jsonl:1: this is no report"},
		"a newer line":    {strings.Replace(good, `"schema":2`, `"schema":3`, 1), "a.jsonl:1: a line of schema 3: this version reads schema 2"},
		"a newer report":  {strings.Replace(good, `"report":{"schema":2`, `"report":{"schema":9`, 1), "a.jsonl:1: a report: budget: a report of schema 9"},
		"a newer result":  {`{"result":99}`, "a.jsonl:1: a result of version 99"},
		"no frame":        {strings.Replace(good, `"call_sites":[{"frames":[0,`, `"call_sites":[{"frames":[77,`, 1), "a.jsonl:1: a report: budget: a broken report: a call site refers to a frame"},
		"below zero":      {strings.Replace(good, `"queries":21`, `"queries":-21`, 1), "a.jsonl:1: a report: a count of -21"},
		"a list":          {"[" + good + ",{}]", "a.jsonl:1: entry 1: this is neither"},
		"a list in one":   {"[[]]", "a.jsonl:1: entry 0 is a list in a list"},
		"null in results": {`{"result":1,"entries":[null]}`, "a.jsonl:1: a result: an entry is null"},
	} {
		r, err := result.Read(folder(t, map[string]string{"a.jsonl": test.text}))
		if err == nil || r != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	for name, path := range map[string]string{"empty": t.TempDir(), "missing": filepath.Join(t.TempDir(), "no")} {
		if _, err := result.Read(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A request as the panel gives it has its report in it.
func TestReadRequestsOfThePanel(t *testing.T) {
	_, report, _ := strings.Cut(file(t, "testdata/shop.jsonl"), `"report":`)
	report, _, _ = strings.Cut(report, "}\n{")
	r := read(t, folder(t, map[string]string{"request.json": `{"summary":{"name":"x"},"report":` + report + `}`}))
	if u := r.Unit("GET /bad/authors"); u == nil || u.Queries != 21 || len(u.Tests) > 0 {
		t.Errorf("%+v", u)
	}
}

func TestIncomplete(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.jsonl":  file(t, "testdata/shop.jsonl"),
		"run.json": `{"packages":[{"package":"a","state":"ran","skipped":["TestX"]},{"package":"b","state":"cached"},{"package":"c","state":"crashed"},{"package":"d","state":"crashed"},{"package":"e","state":"failed"}],"partial":"-run TestA"}`,
	})
	want := "-run TestA, 2 packages crashed, 1 package cached, 1 package with skipped tests"
	if got := read(t, dir).Incomplete(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLocate(t *testing.T) {
	l := &result.Locator{Modules: map[string]string{"example.com/shop": ".", "example.com/shop/tools": "cmd/tools", "example.com/lib": "lib"}}
	for _, test := range []struct{ function, file, pkg, want string }{
		{"example.com/shop/store.List", "store/store.go", "", "store/store.go"},
		{"example.com/shop/tools/gen.Run", "gen/gen.go", "", "cmd/tools/gen/gen.go"},
		{"example.com/shop/tools.Run", "run.go", "", "cmd/tools/run.go"},
		{"example.com/lib.(*DB).Get", "example.com/lib/db.go", "", "lib/db.go"},
		{"main.main", "main.go", "example.com/shop/tools", "cmd/tools/main.go"},
		{"example.com/elsewhere.F", "example.com/elsewhere/f.go", "", "example.com/elsewhere/f.go"},
		{"", "", "", ""},
	} {
		r := &result.Result{Units: []result.Unit{{Name: "u", Package: test.pkg}}, Entries: []*result.Entry{{Key: result.Key{Unit: "u"}, File: test.file, FullFunction: test.function}}}
		l.Locate(r)
		if got := r.Entries[0].File; got != test.want {
			t.Errorf("%s in %s: %q, want %q", test.file, test.function, got, test.want)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	text, err := os.ReadFile("testdata/shop.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	lines := bytes.Count(text, []byte("\n"))
	dir := b.TempDir()
	for i := range 1 + 999/lines { // 1,000 reports
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.jsonl", i)), text, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := result.Read(dir); err != nil {
			b.Fatal(err)
		}
	}
}
