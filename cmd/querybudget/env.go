package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/zerocode"
)

const envUsage = `usage: eval "$(querybudget env [packages])"

Env prints the variables with which every go below the shell builds watched programs, and
runs watched tests. Their reports go into a folder that it names; read them with

	querybudget scan -from "$QUERYBUDGET_REPORTS"
`

// printEnv prints the environment of a scan for a shell.
func printEnv(ctx context.Context, args []string, stdout, _ io.Writer) error {
	switch {
	case len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help"):
		_, _ = fmt.Fprint(stdout, envUsage)
		return nil
	case len(args) > 0 && strings.HasPrefix(args[0], "-"):
		return exit.Usagef("env takes packages, and no flags: flags of go test go to go test")
	case len(args) == 0:
		args = []string{"./..."}
	}
	w, err := newWatch(ctx)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "querybudget-env-")
	if err != nil {
		return err
	}
	reports, marked := filepath.Join(folder, "reports"), filepath.Join(folder, "marks")
	for _, dir := range []string{reports, marked} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	w.set(zerocode.FolderVariable, reports)
	if _, err := w.tests(ctx, marked, nil, args); err != nil {
		return err
	}
	if err := w.about().Keep(reports); err != nil {
		return err
	}
	for _, name := range append([]string{"GOROOT", "GOTOOLCHAIN", "GOFLAGS", "PATH"}, settings...) {
		_, _ = fmt.Fprintf(stdout, "export %s='%s'\n", name, strings.ReplaceAll(w.value(name), "'", `'\''`))
	}
	return nil
}

// value is what a variable was set to last.
func (w *watch) value(name string) (value string) {
	for _, v := range w.env {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			value = rest
		}
	}
	return value
}
