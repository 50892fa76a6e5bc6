// Package gotest runs go test, passes its output on, and tells what became of each package.
package gotest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Run is a run of go test.
type Run struct {
	// Packages and Flags are what go test is called with.
	Packages, Flags []string
	// Env is added to the environment.
	Env []string
	// Stdout takes what go test would print, Stderr what it prints there.
	Stdout, Stderr io.Writer
	// Prepare may say how go test is ended with all that it started, when the context is.
	// Nil: go test alone is killed.
	Prepare func(*exec.Cmd)
	// Ended is called when a package has ended. Nil calls nothing.
	Ended func(result.Package)
}

// Do runs go test. Its error is an *exec.ExitError if tests failed.
func (r *Run) Do(ctx context.Context) ([]result.Package, error) {
	args := slices.Concat([]string{"test", "-json"}, r.Flags, r.Packages)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), r.Env...)
	cmd.Stdin, cmd.Stderr = os.Stdin, r.Stderr
	if r.Prepare != nil {
		r.Prepare(cmd)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: is go in PATH?", err)
	}
	e := &events{run: r, verbose: isVerbose(r.Flags), open: map[string]*running{}}
	readErr := e.read(out)
	waitErr := cmd.Wait()
	packages := e.rest()
	if readErr != nil && waitErr == nil {
		return packages, readErr
	}
	return packages, waitErr
}

// isVerbose reports whether go test prints everything.
func isVerbose(flags []string) bool {
	return slices.ContainsFunc(flags, func(f string) bool {
		name, value, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		return (name == "v" || name == "test.v") && value != "false" || name == "bench" || name == "test.bench" || name == "json"
	})
}

// Partial returns the flags by which go test leaves tests out, empty for none.
func Partial(flags []string) string {
	var out []string
	for i, f := range flags {
		name, _, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimLeft(f, "-"), "test."), "=")
		switch name {
		case "run", "skip", "list":
			if !hasValue && i+1 < len(flags) {
				f += " " + flags[i+1]
			}
			out = append(out, f)
		case "short", "failfast":
			out = append(out, f)
		}
	}
	return strings.Join(out, " ")
}

// event is a line of go test -json.
type event struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
}

// running is a package whose tests run.
type running struct {
	lines   []line
	bytes   int
	tests   map[string]string // the latest action of each test
	crashed bool
	timeout bool
	cached  bool
	noTests bool
	unbuilt bool
}

type line struct{ test, text string }

// maxOutput is how much output of one package is kept until it ends, in bytes.
const maxOutput = 16 << 20

type events struct {
	run     *Run
	verbose bool
	open    map[string]*running
	ended   []result.Package
}

func (e *events) read(in io.Reader) error {
	for d := json.NewDecoder(in); ; {
		var ev event
		switch err := d.Decode(&ev); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			_, drained := io.Copy(e.run.Stdout, io.MultiReader(d.Buffered(), in)) // it is not lost
			return errors.Join(fmt.Errorf("go test -json: %w", err), drained)
		}
		e.event(&ev)
	}
}

func (e *events) event(ev *event) {
	if ev.Package == "" { // of the build
		if ev.Action == "build-output" {
			e.print(e.run.Stderr, ev.Output)
		}
		return
	}
	p := e.open[ev.Package]
	if p == nil {
		p = &running{tests: map[string]string{}}
		e.open[ev.Package] = p
	}
	switch ev.Action {
	case "output":
		e.output(p, ev)
	case "run", "pass", "fail", "skip":
		if ev.Test != "" {
			p.tests[ev.Test] = ev.Action
			if ev.Action == "pass" || ev.Action == "skip" {
				p.drop(ev.Test)
			}
			return
		}
		if ev.Action != "run" {
			p.unbuilt = p.unbuilt || ev.FailedBuild != ""
			e.end(ev.Package, p, ev.Action)
		}
	}
}

