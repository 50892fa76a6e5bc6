package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/diff"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

const showText = `
Show prints reports as the table of querybudget test. Reports are files and folders: of
tests, of a service that jsonbudget writes, of the panel, or what -o json wrote. With -unit
it prints one route or test in full: each statement with its number, line and callers.
`

func runShow(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newFlags("show", "[flags] reports...", showText)
	outputs := f.outputs()
	unit := f.String("unit", "", "print one route or test in full, by its `name` or a part of it")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return f.wrong("name the files or folders of reports")
	}
	r, err := result.Read(f.Args()...)
	if err != nil {
		return err
	}
	if err := prepare(ctx, "", stderr, r); err != nil {
		return err
	}
	if *unit != "" {
		return showUnits(stdout, r, *unit)
	}
	if len(*outputs) == 0 {
		*outputs = format.Outputs{{Kind: "text"}}
	}
	return outputs.Write(stdout, r)
}

// showUnits prints the units that a name or a part of one means.
func showUnits(out io.Writer, r *result.Result, name string) error {
	var units []result.Unit
	for _, u := range r.Units {
		if u.Name == name {
			units = []result.Unit{u}
			break
		}
		if strings.Contains(u.Name, name) {
			units = append(units, u)
		}
	}
	if len(units) == 0 {
		return exit.Usagef("show: no unit is called %q: without -unit all are listed", name)
	}
	for _, u := range units {
		showUnit(out, r, &u)
	}
	return nil
}

func showUnit(out io.Writer, r *result.Result, u *result.Unit) {
	fmt.Fprintf(out, "unit: %s\n", format.Line(u.Name))
	fmt.Fprintf(out, "  %s, %s, in %s\n", format.Plural(u.Queries, "query"), format.Plural(u.Rows, "row"), format.Plural(u.Reports, "report"))
	for _, use := range u.Budget {
		fmt.Fprintf(out, "  budget: %d of %d %s\n", use.Observed, use.Allowed, format.Line(string(use.Limit)))
	}
	for _, t := range u.Tests {
		fmt.Fprintf(out, "  test: %s\n", format.Line(t))
	}
	for _, e := range ofUnit(r, u.Name) {
		text := e.Message
		if !e.IsComplaint() {
			text = fmt.Sprintf("%dx, %s", e.Count, format.Plural(e.Rows, "row"))
		}
		fmt.Fprintf(out, "\n  %s: %s\n", format.Line(e.Kind), format.Line(text))
		if e.Shape != "" {
			fmt.Fprintf(out, "    sql: %s\n", format.Line(e.Shape))
		}
		fmt.Fprintf(out, "    at:  %s\n", format.Line(e.Site()))
		for _, c := range e.Callers {
			fmt.Fprintf(out, "         %s\n", format.Line(c.String()))
		}
		if e.Repair != "" {
			fmt.Fprintf(out, "    ->   %s\n", format.Line(e.Repair))
		}
	}
}

// ofUnit returns the entries of a unit, complaints first.
func ofUnit(r *result.Result, name string) []*result.Entry {
	var out []*result.Entry
	for _, e := range r.Entries {
		if e.Unit == name {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b *result.Entry) int {
		switch {
		case a.IsComplaint() == b.IsComplaint():
			return a.Compare(b)
		case a.IsComplaint():
			return -1
		}
		return 1
	})
	return out
}

const diffText = `
Diff compares the reports of two runs: which statements are new, gone, more or fewer, which
findings appeared or went away, and what grows faster with the data. It looks at routes and
tests that ran in both; what ran in one only is said and not judged.

Two runs of one commit have an empty diff. Where they do not, querybudget test -runs 2
makes reports in which what differs from run to run is known, and diff leaves it out and
names it.

  git switch -d main; querybudget test -reports /tmp/old ./...
  git switch -;       querybudget test -reports /tmp/new ./...
  querybudget diff -since main /tmp/old /tmp/new
`

func runDiff(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newFlags("diff", "[flags] old new", diffText)
	since := f.since()
	form := f.String("o", "text", "the `form`, text, markdown or json, or form=file")
	fail := f.Bool("exit-code", false, "exit with 1 if a finding appeared or became more")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	kind, file, _ := strings.Cut(*form, "=")
	write := map[string]func(io.Writer, *diff.Diff) error{"text": diff.Text, "markdown": diff.Markdown, "json": diff.JSON}[kind]
	switch {
	case f.NArg() != 2:
		return f.wrong("it takes two files or folders of reports")
	case write == nil:
		return f.wrong("there is no form %q: use text, markdown or json", kind)
	}
	old, now, err := readSides(ctx, f.Args(), *since, stderr)
	if err != nil {
		return err
	}
	d := diff.Compare(old, now)
	var b strings.Builder
	if err := write(&b, d); err != nil {
		return err
	}
	if file != "" {
		err = format.WriteFile(file, b.String())
	} else {
		_, err = io.WriteString(stdout, b.String())
	}
	if worse := d.Worse(); err == nil && *fail && len(worse) > 0 {
		err = exit.Gatef("%s new or worse", format.Plural(len(worse), "finding"))
	}
	return err
}

// readSides reads the two results that are compared.
func readSides(ctx context.Context, paths []string, since string, stderr io.Writer) (old, now *result.Result, err error) {
	if old, err = result.Read(paths[0]); err != nil {
		return nil, nil, err
	}
	if now, err = result.Read(paths[1]); err != nil {
		return nil, nil, err
	}
	return old, now, prepare(ctx, since, stderr, old, now)
}
