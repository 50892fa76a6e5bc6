package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/cmd/querybudget/exit"
)

// clonedModule is a clone of a folder of testdata, with git.
type clonedModule struct {
	t   *testing.T
	dir string
}

// clone copies a module of testdata, which uses this version of the SDK.
func clone(t *testing.T, name string) clonedModule {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles programs")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	r := clonedModule{t, dir}
	if _, err := os.Stat("go.mod"); err == nil {
		r.command("go", "mod", "edit", "-replace", "github.com/querybudget/querybudget="+root)
	}
	r.command("git", "init", "-q", "-b", "main")
	r.commit("as it was")
	return r
}

func (r clonedModule) command(name string, args ...string) {
	r.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

func (r clonedModule) commit(message string) {
	r.t.Helper()
	r.command("git", "add", ".")
	r.command("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", message)
}

// querybudget runs the command, and fails the test unless it ends with a code.
func (r clonedModule) querybudget(code int, args ...string) string {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(r.t.Context(), args, &stdout, &stderr)
	if got := exit.Code(err); got != code {
		r.t.Fatalf("querybudget %q ended with %d, want %d: %v\n%s%s", args, got, code, err, stdout.String(), stderr.String())
	}
	text := stdout.String() + stderr.String()
	if err != nil {
		text += err.Error()
	}
	return text
}

func (r clonedModule) wants(text string, parts ...string) {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			r.t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func (r clonedModule) file(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// An n+1 is planted on a branch: every command says so, the gate holds, and lets it pass
// once it is accepted; the repair is noticed and pruned.
func TestEndToEnd(t *testing.T) {
	r := clone(t, "shop")
	reports := t.TempDir()
	old, planted, again, repaired := filepath.Join(reports, "old"), filepath.Join(reports, "planted"), filepath.Join(reports, "again"), filepath.Join(reports, "repaired")

	r.wants(r.querybudget(exit.OK, "test", "-reports", old, "./..."), "ok  \texample.com/shop", "ok  GET /authors  2        1", "querybudget: no findings in 1 unit")
	r.querybudget(exit.OK, "check", old)

	r.command("git", "checkout", "-qb", "feature")
	r.command("cp", "page.go.planted", "page.go")
	r.commit("plant")
	r.wants(r.querybudget(1, "test", "-reports", planted, "-since", "main", "./..."),
		"--- FAIL: TestAuthors", "FAIL\texample.com/shop", "FAIL  GET /authors  21       20", "1. n+1 in GET /authors",
		"saw: 20x SELECT books, for the 20 rows of SELECT authors", "at:  store.go:", "by:  introduced in page.go:32-39, the caller of store.go:32")
	r.wants(r.querybudget(exit.OK, "diff", "-since", "main", old, planted),
		"in GET /authors: this change adds 19 queries (2 before, 21 now)", "+  n+1 (new): 20x SELECT books", "introduced in page.go:32-39", "-  statement (gone): 1x SELECT price FROM books WHERE author_id >= ?")
	r.querybudget(exit.Gate, "diff", "-exit-code", old, planted)
	r.querybudget(1, "test", "-reports", again, "./...")
	r.wants(r.querybudget(exit.OK, "diff", planted, again), "nothing changed")

	r.wants(r.querybudget(exit.Gate, "check", "-since", "main", "-o", "text", "-o", "markdown=report.md", "-o", "junit=junit.xml", "-o", "sarif=report.sarif", "-o", "gitlab=gitlab.json", "-o", "json=report.json", planted),
		"1. new n+1 in GET /authors", "1 finding not in querybudget.baseline")
	r.wants(r.file("report.md"), "| `new n+1` | `GET /authors` |")
	r.wants(r.file("junit.xml"), `failures="1"`)
	r.wants(r.file("report.sarif"), `"ruleId": "n+1"`, `"uri": "store.go"`)
	r.wants(r.file("gitlab.json"), `"severity": "critical"`)
	r.wants(r.querybudget(exit.OK, "diff", "report.json", again), "nothing changed")

	r.querybudget(exit.Usage, "accept", planted)
	r.wants(r.querybudget(exit.OK, "accept", "-reason", "until the next release", planted), "1 finding accepted")
	r.wants(r.querybudget(exit.OK, "check", planted), "1 known finding")
	r.wants(r.file("querybudget.baseline"), `"unit":"GET /authors","kind":"n+1","function":"shop.(*Store).BooksOf"`)

	r.command("git", "checkout", "-q", "main", "--", "page.go")
	r.querybudget(exit.OK, "test", "-reports", repaired, "./...")
	r.wants(r.querybudget(exit.OK, "check", repaired), "1 entry of querybudget.baseline: repaired: querybudget prune removes them")
	r.querybudget(exit.Gate, "check", "-strict", repaired)
	r.wants(r.querybudget(exit.OK, "prune", repaired), "1 entry removed")
	r.wants(r.querybudget(exit.OK, "check", "-strict", repaired), "no findings")
}

// With several runs, what differs from run to run is known.
func TestSeveralRuns(t *testing.T) {
	r := clone(t, "shop")
	reports := filepath.Join(t.TempDir(), "reports")
	r.querybudget(exit.OK, "test", "-runs", "2", "-reports", reports, "./...")
	if files, err := filepath.Glob(filepath.Join(reports, "run-*", "*.jsonl")); err != nil || len(files) != 2 {
		t.Errorf("%v %v", files, err)
	}
	r.wants(r.querybudget(exit.OK, "diff", reports, reports), "nothing changed")
	r.querybudget(exit.Usage, "test", "-reports", reports, "./...") // it is not empty
	r.querybudget(exit.Usage, "test", "./...", "--", "-json")
	r.wants(r.querybudget(exit.OK, "show", "-unit", "authors", reports), "unit: GET /authors", "budget: 2 of 30 queries", "test: example.com/shop.TestAuthors", "sql: SELECT id FROM authors", "shop.page")
	r.wants(r.querybudget(exit.OK, "learn", reports), "2        2       2    2     GET /authors", "middleware.Limit(budget.Budget{Queries: 3})")
	r.wants(r.querybudget(exit.Gate, "learn", "-check", reports), "lower: GET /authors: queries: from 30 to 3, at most 2 seen in 2 reports")
	r.querybudget(exit.Usage, "show", "-unit", "nobody", reports)
	r.querybudget(exit.Failed, "show", "no-such-file")
}

// Spans as SDKs of other languages name them: a loop is found, and a budget holds.
func TestTraces(t *testing.T) {
	r := clone(t, "traces")
	for file, want := range map[string][]string{
		"python.json": {"1. n+1 in GET /authors", "6x SELECT books: arguments unknown", "sql: SELECT title FROM books WHERE author_id = ?", "at:  shop/views.py:48 shop.views.authors"},
		"java.json":   {"1. n+1 in GET /authors", "at:  com.example.Shop.titles", "6x SELECT books: arguments unknown"},
		"node.json":   {"1. n+1 in GET /authors", "6x SELECT books\n"},
	} {
		text := r.querybudget(exit.OK, "traces", "-reports", "units.ndjson", file)
		r.wants(text, want...)
		r.wants(text, "8 spans in 1 trace: 1 unit, 7 spans of databases")
		r.wants(r.querybudget(exit.OK, "show", "units.ndjson"), "1. n+1 in GET /authors")
		r.wants(r.querybudget(exit.Gate, "traces", "-budgets", "budgets.json", file), "queries: 3 allowed, 7 observed", "1 budget of the file exceeded")
	}
	r.wants(r.querybudget(exit.Gate, "traces", "empty.json"), "no span of a database was seen")
	r.wants(r.querybudget(exit.Failed, "traces", "budgets.json"), "budgets.json:1: no resourceSpans")
	r.querybudget(exit.Usage, "traces")
	r.querybudget(exit.Usage, "traces", "-listen", "localhost:0", "python.json")
	r.querybudget(exit.Failed, "traces", "-listen", "0.0.0.0:0")
}

// With a test that calls Doctor it is run; without one the source tells what it can.
func TestDoctor(t *testing.T) {
	r := clone(t, "shop")
	text := r.querybudget(exit.Gate, "doctor", "./...")
	r.wants(text, "no package imports sqlwrap or pgxwrap", "no test calls budgettest.Doctor, so nothing is proven")
	r.command("cp", "doctor_test.go.txt", "doctor_test.go")
	r.command("cp", "bad.go.txt", "bad.go")
	text = r.querybudget(1, "doctor")
	r.wants(text, "bad.go:6 sql.Open: opened without sqlwrap or pgxwrap", "bad.go:8 Query: no context is passed", "github.com/querybudget/querybudget v0.0.0 =>",
		"--- FAIL: TestWiring", "budget  GET /free has no budget", "-> add middleware.Limit")
	if strings.Contains(text, "TestAuthors") {
		t.Errorf("other tests ran:\n%s", text)
	}
	r.command("sed", "-i", "s#\"/free\"#\"/authors\"#", "doctor_test.go")
	r.wants(r.querybudget(exit.OK, "doctor"), "ok  \texample.com/shop", "doctor: 1 test passed")
	r.querybudget(exit.Failed, "doctor", "./no/such/package")
}

// Each way in which a package can end is a state of its own.
func TestStates(t *testing.T) {
	r := clone(t, "states")
	r.command("go", "test", "-json", "-timeout=3s", "./cached") // now it is cached
	out := filepath.Join(t.TempDir(), "reports")
	text := r.querybudget(1, "test", "-reports", out, "./...", "--", "-timeout=3s")
	for pkg, state := range map[string]string{
		"passes": "ran", "fails": "failed", "skips": "skipped", "crashes": "crashed", "exits": "crashed",
		"hangs": "timed out", "cached": "cached", "unbuilt": "did not build", "empty": "no tests",
	} {
		text, err := os.ReadFile(filepath.Join(out, "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"package":"example.com/states/` + pkg + `","state":"` + state + `"`; !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	r.wants(text, "2 packages crashed", "1 package timed out", "1 package did not build", "1 package cached", "--- FAIL: TestFails", "it said why", "panic: on purpose", "undefined: nothing")
	for _, hidden := range []string{"=== RUN", "what a test that passes prints"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q in\n%s", hidden, text)
		}
	}
	r.wants(r.querybudget(exit.Gate, "check", out), "crashed: what they would show is not known")
	r.wants(r.querybudget(exit.Gate, "test", "./passes"), "no test checked its queries")
	r.wants(r.querybudget(1, "test", "./passes", "./fails", "--", "-v", "-run", "Fails|Passes"), "=== RUN   TestPasses", "not everything ran: -run Fails|Passes")
}

// A run that is interrupted says what it did not come to.
func TestInterrupted(t *testing.T) {
	r := clone(t, "states")
	ctx, stop := context.WithCancel(t.Context())
	stdout := newAwaited()
	out := filepath.Join(t.TempDir(), "reports")
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"test", "-reports", out, "./passes", "./hangs", "--", "-p=1", "-timeout=1m"}, stdout, io.Discard)
	}()
	stdout.await(t, regexp.MustCompile(`^ok  \texample.com/states/passes`))
	stop()
	if err := <-ended; exit.Code(err) == exit.OK {
		t.Error("it ended as if all was well")
	}
	text, err := os.ReadFile(filepath.Join(out, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `"package":"example.com/states/hangs","state":"ran"`) || !strings.Contains(string(text), `"package":"example.com/states/passes","state":"ran"`) {
		t.Errorf("%s", text)
	}
	r.querybudget(exit.Gate, "check", out)
}
