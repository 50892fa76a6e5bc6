package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/baseline"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/packages"
	"github.com/querybudget/querybudget/cmd/querybudget/summary"
	"github.com/querybudget/querybudget/zerocode"
)

const scanUsage = `usage: querybudget scan [flags] [packages] [-- flags of go test]
       querybudget scan [flags] -- command [arguments]

Scan runs the tests of packages, ./... by default, with every handle of database/sql
watched, and lists the queries that are waste. Nothing in the repository is written, and
the exit code is that of the tests. With a command, such as "make test", whatever calls go
below it is watched.

`

// scanOptions are the flags of scan.
type scanOptions struct {
	reports, judged, from, baseline string
	all, check                      bool
	outputs                         format.Outputs
}

func (o *scanOptions) parse(args []string, stderr io.Writer) (rest []string, err error) {
	flags := flag.NewFlagSet("scan", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprint(stderr, scanUsage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.reports, "reports", "", "keep the reports in `folder`, which must be empty or new")
	flags.StringVar(&o.from, "from", "", "read the reports in `folder`, and run nothing")
	flags.StringVar(&o.judged, "judged", "", "compare the findings with the judgements in `file`")
	flags.BoolVar(&o.all, "all", false, "list every finding, not the worst ones alone")
	flags.BoolVar(&o.check, "check", false, "fail if a finding is not in the baseline")
	flags.StringVar(&o.baseline, "baseline", baseline.Name, "the `file` of accepted findings")
	flags.Var(&o.outputs, "o", "write the findings as `kind[=file]`, may be repeated:\n"+format.Kinds())
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil, err
	} else if err != nil {
		return nil, exit.Usagef("%w", err)
	}
	return flags.Args(), nil
}

// scan runs the tests of packages with a watched toolchain, and prints what was found. The
// outcome of the tests is that of go test.
func scan(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o scanOptions
	before, after := args, []string(nil)
	if i := slices.Index(args, "--"); i >= 0 {
		before, after = args[:i], args[i+1:]
	}
	patterns, err := o.parse(before, stderr)
	if err != nil {
		return err
	}
	if o.from != "" {
		return o.show(ctx, o.from, stdout)
	}
	folder, err := o.folder()
	if err != nil {
		return err
	}
	if o.reports == "" {
		defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	}
	w, err := newWatch(ctx)
	if err != nil {
		return err
	}
	w.set(zerocode.FolderVariable, folder)
	outcome := w.runTests(ctx, patterns, after, stdout, stderr)
	var exit *exec.ExitError
	if ctx.Err() != nil && o.reports != "" && hasReports(folder) {
		return fmt.Errorf("%w: scan -from %s prints what there is", ctx.Err(), o.reports)
	}
	if outcome != nil && !errors.As(outcome, &exit) || ctx.Err() != nil {
		return errors.Join(outcome, ctx.Err())
	}
	return errors.Join(outcome, o.show(ctx, folder, stdout))
}

// hasReports reports whether a program has written reports into a folder.
func hasReports(folder string) bool {
	files, _ := filepath.Glob(filepath.Join(folder, "*"+summary.Ending))
	return len(files) > 0
}

// folder returns where reports go.
func (o *scanOptions) folder() (string, error) {
	if o.reports == "" {
		return os.MkdirTemp("", "querybudget-")
	}
	if err := os.MkdirAll(o.reports, 0o755); err != nil {
		return "", err
	}
	if old, err := os.ReadDir(o.reports); err != nil || len(old) > 0 {
		return "", errors.Join(err, fmt.Errorf("-reports %s: the folder is not empty", o.reports))
	}
	return filepath.Abs(o.reports)
}

// runTests runs go test, or a command that calls it.
func (w *watch) runTests(ctx context.Context, patterns, after []string, stdout, stderr io.Writer) error {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	marked, err := os.MkdirTemp("", "querybudget-marks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(marked) //nolint:errcheck // a temporary folder
	flags := after
	isCommand := len(after) > 0 && !strings.HasPrefix(after[0], "-")
	if isCommand {
		flags = nil
	}
	w.flags = needed(flags)
	if flags, err = w.tests(ctx, marked, flags, patterns); err != nil {
		return err
	}
	command := after
	if !isCommand {
		command = goTest(w.goTool(), flags, patterns)
	} else if command[0] == "go" { // which PATH has is not the one that is watched
		command = append([]string{w.goTool()}, command[1:]...)
	} else if !exists(command[0]) {
		return fmt.Errorf("there is no command %s", command[0])
	}
	folder := w.value(zerocode.FolderVariable)
	known := w.keepAbout(folder)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Stdin = w.environ(), os.Stdin
	p := newProgress(stdout, stderr, folder)
	cmd.Stdout, cmd.Stderr = p, stderr
	together(cmd)
	defer p.end()
	outcome := cmd.Run()
	kept := <-known
	if broken := p.notRun(); len(broken) > 0 {
		kept.about.NotSeen = append(kept.about.NotSeen, broken...)
		kept.err = kept.about.Keep(folder)
	}
	return errors.Join(outcome, kept.err)
}

// keptAbout is what is known beside the reports, and why it could not be kept.
type keptAbout struct {
	about summary.About
	err   error
}

// keepAbout reads the sources while the tests are built, which takes longer, and keeps what they say in a folder.
func (w *watch) keepAbout(folder string) <-chan keptAbout {
	done := make(chan keptAbout, 1)
	go func() {
		about := w.about()
		done <- keptAbout{about, about.Keep(folder)}
	}()
	return done
}

// goTest is the command line. A flag -C must come first, packages before -args, and before
// flags that the command go does not know: what follows those is the test's.
func goTest(goTool string, flags, patterns []string) []string {
	command := []string{goTool, "test"}
	folder, flags := packages.CutFolder(flags)
	command = append(command, folder...)
	if !knowsAll(flags) {
		return slices.Concat(command, patterns, flags)
	}
	rest := []string(nil)
	if i := slices.Index(flags, "-args"); i >= 0 {
		flags, rest = flags[:i:i], flags[i:]
	}
	return slices.Concat(command, flags, patterns, rest)
}

// exists reports whether a command can be found.
func exists(command string) bool {
	_, err := exec.LookPath(command)
	return err == nil || !errors.Is(err, exec.ErrNotFound) && !os.IsNotExist(err)
}
