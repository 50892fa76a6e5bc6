// Querybudget says what the queries of a program have become: in a repository that nobody
// changed, in tests, since main, and in traces of other languages.
//
//	querybudget <command> [flags] [arguments]
//
// "querybudget help" lists the commands, "querybudget <command> -h" teaches one.
//
// The exit code is 0 if there is nothing to complain about, 1 at the gate, 2 for wrong
// usage, and 75 if the command itself failed. The code of go test passes through.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/querybudget/querybudget/cmd/querybudget/exit"
)

// command is a subcommand. Run writes what was asked for to stdout and the rest to
// stderr. Its error chooses the exit code: see package exit.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, stdout, stderr io.Writer) error
}

// commands are all subcommands, in the order in which help lists them.
func commands() []command {
	return []command{
		{"scan", "find wasted queries in a repository that nobody changed", scan},
		{"run", "run a program that nobody changed, with a line for each request", runProgram},
		{"env", "print the environment of a scan for a shell", printEnv},
		{"test", "run go test, and show what its checks saw", runTest},
		{"show", "print reports as a table, or one route in full", runShow},
		{"diff", "compare the reports of two runs", runDiff},
		{"check", "hold reports against what the repository has accepted", runCheck},
		{"accept", "accept findings, for a reason", runAccept},
		{"prune", "take out of the accepted findings what is repaired", runPrune},
		{"merge", "merge two versions of the accepted findings", runMerge},
		{"traces", "find wasted queries in OpenTelemetry traces of any language", runTraces},
		{"learn", "propose budgets by what reports show", runLearn},
		{"doctor", "prove how an application is wired", runDoctor},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	var ran *exec.ExitError // it has said itself what was wrong
	if err != nil && !errors.Is(err, flag.ErrHelp) && !errors.As(err, &ran) {
		fmt.Fprintln(os.Stderr, "querybudget:", err)
	}
	os.Exit(exit.Code(err))
}

// run calls the subcommand that the first argument names.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		writeHelp(stderr)
		return exit.Usagef("a command is missing")
	}
	name, rest := args[0], args[1:]
	if name == "help" && len(rest) > 0 {
		name, rest = rest[0], []string{"-h"}
	}
	switch name {
	case "help", "-h", "-help", "--help":
		writeHelp(stdout)
		return nil
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, rest, stdout, stderr)
		}
	}
	return exit.Usagef("there is no command %q: querybudget help lists them", name)
}

func writeHelp(out io.Writer) {
	fmt.Fprint(out, "Querybudget finds the queries that a program wastes, and says what changed.\n\nUsage:\n\n\tquerybudget <command> [flags] [arguments]\n\nCommands:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "\t%-9s %s\n", c.name, c.summary)
	}
	fmt.Fprint(out, "\n\"querybudget <command> -h\" teaches a command.\n\nExit codes: 0 nothing to complain about, 1 the gate, 2 usage, 75 the command itself\nfailed. The code of go test passes through.\n")
}
