package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/packages"
	"github.com/querybudget/querybudget/cmd/querybudget/source"
	"github.com/querybudget/querybudget/cmd/querybudget/summary"

	querybudget "github.com/querybudget/querybudget"
	"github.com/querybudget/querybudget/cmd/querybudget/toolchain"
	"github.com/querybudget/querybudget/zerocode"
)

// watch is how the command go is called so that what it builds is watched.
type watch struct {
	root     string // of the watched toolchain
	env      []string
	goflags  string // the user's, without an overlay
	packages packages.List
	whole    packages.List // of the application, its tests apart
	testCode []string
	flags    []string // that the tests need
	noTurns  bool     // of workers, which marks in files of the application tell
}

// newWatch makes the watched toolchain for the go that the present folder has.
func newWatch(ctx context.Context) (*watch, error) {
	goroot, version, flags, err := goEnv(ctx)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("no folder for the watched toolchain: %w", err)
	}
	root, err := toolchain.Make(goroot, version, filepath.Join(cache, "querybudget"), querybudget.Sources)
	if err != nil {
		return nil, fmt.Errorf("making the watched toolchain: %w", err)
	}
	w := &watch{root: root, goflags: flags}
	w.set("GOROOT", root)
	w.set("GOTOOLCHAIN", "local")
	return w, nil
}

func goEnv(ctx context.Context) (goroot, version, flags string, err error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOVERSION", "GOFLAGS", "GOMOD", "GOWORK")
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", "", "", errors.New("there is no go in PATH: querybudget runs the tests with the Go that you have")
	case errors.As(err, &exit):
		return "", "", "", fmt.Errorf("go env: %s", strings.TrimSpace(string(exit.Stderr)))
	case err != nil:
		return "", "", "", fmt.Errorf("go env: %w", err)
	}
	lines := strings.Split(string(out), "\n")
	if len(lines) < 5 {
		return "", "", "", fmt.Errorf("go env says %q", out)
	}
	if (lines[3] == "" || lines[3] == os.DevNull) && lines[4] == "" {
		return "", "", "", errors.New("there is no go.mod here or above: run querybudget inside of a module")
	}
	return lines[0], lines[1], lines[2], nil
}

// set sets a variable of the environment.
func (w *watch) set(name, value string) { w.env = append(w.env, name+"="+value) }

func (w *watch) environ() []string { return append(os.Environ(), w.env...) }

func (w *watch) goTool() string { return filepath.Join(w.root, "bin", "go") }

// tests prepares the tests of packages: marks in an overlay, and what serves tests. Flags
// are those of go test. It returns them without an overlay, which is merged.
func (w *watch) tests(ctx context.Context, folder string, flags, patterns []string) ([]string, error) {
	flags, own := cutFlag(flags, "overlay")
	inEnv, fromEnv := cutFlag(strings.Fields(w.goflags), "overlay")
	own = cmp.Or(own, fromEnv)
	w.set("GOFLAGS", strings.Join(inEnv, " "))
	o, err := source.ReadOverlay(own)
	if err != nil {
		return nil, err
	}
	forList := buildFlags(flags)
	if own != "" {
		forList = append(forList, "-overlay", own)
	}
	if w.packages, err = packages.Of(ctx, w.goTool(), w.environ(), forList, patterns); err != nil {
		return nil, err
	}
	if w.whole, err = w.packages.Whole(ctx, w.goTool(), w.environ(), forList); err != nil {
		return nil, err
	}
	w.testCode = w.packages.TestCode(w.whole)
	w.set(zerocode.TestCodeVariable, strings.Join(append(w.packages.Folders(w.testCode), w.testCode...), ","))
	w.set(zerocode.ServersVariable, w.packages.Driver())
	w.set(zerocode.ModulesVariable, strings.Join(w.packages.Modules(), ","))
	tests, application := w.packages.Files(w.testCode)
	if err := o.Mark(tests, folder, source.MarkTests); err != nil {
		return nil, err
	}
	before := len(o.Replace)
	if err := o.Mark(application, folder, source.MarkApplication(w.packages.NamedForTests())); err != nil {
		return nil, err
	}
	w.noTurns = len(o.Replace) > before && slices.ContainsFunc(flags, isCover)
	name, err := o.Write(folder)
	if err != nil {
		return nil, err
	}
	settings, err := w.writeSettings(folder)
	if err != nil {
		return nil, err
	}
	w.forAll(inEnv, name, settings)
	return flags, nil
}

