package result

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// Locator makes the files of call sites, which are relative to their modules, relative to
// the root of the repository.
type Locator struct {
	// Root is the folder of the repository.
	Root string
	// Modules are those that lie in the repository: their folders, relative to Root and
	// with slashes, by their paths.
	Modules map[string]string
}

// NewLocator asks git and go about the folder that the command runs in. Without git, the
// root is that of the module or workspace.
func NewLocator(ctx context.Context) (*Locator, error) {
	l := &Locator{Modules: map[string]string{}}
	list := exec.CommandContext(ctx, "go", "list", "-m", "-json")
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m: %w: the command has to run in the module", err)
	}
	folders := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var m struct{ Path, Dir string }
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list -m: %w", err)
		}
		if l.Root == "" || len(m.Dir) < len(l.Root) {
			l.Root = m.Dir
		}
		folders[m.Path] = m.Dir
	}
	if top, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output(); err == nil {
		l.Root = filepath.FromSlash(strings.TrimSpace(string(top)))
	}
	for module, dir := range folders {
		if rel, err := filepath.Rel(l.Root, dir); err == nil && filepath.IsLocal(rel) {
			l.Modules[module] = filepath.ToSlash(rel)
		}
	}
	return l, nil
}

// Locate rewrites the files of all entries. What it does not know stays as it is.
func (l *Locator) Locate(r *Result) {
	packages := map[string]string{}
	for i := range r.Units {
		packages[r.Units[i].Name] = r.Units[i].Package
	}
	for _, e := range r.Entries {
		of := packages[e.Unit]
		e.File = l.file(e.File, e.FullFunction, of)
		e.Callers = slices.Clone(e.Callers)
		for i, f := range e.Callers {
			e.Callers[i].File = l.file(f.File, f.Function, of)
		}
	}
}

// file is a file of a function, in the tests of a package.
func (l *Locator) file(name, function, tested string) string {
	if name == "" {
		return ""
	}
	for module, dir := range l.Modules { // of another module, as in a workspace
		if rest, ok := strings.CutPrefix(name, module+"/"); ok {
			return path.Join(dir, rest)
		}
	}
	for _, of := range []string{callsite.Frame{Function: function}.Package(), tested} {
		if dir, ok := l.module(of); ok {
			return path.Join(dir, name)
		}
	}
	if len(l.Modules) == 1 {
		for _, dir := range l.Modules {
			return path.Join(dir, name)
		}
	}
	return name
}

// module returns the folder of the innermost module that a package is in.
func (l *Locator) module(pkg string) (dir string, ok bool) {
	best := ""
	for module := range l.Modules {
		if (pkg == module || strings.HasPrefix(pkg, module+"/") || strings.HasPrefix(pkg, module+"_test")) && len(module) >= len(best) {
			best, ok = module, true
		}
	}
	return l.Modules[best], ok
}
