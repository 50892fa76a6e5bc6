// Package packages asks the command go which packages a scan is about, and tells what matters of them: which code
// serves tests, which files a generator wrote, which databases they speak to.
package packages

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/source"
)

// Package is what the command go tells of a package.
type Package struct {
	Dir, ImportPath, ForTest, Name     string
	Standard, DepOnly                  bool
	GoFiles, CgoFiles                  []string
	TestGoFiles, XTestGoFiles          []string
	IgnoredGoFiles                     []string
	Imports, TestImports, XTestImports []string
	Module                             *struct {
		Path    string
		Main    bool
		Replace *struct{ Version string }
	}
}

// List is packages that are tested, with what they are built from.
type List []Package

// Of asks the command go about packages, their tests, and all that they are built from. Flags are those of go
// test that go list knows, too. An error is what the command said; what is wrong with a package is left to go test.
func Of(ctx context.Context, goTool string, env, flags, patterns []string) (List, error) {
	folder, flags := CutFolder(flags)
	all, err := ask(ctx, goTool, env, slices.Concat(folder, []string{"-test", "-deps"}, flags, patterns))
	return all.withPlain(), err
}

// Whole asks the command go about all packages of the application, whose modules some packages have told.
func (all List) Whole(ctx context.Context, goTool string, env, flags []string) (List, error) {
	var patterns []string
	for _, p := range all {
		if p.isOwn() && !slices.Contains(patterns, p.Module.Path+"/...") {
			patterns = append(patterns, p.Module.Path+"/...")
		}
	}
	if patterns == nil {
		return nil, nil
	}
	folder, flags := CutFolder(flags)
	return ask(ctx, goTool, env, slices.Concat(folder, flags, patterns))
}

// ask runs go list.
func ask(ctx context.Context, goTool string, env, args []string) (List, error) {
	const fields = "-json=Dir,ImportPath,ForTest,Name,Standard,DepOnly,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,Imports,TestImports,XTestImports,Module"
	folder, args := CutFolder(args)
	args = slices.Concat([]string{"list"}, folder, []string{"-e", fields}, args)
	cmd := exec.CommandContext(ctx, goTool, args...)
	var said strings.Builder
	cmd.Env, cmd.Stderr = env, &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	all, err := decode(out)
	if failed := cmd.Wait(); failed != nil {
		return nil, fmt.Errorf("go list: %s", cmp.Or(strings.TrimSpace(said.String()), failed.Error()))
	}
	return all, err
}

func decode(from io.Reader) (all List, err error) {
	for d := json.NewDecoder(from); ; {
		var p Package
		if err := d.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if !p.Standard {
			all = append(all, p)
		}
	}
}

// withPlain adds the packages that are compiled for tests only, such as one that nothing but
// tests imports and that imports what is tested, under their own names.
func (all List) withPlain() List {
	plain := map[string]bool{}
	for _, p := range all {
		plain[p.ImportPath] = true
	}
	for _, p := range all {
		path, isFor := nameOfVariant(p.ImportPath)
		if !isFor || plain[path] || path == p.ForTest+"_test" {
			continue
		}
		plain[path] = true
		p.ImportPath, p.ForTest = path, ""
		p.Imports = slices.Clone(p.Imports)
		for i, imported := range p.Imports {
			p.Imports[i], _ = nameOfVariant(imported)
		}
		all = append(all, p)
	}
	return all
}

// nameOfVariant is "a/b" of "a/b [a/b.test]".
func nameOfVariant(importPath string) (path string, isFor bool) {
	path, _, isFor = strings.Cut(importPath, " [")
	return path, isFor
}

func (p *Package) isOwn() bool { return p.Module != nil && p.Module.Main }

// isOfApplication is true of those in folders that stand for other modules, too.
func (p *Package) isOfApplication() bool {
	return p.isOwn() || p.Module != nil && p.Module.Replace != nil && p.Module.Replace.Version == ""
}

// Modules returns those of the application: the main ones, and those in folders that stand
// for others.
func (all List) Modules() (paths []string) {
	for _, p := range all {
		if p.isOfApplication() && !slices.Contains(paths, p.Module.Path) {
			paths = append(paths, p.Module.Path)
		}
	}
	return paths
}

// isVariant reports whether it is a package as it is compiled for a test.
func (p *Package) isVariant() bool {
	return p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test")
}

