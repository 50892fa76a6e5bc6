package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/querybudget/querybudget/cmd/querybudget/baseline"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

const checkText = `
Check holds reports against the baseline, the file of findings that the repository has
accepted. It fails, with exit code 1, for a finding that is not there and for one that
became more: more executions, more places, or faster growth with the data. It writes
nothing but what -o asks for.

Reports are files and folders that querybudget test -reports, querybudget scan or
QUERYBUDGET_REPORT wrote. Time never fails the check, and neither do hints and what is
allowed in code. What was not run is not repaired: it is said, and stays.

  querybudget test -reports reports ./...
  querybudget check -since origin/main -o text -o sarif=querybudget.sarif reports
`

// baselineFlag adds the flag that names the file.
func (f *flags) baselineFlag() *string {
	return f.String("baseline", baseline.Name, "the `file` of accepted findings")
}

// loadBaseline reads the file. Only the usual one may be missing.
func loadBaseline(name string) (*baseline.File, error) {
	if name == baseline.Name {
		return baseline.LoadOrEmpty(name)
	}
	f, err := baseline.Load(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Usagef("%v: querybudget accept -baseline %s makes it", err, name)
	}
	return f, err
}

func runCheck(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newFlags("check", "[flags] reports...", checkText)
	file, since, outputs := f.baselineFlag(), f.since(), f.outputs()
	strict := f.Bool("strict", false, "fail for entries of the baseline that are repaired, too, so that somebody prunes it")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	base, r, err := f.load(*file)
	if err != nil {
		return err
	}
	v := base.Check(r)
	if err := prepare(ctx, *since, stderr, r); err != nil {
		return err
	}
	if len(*outputs) == 0 {
		*outputs = format.Outputs{{Kind: "text"}}
	}
	if err := outputs.Write(stdout, r); err != nil {
		return err
	}
	writeVerdict(stderr, &v, *file)
	return gate(&v, r, *file, *strict)
}

// load reads the baseline and the reports that the arguments name.
func (f *flags) load(file string) (*baseline.File, *result.Result, error) {
	if f.NArg() == 0 {
		return nil, nil, f.wrong("name the files or folders of reports")
	}
	base, err := loadBaseline(file)
	if err != nil {
		return nil, nil, err
	}
	r, err := result.Read(f.Args()...)
	return base, r, err
}

// maxNotes is the number of entries that are listed.
const maxNotes = 10

// writeVerdict says what the baseline has too much of, and what nobody can say anything
// about.
func writeVerdict(out io.Writer, v *baseline.Verdict, file string) {
	list := func(entries []*baseline.Entry, text string) {
		if len(entries) == 0 {
			return
		}
		fmt.Fprintf(out, "note: %s of %s: %s\n", format.Plural(len(entries), "entry"), format.Line(file), text)
		for i, e := range entries {
			if i == maxNotes {
				fmt.Fprintf(out, "      and %d more\n", len(entries)-i)
				break
			}
			fmt.Fprintf(out, "      %s in %s: %s\n", format.Line(e.Kind), format.Line(e.Unit), format.Line(e.Function))
		}
	}
	list(v.Stale, "repaired: querybudget prune removes them")
	list(v.Lower, "seen less often than accepted: querybudget prune lowers them")
	list(v.Unexercised, "not exercised, so nothing is known of them")
}

// gate is the error that fails a check.
func gate(v *baseline.Verdict, r *result.Result, file string, strict bool) error {
	if n := len(v.Failing); n > 0 {
		return exit.Gatef("%s not in %s: repair, or accept with: querybudget accept -reason '...'", format.Plural(n, "finding"), file)
	}
	for _, p := range r.Packages {
		switch p.State {
		case result.Unbuilt, result.Crashed, result.TimedOut, result.Stopped:
			return exit.Gatef("the tests of %s %s: what they would show is not known", p.Package, p.State)
		}
	}
	if len(r.Units) == 0 {
		return exit.Gatef("nothing was checked: do the tests use budgettest, or a database handle that is watched?")
	}
	if n := len(v.Stale) + len(v.Lower); strict && n > 0 {
		return exit.Gatef("%s of %s too many: querybudget prune", format.Plural(n, "entry"), file)
	}
	return nil
}

