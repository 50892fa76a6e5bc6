// Package exit holds the exit codes of the querybudget command, and the errors that
// choose them.
package exit

import (
	"errors"
	"flag"
	"fmt"
	"os/exec"
)

// The exit codes. A program that the command ran, such as go test, passes its own
// through.
const (
	OK     = 0  // nothing to complain about
	Gate   = 1  // the gate: the command ran, and what it judged is not as wanted
	Usage  = 2  // the command was called in a way that it does not understand
	Failed = 75 // the command itself failed: nothing was judged
)

// Error is an error with an exit code of its own.
type Error struct {
	Code int
	Err  error
}

// Error is that of the error inside.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *Error) Unwrap() error { return e.Err }

// Gatef makes an error with code Gate.
func Gatef(format string, args ...any) error {
	return &Error{Gate, fmt.Errorf(format, args...)}
}

// Usagef makes an error with code Usage.
func Usagef(format string, args ...any) error {
	return &Error{Usage, fmt.Errorf(format, args...)}
}

// Code returns the exit code that an error stands for. Of several that were joined, the
// code of a program that the command ran comes first. A program that was killed has
// none: then the command failed.
func Code(err error) int {
	var ran *exec.ExitError
	var own *Error
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return OK
	case errors.As(err, &ran) && ran.ExitCode() > 0:
		return ran.ExitCode()
	case errors.As(err, &own):
		return own.Code
	default:
		return Failed
	}
}