// testOnly returns packages of the repository that serve its tests: nothing but tests
// imports them in the whole application, and their names or what they import say so. A
// library's packages, which its own tests alone import, are not, but for those in folders for tests.
func (all List) testOnly(whole List) []string {
	all = slices.Concat(all, whole).once()
	imported, tested := map[string]bool{}, map[string]bool{}
	for _, p := range all {
		if !p.isOwn() || p.isVariant() {
			continue
		}
		for _, i := range p.Imports {
			imported[i] = true
		}
		for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
			if i != p.ImportPath {
				tested[i] = true
			}
		}
	}
	var found []string
	for changed := true; changed; { // one that test packages alone import is one, too
		changed = false
		for _, p := range all {
			if !p.isOwn() || p.isVariant() || p.Name == "main" || slices.Contains(found, p.ImportPath) {
				continue
			}
			isUsed := tested[p.ImportPath] || imported[p.ImportPath]
			if !all.isImported(&p, found) && (isUsed && servesTests(p) || p.isSuite()) {
				found, changed = append(found, p.ImportPath), true
			}
		}
	}
	return found
}

// isImported reports whether a package that is none of those imports it. A command that fills a database with
// fixtures is none either.
func (all List) isImported(imported *Package, those []string) bool {
	return slices.ContainsFunc(all, func(p Package) bool {
		isCommand := p.Name == "main" && imported.isNamed("seed", "fixture") && p.isNamed("seed", "fixture", "migrat")
		return p.isOwn() && !p.isVariant() && !isCommand && slices.Contains(p.Imports, imported.ImportPath) && !slices.Contains(those, p.ImportPath)
	})
}

// isNamed reports whether one of some words is in the last part of a package's path.
func (p *Package) isNamed(words ...string) bool {
	name := strings.ToLower(path.Base(p.ImportPath))
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(name, word) })
}

// servesTests reports whether a package imports what is for tests, or is called so.
func servesTests(p Package) bool {
	for _, i := range p.Imports {
		if source.IsForTests(i) {
			return true
		}
	}
	return p.isNamed("test", "fixture", "mock", "fake", "seed") || p.isInTestFolder()
}

// isSuite reports whether a package that nobody imports has tests in a folder for them, and beside these what they
// share. In a laboratory's application, a folder of tests may be none.
func (p *Package) isSuite() bool {
	return p.isInTestFolder() && (len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 || slices.ContainsFunc(p.Imports, source.IsForTests))
}

func (p *Package) isInTestFolder() bool {
	return slices.ContainsFunc(strings.Split(p.folder(), "/"), func(folder string) bool { return folder == "test" || folder == "tests" })
}

// folder is where a package lies in its module, empty for the module's own folder.
func (p *Package) folder() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, p.Module.Path), "/")
}

// Folders returns where packages lie on this machine.
func (all List) Folders(importPaths []string) (out []string) {
	for _, p := range all {
		if slices.Contains(importPaths, p.ImportPath) {
			out = append(out, filepath.ToSlash(p.Dir))
		}
	}
	return out
}

// Files returns the files of test code, which are those of the packages that are tested and
// those that serve tests, and the other ones of the application.
func (all List) Files(testCode []string) (tests, application []string) {
	for _, p := range all {
		if p.isVariant() || !p.isOwn() {
			continue
		}
		for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			tests = append(tests, filepath.Join(p.Dir, name))
		}
		for _, name := range p.GoFiles {
			to := &application
			if slices.Contains(testCode, p.ImportPath) || slices.Contains(testCode, p.ImportPath+"/"+name) {
				to = &tests
			}
			*to = append(*to, filepath.Join(p.Dir, name))
		}
	}
	slices.Sort(tests)
	slices.Sort(application)
	return slices.Compact(tests), slices.Compact(application)
}

// Generated returns the files that a generator wrote, as "import/path/file.go": a line in
// them says little about who asks.
func (all List) Generated() (files []string) {
	for _, p := range all {
		if p.isVariant() || !p.isOwn() {
			continue
		}
		for _, name := range p.GoFiles {
			if source.IsGenerated(p.Dir, name) {
				files = append(files, p.ImportPath+"/"+name)
			}
		}
	}
	return files
}

// CutFolder takes a flag -C at the beginning of flags.
func CutFolder(flags []string) (folder, rest []string) {
	switch {
	case len(flags) > 1 && (flags[0] == "-C" || flags[0] == "--C"):
		return flags[:2], flags[2:]
	case len(flags) > 0 && (strings.HasPrefix(flags[0], "-C=") || strings.HasPrefix(flags[0], "--C=")):
		return flags[:1], flags[1:]
	}
	return nil, flags
}
