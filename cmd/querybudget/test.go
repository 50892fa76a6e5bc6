package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"

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
	err = writeTested(ctx, r, *since, *outputs, stdout, stderr)
	if err == nil && outcome == nil && len(r.Units) == 0 {
		err = exit.Gatef("no test checked its queries: see budgettest, or let querybudget scan watch every test")
	}
	if outcome != nil && err != nil {
		fmt.Fprintln(stderr, "querybudget:", err) // the exit code is that of go test
	}
	return cmp.Or(outcome, err)
}

// writeTested writes what tests showed, as a table, too.
func writeTested(ctx context.Context, r *result.Result, since string, outputs format.Outputs, stdout, stderr io.Writer) error {
	if err := prepare(ctx, since, stderr, r); err != nil {
		return err
	}
	if !outputs.ToStdout() {
		outputs = append(outputs, format.Output{Kind: "text"})
	}
	return outputs.Write(stdout, r)
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
	p := gotest.NewProgress(ctx, t.packages, folder, t.stderr)
	run := gotest.Run{
		Packages: t.packages, Flags: t.flags, Env: []string{"QUERYBUDGET_REPORT=" + folder},
		Stdout: p.Over(t.stdout), Stderr: p.Over(t.stderr), Ended: p.Ended, Prepare: together,
	}
	packages, outcome := run.Do(ctx)
	p.End()
	var ran *exec.ExitError
	if outcome != nil && !errors.As(outcome, &ran) {
		return nil, outcome
	}
	return outcome, result.WriteRun(folder, result.Run{Packages: packages, Partial: gotest.Partial(t.flags)})
}
