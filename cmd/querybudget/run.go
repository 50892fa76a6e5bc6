package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/summary"
	"github.com/querybudget/querybudget/zerocode"
)

const runUsage = `usage: querybudget run [-panel address] [build flags] package [-- arguments]

Run builds a program with every handle of database/sql watched, runs it, and prints a line
for each request that it serves: queries, time in the database, findings. A page in the
browser shows them in full; its address is printed. Nothing in the repository is written,
and the program imports nothing and opens no port for it. Signals, input, output and the
exit code are the program's; lines of querybudget go to standard error.

  -panel address
    	where the page is: 127.0.0.1 and a free port by default, "off" for none. It
    	answers browsers on this machine only.
`

// runProgram builds a program with the watched toolchain and runs it.
func runProgram(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	before, after := args, []string(nil)
	if i := slices.Index(args, "--"); i >= 0 {
		before, after = args[:i], args[i+1:]
	}
	switch {
	case len(before) == 0:
		return exit.Usagef("a package is missing: querybudget run ./cmd/server")
	case before[0] == "-h" || before[0] == "-help" || before[0] == "--help":
		_, _ = fmt.Fprint(stdout, runUsage)
		return nil
	case runtime.GOOS == "windows":
		return errors.New("run needs a pipe that the program inherits, which Windows does not have")
	}
	before, address := cutFlag(before, "panel")
	page, err := openPage(cmp.Or(address, "127.0.0.1:0"), stderr)
	if err != nil {
		return err
	}
	defer page.close()
	folder, err := os.MkdirTemp("", "querybudget-run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	program, err := buildWatched(ctx, folder, before, stderr)
	if err != nil {
		return err
	}
	return watchProgram(ctx, page, program, after, stdout, stderr)
}

// buildWatched builds a program and returns its name.
func buildWatched(ctx context.Context, folder string, args []string, stderr io.Writer) (string, error) {
	w, err := newWatch(ctx)
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "program")
	build := exec.CommandContext(ctx, w.goTool(), append([]string{"build", "-o", program}, args...)...)
	build.Env, build.Stdout, build.Stderr = w.environ(), stderr, stderr
	if err := build.Run(); err != nil {
		return "", err
	}
	if info, err := os.Stat(program); err != nil || info.IsDir() {
		return "", exit.Usagef("%s is no main package: name the one of the program", strings.Join(args, " "))
	}
	return program, nil
}

// watchProgram runs a program, and prints its reports until it ends.
func watchProgram(ctx context.Context, page *page, program string, args []string, stdout, stderr io.Writer) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(program, args...) //nolint:noctx // signals are passed on instead
	cmd.Env = append(os.Environ(), zerocode.PipeVariable+"=3")
	cmd.ExtraFiles = []*os.File{write}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	if err := cmd.Start(); err != nil {
		return errors.Join(err, read.Close(), write.Close())
	}
	_ = write.Close() // the program has its own
	stop := passSignals(ctx, cmd.Process)
	printed := make(chan error, 1)
	go func() { printed <- page.printUnits(ctx, read, stderr) }()
	err = cmd.Wait()
	stop()
	_ = read.SetReadDeadline(time.Now().Add(time.Second)) // what the program started may keep the pipe open
	if failed := <-printed; failed != nil && !errors.Is(failed, os.ErrDeadlineExceeded) {
		_, _ = fmt.Fprintln(stderr, "querybudget: no more lines:", failed)
	}
	return errors.Join(err, read.Close())
}

// passSignals sends a process the signals that this one gets, until stop is called. A
// terminal sends an interrupt to both.
func passSignals(ctx context.Context, p *os.Process) (stop func()) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	ended := make(chan struct{})
	go func() {
		cancelled := ctx.Done()
		for {
			select {
			case s := <-signals:
				if s != os.Interrupt || !isTerminal(os.Stdin) {
					_ = p.Signal(s)
				}
			case <-cancelled:
				cancelled = nil
				if !isTerminal(os.Stdin) {
					_ = p.Signal(os.Interrupt)
				}
			case <-ended:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(ended)
	}
}

// printUnits prints a line for each unit of work that a program reports, and shows it.
func (p *page) printUnits(ctx context.Context, from io.Reader, out io.Writer) error {
	for d := json.NewDecoder(bufio.NewReader(from)); ; {
		var u summary.Unit
		switch err := d.Decode(&u); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		case u.Dropped > 0:
			_, _ = fmt.Fprintf(out, "querybudget: %d lines were dropped, because this terminal was too slow\n", u.Dropped)
		default:
			_, _ = fmt.Fprintln(out, unitLine(&u.Report))
			p.show(ctx, &u.Report)
		}
	}
}

// unitLine is a unit in one line: its name, and what it cost.
func unitLine(r *budget.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "querybudget: %-32s %s %6s", format.Line(r.Name), padded(format.Plural(r.Totals.Queries, "query")), r.Totals.Time.Round(10*time.Microsecond))
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Confidence != budget.Hint {
			site := f.CallSite()
			fmt.Fprintf(&b, "  %s %dx %s:%d", f.Kind, f.Count, site.File, site.Line)
		}
	}
	return b.String()
}

func padded(s string) string { return fmt.Sprintf("%12s", s) }
