package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	querybudget "github.com/querybudget/querybudget"
	"github.com/querybudget/querybudget/cmd/querybudget/toolchain"
	"github.com/querybudget/querybudget/zerocode"
)

// scan runs the tests of packages with a watched toolchain, and prints what was found. The
// outcome of the tests is that of go test.
func scan(ctx context.Context, args []string, out io.Writer) error {
	packages, flags := args, []string(nil)
	if i := slices.Index(args, "--"); i >= 0 {
		packages, flags = args[:i], args[i+1:]
	}
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	root, err := watched(ctx)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "querybudget-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	goTool, env := filepath.Join(root, "bin", "go"), append(os.Environ(), "GOROOT="+root, "GOTOOLCHAIN=local", zerocode.FolderVariable+"="+folder)
	overlay, err := marks(ctx, goTool, env, packages, folder)
	if err != nil {
		return err
	}
	test := exec.CommandContext(ctx, goTool, slices.Concat([]string{"test", "-count=1", "-overlay", overlay}, flags, packages)...)
	test.Env = env
	test.Stdin, test.Stdout, test.Stderr = os.Stdin, out, os.Stderr
	outcome := test.Run()
	var exit *exec.ExitError
	if outcome != nil && !errors.As(outcome, &exit) {
		return outcome
	}
	s, err := readReports(folder)
	if err != nil {
		return err
	}
	s.print(out)
	return outcome
}

// watched returns the root of the watched toolchain.
func watched(ctx context.Context) (string, error) {
	env, err := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w: is go in PATH?", err)
	}
	lines := strings.Split(strings.TrimSpace(string(env)), "\n")
	if len(lines) != 2 {
		return "", fmt.Errorf("go env says %q", env)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return toolchain.Make(strings.TrimSpace(lines[0]), strings.TrimSpace(lines[1]), filepath.Join(cache, "querybudget"), querybudget.Sources)
}
