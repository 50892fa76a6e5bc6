package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/gotest"
	"github.com/querybudget/querybudget/cmd/querybudget/wiring"
)

const doctorText = `
Doctor runs the tests that call budgettest.Doctor, which prove how an application is wired:
the handle is watched, the middleware is there and in its place, contexts are passed on,
routes are known and have budgets, and a planted n+1 is found.

Where there is no such test it says what the source tells: the version of the SDK, where a
database is opened unwatched, and where it is asked without a context. The linter noctx
finds more of the last, because it knows types. That proves nothing: exit code 1.
`

func runDoctor(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newFlags("doctor", "[packages]", doctorText)
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	patterns := f.Args()
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	packages, err := wiring.Look(ctx, patterns)
	if err != nil {
		return err
	}
	writeVersion(ctx, stdout)
	findings := writeWiring(stdout, packages)
	tests, in := doctors(packages)
	if len(tests) == 0 {
		return exit.Gatef("no test calls budgettest.Doctor, so nothing is proven; the source shows %s", format.Plural(findings, "place"))
	}
	run := gotest.Run{Packages: in, Flags: []string{"-count=1", "-run", "^(" + strings.Join(tests, "|") + ")$"}, Stdout: stdout, Stderr: stderr, Prepare: together}
	if _, err := run.Do(ctx); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "doctor: %s passed\n", format.Plural(len(tests), "test"))
	return nil
}

// doctors returns the tests that call Doctor, and their packages.
func doctors(packages []*wiring.Package) (tests, in []string) {
	for _, p := range packages {
		if len(p.Doctors) > 0 {
			tests, in = append(tests, p.Doctors...), append(in, p.ImportPath)
		}
	}
	slices.Sort(tests)
	return slices.Compact(tests), in
}

// writeVersion says which version of the SDK the module is built with.
func writeVersion(ctx context.Context, out io.Writer) {
	const sdk = "github.com/querybudget/querybudget"
	version, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}{{with .Replace}} => {{.Path}} {{.Version}}{{end}}", sdk).Output()
	if err != nil {
		fmt.Fprintf(out, "the module does not require %s\n", sdk)
		return
	}
	fmt.Fprintf(out, "%s %s\n", sdk, format.Line(strings.TrimSpace(string(version))))
}

// writeWiring says what the source tells, and returns how many places it names.
func writeWiring(out io.Writer, packages []*wiring.Package) (places int) {
	here, err := os.Getwd()
	if err != nil {
		here = ""
	}
	list := func(text string, of func(*wiring.Package) []string) {
		for _, p := range packages {
			for _, place := range of(p) {
				places++
				if rel, err := filepath.Rel(here, place); err == nil {
					place = rel
				}
				fmt.Fprintf(out, "%s: %s\n", format.Line(place), text)
			}
		}
	}
	list("opened without sqlwrap or pgxwrap: its queries are not seen", func(p *wiring.Package) []string { return p.Unwatched })
	list("no context is passed, so no request is known: use the method that ends in Context (noctx)", func(p *wiring.Package) []string { return p.NoContext })
	if !slices.ContainsFunc(packages, func(p *wiring.Package) bool { return p.Watches }) {
		fmt.Fprintln(out, "no package imports sqlwrap or pgxwrap outside of tests: the service is not watched")
	}
	return places
}
