package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/changes"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// flags are those of a command, with what -h says.
type flags struct {
	*flag.FlagSet
	arguments, text string
}

// newFlags makes the flags of a command. Arguments is what stands behind its name in the
// usage line, text what it does, in some paragraphs.
func newFlags(name, arguments, text string) *flags {
	f := &flags{flag.NewFlagSet(name, flag.ContinueOnError), arguments, text}
	f.SetOutput(io.Discard)
	return f
}

// parse parses arguments. For -h it writes the help and returns [flag.ErrHelp].
func (f *flags) parse(args []string, stdout io.Writer) error {
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, "usage: querybudget %s %s\n\n%s\n\nFlags:\n", f.Name(), f.arguments, strings.TrimSpace(f.text))
		f.SetOutput(stdout)
		f.PrintDefaults()
		return flag.ErrHelp
	}
	if err != nil {
		return exit.Usagef("%s: %v: querybudget %s -h teaches it", f.Name(), err, f.Name())
	}
	return nil
}

// wrong is an error of usage.
func (f *flags) wrong(format string, args ...any) error {
	return exit.Usagef("%s: %s: querybudget %s -h teaches it", f.Name(), fmt.Sprintf(format, args...), f.Name())
}

// outputs adds the flag -o.
func (f *flags) outputs() *format.Outputs {
	var o format.Outputs
	f.Var(&o, "o", "write a `form` to standard output, or form=file; any number of times:\n"+strings.TrimSpace(format.Kinds()))
	return &o
}

// since adds the flag -since.
func (f *flags) since() *string {
	return f.String("since", "", "say which change since a `commit` or branch a finding comes from, such as origin/main")
}

// prepare makes the files of a result relative to the repository, and says which change its
// failing entries come from. Without a repository, files stay as they are.
func prepare(ctx context.Context, since string, stderr io.Writer, results ...*result.Result) error {
	l, err := result.NewLocator(ctx)
	if err != nil {
		if since != "" {
			return err
		}
		fmt.Fprintln(stderr, "note: files are relative to their modules:", err)
		return nil
	}
	for _, r := range results {
		l.Locate(r)
	}
	if since == "" {
		return nil
	}
	hunks, err := changes.Since(ctx, since)
	if err != nil {
		return err
	}
	finder := changes.NewFinder(l.Root, hunks)
	finder.Explain(results[len(results)-1])
	return nil
}
