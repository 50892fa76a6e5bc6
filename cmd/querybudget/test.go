package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/gotest"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

const testText = `
Test runs go test, with the reports of budgettest collected, and shows one table: queries,
repeats, rows, findings and the budget of each route and test that was checked, what fails
first, with its line and repair. Packages are ./... unless named. What stands behind -- goes
to go test. Its output and exit code pass through.

Reports go to a fresh folder, so that no package that checks queries is "(cached)". With
-reports they are kept, for querybudget check, diff, show and learn.

  querybudget test ./... -- -race -count=1
  querybudget test -runs 2 -reports new ./...   # what differs from run to run is named
`

func runTest(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newFlags("test", "[flags] [packages] [-- flags of go test]", testText)
	since, outputs := f.since(), f.outputs()
	keep := f.String("reports", "", "keep the reports in a `folder`, which must be empty or not there")
	runs := f.Int("runs", 1, "run the tests several `times`")
	var goFlags []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, goFlags = args[:i], args[i+1:]
	}
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	if slices.ContainsFunc(goFlags, func(s string) bool { return s == "-json" || s == "--json" || strings.HasPrefix(s, "-json=") }) {
		return f.wrong("go test is read with -json already: -o json writes what was found")
	}
	if *runs < 1 {
		return f.wrong("-runs %d", *runs)
	}
	if err := isFree(*keep); err != nil {
		return err
	}
	t := tests{packages: f.Args(), flags: goFlags, stdout: stdout, stderr: stderr}
	if len(t.packages) == 0 {
		t.packages = []string{"./..."}
	}
	if outputs.ToStdout() {
		t.stdout = stderr // standard output is for the form alone
	}
	r, outcome, err := t.run(ctx, *runs, *keep)
	if err != nil {
		return err
	}
	if err := prepare(ctx, *since, stderr, r); err != nil {
		return errors.Join(err, outcome)
	}
	if !outputs.ToStdout() {
		*outputs = append(*outputs, format.Output{Kind: "text"})
	}
	if err := outputs.Write(stdout, r); err != nil {
		return errors.Join(err, outcome)
	}
	if outcome == nil && len(r.Units) == 0 {
		return exit.Gatef("no test checked its queries: see budgettest, or let querybudget scan watch every test")
	}
	return outcome
}

// isFree reports an error for a folder that holds something: reports are added to files.
func isFree(folder string) error {
	if folder == "" {
		return nil
	}
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return exit.Usagef("%s is not empty: reports of two runs would look like one; remove it, or name another folder", folder)
	}
	return nil
}

// tests runs tests with their reports collected.
type tests struct {
	packages, flags []string
	stdout, stderr  io.Writer
}

// run runs the tests several times, and returns what they showed, and the outcome of go
// test.
func (t *tests) run(ctx context.Context, runs int, keep string) (r *result.Result, outcome, err error) {
	folder, err := os.MkdirTemp("", "querybudget-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	for i := range runs {
		into := folder
		if runs > 1 {
			into = result.RunFolder(folder, i+1)
			if err := os.Mkdir(into, 0o777); err != nil {
				return nil, nil, err
			}
		}
		once, err := t.once(ctx, into)
		if err != nil {
			return nil, nil, err
		}
		outcome = errors.Join(outcome, once)
	}
	if keep != "" {
		if err := os.CopyFS(keep, os.DirFS(folder)); err != nil {
			return nil, nil, err
		}
	}
	r, err = result.Read(folder)
	return r, outcome, err
}

// once runs the tests. Outcome is the error of go test.
func (t *tests) once(ctx context.Context, folder string) (outcome, err error) {
	p := newProgress(ctx, t.packages, folder, t.stderr)
	run := gotest.Run{
		Packages: t.packages, Flags: t.flags, Env: []string{"QUERYBUDGET_REPORT=" + folder},
		Stdout: p.over(t.stdout), Stderr: p.over(t.stderr), Ended: p.ended,
	}
	packages, outcome := run.Do(ctx)
	p.end()
	var ran *exec.ExitError
	if outcome != nil && !errors.As(outcome, &ran) {
		return nil, outcome
	}
	return outcome, result.WriteRun(folder, result.Run{Packages: packages, Partial: gotest.Partial(t.flags)})
}

// progress shows on a terminal how far a run has come.
type progress struct {
	out    io.Writer // nil shows nothing
	folder string

	mu     sync.Mutex
	total  int
	done   int
	shown  bool
	checks int
}

// newProgress returns one that shows nothing where nobody watches.
func newProgress(ctx context.Context, packages []string, folder string, stderr io.Writer) *progress {
	if !isTerminal(stderr) {
		return &progress{}
	}
	p := &progress{out: stderr, folder: folder}
	if list, err := exec.CommandContext(ctx, "go", append([]string{"list"}, packages...)...).Output(); err == nil {
		p.total = bytes.Count(list, []byte("\n"))
	}
	return p
}

func (p *progress) ended(result.Package) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if p.out == nil {
		return
	}
	p.checks = countLines(p.folder)
	p.clear()
	fmt.Fprintf(p.out, "%d of %d packages, %s", p.done, max(p.total, p.done), format.Plural(p.checks, "check"))
	p.shown = true
}

// clear takes the line of progress away. It is called with the lock.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// over returns a writer that takes the line of progress away before it writes.
func (p *progress) over(out io.Writer) io.Writer {
	return writerFunc(func(text []byte) (int, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clear()
		return out.Write(text)
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// countLines counts the reports of a folder.
func countLines(folder string) (n int) {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return 0
	}
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			n += bytes.Count(text, []byte("\n"))
		}
	}
	return n
}