// settings are the variables that a watched program reads.
var settings = []string{zerocode.FolderVariable, zerocode.TestCodeVariable, zerocode.ModulesVariable, zerocode.ServersVariable}

// writeSettings writes them into a folder, for programs that somebody starts without these variables,
// and returns the file's name.
func (w *watch) writeSettings(folder string) (string, error) {
	var text strings.Builder
	for _, name := range settings {
		fmt.Fprintf(&text, "%s=%s\n", name, w.value(name))
	}
	name := filepath.Join(folder, "settings")
	return name, os.WriteFile(name, []byte(text.String()), 0o600)
}

// isCover reports whether a flag asks for coverage: Go's tool for it reads the files of the
// application without the overlay.
func isCover(flag string) bool {
	return strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(flag, "-"), "-"), "cover") && strings.HasPrefix(flag, "-")
}

// forAll sets the environment so that every go below is watched: tests may call it, too. Flags for
// the linker are the user's, if there are any.
func (w *watch) forAll(goflags []string, overlay, settings string) {
	set := "-overlay=" + overlay
	if strings.Contains(set, " ") {
		set = "'" + set + "'"
	}
	goflags = append(goflags, "-count=1", set)
	isOwn := slices.ContainsFunc(goflags, func(f string) bool { return strings.Contains(f, "-ldflags") })
	if !isOwn && !strings.ContainsAny(settings, " '\"") {
		goflags = append(goflags, "-ldflags=-X="+zerocode.SettingsVariable+"="+settings)
	}
	w.set("GOFLAGS", strings.Join(goflags, " "))
	w.set("PATH", filepath.Join(w.root, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// cutFlag takes a flag with a value out of flags.
func cutFlag(flags []string, name string) (rest []string, value string) {
	for i := 0; i < len(flags); i++ {
		f := strings.TrimPrefix(strings.TrimPrefix(flags[i], "-"), "-")
		switch v, ok := strings.CutPrefix(f, name+"="); {
		case flags[i] == "-args":
			return append(rest, flags[i:]...), value
		case ok:
			value = v
		case f == name && f != flags[i] && i+1 < len(flags):
			i++
			value = flags[i]
		default:
			rest = append(rest, flags[i])
		}
	}
	return rest, value
}

// listTakes are flags of go test that decide which files a package has; true for those
// with a value.
var listTakes = map[string]bool{"tags": true, "mod": true, "modfile": true, "race": false, "msan": false, "asan": false, "C": true}

// buildFlags returns those of the flags of go test that go list needs.
func buildFlags(flags []string) (build []string) {
	for i := 0; i < len(flags) && flags[i] != "-args"; i++ {
		name, _, hasValue := strings.Cut(strings.TrimLeft(flags[i], "-"), "=")
		value, known := listTakes[name]
		if !known || name == flags[i] {
			continue
		}
		build = append(build, flags[i])
		if value && !hasValue && i+1 < len(flags) {
			i++
			build = append(build, flags[i])
		}
	}
	return build
}

// about returns what is known beside the reports.
func (w *watch) about() summary.About {
	say := append(w.packages.NotSeen(), w.packages.Tagged()...)
	if w.noTurns {
		say = append(say, "with -cover, the turns of workers are not known: what an endless loop sends may be listed as one loop")
	}
	return summary.About{TestCode: w.testCode, NotSeen: say, Generated: w.packages.Generated(), Flags: w.flags, Code: slices.Concat(w.packages, w.whole).Code()}
}
