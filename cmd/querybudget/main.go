// Querybudget watches the databases of a program that nobody changed.
//
//	querybudget scan [packages] [-- flags of go test]
//
// It runs the tests of a repository with a toolchain that wraps every handle of
// database/sql, and says which queries are waste, with their lines. Nothing in the
// repository is written.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "querybudget:", err)
		os.Exit(2)
	}
}

const usage = "usage: querybudget scan [packages] [-- flags of go test]"

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "scan" {
		return errors.New(usage)
	}
	return scan(ctx, args[1:], os.Stdout)
}