const acceptText = `
Accept adds to the baseline what check complains about, for a reason, and raises what
became more. It removes and lowers nothing: that is prune's.

  querybudget accept -reason 'one per tenant, see the issue' -unit 'GET /tenants' reports
`

func runAccept(_ context.Context, args []string, stdout, _ io.Writer) error {
	f := newFlags("accept", "-reason text [flags] reports...", acceptText)
	file := f.baselineFlag()
	reason := f.String("reason", "", "why it is accepted, for those who read the file")
	unit := f.String("unit", "", "accept only what was seen in one route or test, by its `name`")
	kind := f.String("kind", "", "accept only findings of one `kind`, such as n+1")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	if *reason == "" {
		return f.wrong("a -reason is missing")
	}
	if f.NArg() == 0 {
		return f.wrong("name the files or folders of reports")
	}
	base, err := baseline.LoadOrEmpty(*file)
	if err != nil {
		return err
	}
	r, err := result.Read(f.Args()...)
	if err != nil {
		return err
	}
	n, err := base.Accept(r, *reason, func(e *result.Entry) bool {
		return (*unit == "" || e.Unit == *unit) && (*kind == "" || e.Kind == *kind)
	})
	if err != nil {
		return err
	}
	if n == 0 {
		fmt.Fprintf(stdout, "nothing to accept: %s is as it was\n", *file)
		return nil
	}
	fmt.Fprintf(stdout, "%s accepted in %s: review and commit it\n", format.Plural(n, "finding"), *file)
	return base.Save(*file)
}

const pruneText = `
Prune removes from the baseline what reports show to be repaired, and lowers what they
show less of. It never adds and never raises. What was not run, or not by each test that
had shown it, stays; so does everything in packages that were cached, crashed, timed out or
did not build.
`

func runPrune(_ context.Context, args []string, stdout, _ io.Writer) error {
	f := newFlags("prune", "[flags] reports...", pruneText)
	file := f.baselineFlag()
	unexercised := f.Bool("unexercised", false, "also remove what nobody exercised, after routes or tests were renamed or removed")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	base, r, err := f.load(*file)
	if err != nil {
		return err
	}
	removed, lowered := base.Prune(r, *unexercised)
	if removed+lowered == 0 {
		fmt.Fprintf(stdout, "nothing to prune: %s is as it was\n", *file)
		return nil
	}
	fmt.Fprintf(stdout, "%s: %s removed, %s lowered\n", *file, format.Plural(removed, "entry"), format.Plural(lowered, "entry"))
	return base.Save(*file)
}

const mergeText = `
Merge merges two versions of the baseline that began as one, into the second file, key by
key. It is a merge driver of git:

  git config merge.querybudget.driver 'querybudget merge %O %A %B'
  echo 'querybudget.baseline merge=querybudget' >> .gitattributes

A key that both changed in different ways is a conflict: exit code 1, and both lines stand
between markers. Hosts run no drivers; git's own merge of the file's text is right where it
finds no conflict.
`

func runMerge(_ context.Context, args []string, stdout, _ io.Writer) error {
	f := newFlags("merge", "base ours theirs", mergeText)
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	if f.NArg() != 3 {
		return f.wrong("it takes three files")
	}
	var files [3]*baseline.File
	for i, name := range f.Args() {
		var err error
		if files[i], err = baseline.Load(name); err != nil {
			return err
		}
	}
	text, conflicts := baseline.Merge(files[0], files[1], files[2])
	if err := format.WriteFile(f.Arg(1), text); err != nil {
		return err
	}
	if len(conflicts) > 0 {
		return exit.Gatef("both changed %s, in different ways, such as %s in %s", format.Plural(len(conflicts), "entry"), conflicts[0].Kind, conflicts[0].Unit)
	}
	return nil
}