func (e *events) output(p *running, ev *event) {
	p.look(ev.Output)
	if e.verbose {
		e.print(e.run.Stdout, ev.Output)
		return
	}
	if p.bytes += len(ev.Output); p.bytes <= maxOutput {
		p.lines = append(p.lines, line{ev.Test, ev.Output})
	}
}

// look learns from a line what events do not say.
func (p *running) look(text string) {
	switch {
	case strings.HasPrefix(text, "panic: test timed out after "):
		p.timeout = true
	case strings.HasPrefix(text, "panic: "), strings.HasPrefix(text, "fatal error: "), strings.HasPrefix(text, "signal: "):
		p.crashed = true
	case strings.HasPrefix(text, "exit status ") && text != "exit status 1\n":
		p.crashed = true
	case strings.HasPrefix(text, "ok  \t"):
		p.cached = strings.Contains(text, "\t(cached)")
		p.noTests = strings.Contains(text, "[no tests to run]")
	case strings.HasPrefix(text, "FAIL\t"):
		p.unbuilt = strings.HasSuffix(text, " [build failed]\n") || strings.HasSuffix(text, " [setup failed]\n")
	}
}

// drop forgets what a test printed that did not fail.
func (p *running) drop(test string) {
	p.lines = slices.DeleteFunc(p.lines, func(l line) bool {
		if l.test == test {
			p.bytes -= len(l.text)
			return true
		}
		return false
	})
}

func (e *events) end(name string, p *running, action string) {
	delete(e.open, name)
	e.pass(p, action == "fail")
	if p.bytes > maxOutput {
		e.print(e.run.Stdout, fmt.Sprintf("querybudget: %s printed more than %d MB: the rest was left out\n", name, maxOutput>>20))
	}
	e.add(result.Package{Package: name, State: p.state(action), Skipped: p.skipped()})
}

func (e *events) add(p result.Package) {
	e.ended = append(e.ended, p)
	if e.run.Ended != nil {
		e.run.Ended(p)
	}
}

// pass prints what go test prints of a package: all of what failed, and the last line of
// the rest.
func (e *events) pass(p *running, failed bool) {
	if e.verbose {
		return
	}
	for _, l := range p.lines {
		switch {
		case strings.HasPrefix(l.text, "=== "), l.text == "PASS\n":
		case failed, strings.HasPrefix(l.text, "ok  \t"), strings.HasPrefix(l.text, "?   \t"), strings.HasPrefix(l.text, "\t"):
			e.print(e.run.Stdout, l.text)
		}
	}
}

// print passes text on. Who reads it has gone where it cannot.
func (e *events) print(out io.Writer, text string) { _, _ = io.WriteString(out, text) }

func (p *running) state(action string) result.PackageState {
	switch {
	case p.unbuilt:
		return result.Unbuilt
	case action == "skip", p.noTests:
		return result.NoTests
	case p.timeout:
		return result.TimedOut
	case action == "fail" && (p.crashed || slices.Contains(slices.Collect(maps.Values(p.tests)), "run")):
		return result.Crashed // or a test began and never ended
	case action == "fail":
		return result.Failed
	case p.cached:
		return result.Cached
	case len(p.tests) > 0 && len(p.skipped()) == len(p.tests):
		return result.Skipped
	default:
		return result.Passed
	}
}

func (p *running) skipped() []string {
	var out []string
	for test, action := range p.tests {
		if action == "skip" {
			out = append(out, test)
		}
	}
	slices.Sort(out)
	return out
}

// rest ends the packages that never did.
func (e *events) rest() []result.Package {
	for _, name := range slices.Sorted(maps.Keys(e.open)) {
		e.pass(e.open[name], true)
		e.add(result.Package{Package: name, State: result.Stopped, Skipped: e.open[name].skipped()})
	}
	slices.SortFunc(e.ended, func(a, b result.Package) int { return strings.Compare(a.Package, b.Package) })
	return e.ended
}
