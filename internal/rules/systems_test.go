package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What nobody runs here has to compile: 32 bits, and each kind of system. Types are checked from the sources, which
// takes seconds: a compiler has to begin with the standard library for each of them. `make cross` assembles the rest.
func TestOtherSystems(t *testing.T) {
	for _, system := range []string{"linux/386", "windows/amd64", "darwin/arm64", "js/wasm"} {
		t.Run(system, func(t *testing.T) {
			goos, goarch, _ := strings.Cut(system, "/")
			checked := sources{fset: token.NewFileSet(), sizes: types.SizesFor("gc", goarch), done: map[string]*types.Package{}}
			for _, pkg := range packagesFor(t, goos, goarch) {
				if err := checked.check(pkg); err != nil {
					t.Fatalf("%s: %v", pkg.ImportPath, err)
				}
			}
			if checked.done[module+"/sqlwrap"] == nil {
				t.Fatal("nothing of ours was checked")
			}
		})
	}
}

// A test of a check that finds nothing: what is wrong on one system alone has to be found there.
func TestOtherSystemsAreTold(t *testing.T) {
	name := filepath.Join(t.TempDir(), "wide.go")
	if err := os.WriteFile(name, []byte("package wide\n\nconst Most int = 1 << 40\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for goarch, isRight := range map[string]bool{"amd64": true, "386": false} {
		checked := sources{fset: token.NewFileSet(), sizes: types.SizesFor("gc", goarch), done: map[string]*types.Package{}}
		err := checked.check(&goPackage{ImportPath: module + "/wide", Dir: filepath.Dir(name), GoFiles: []string{"wide.go"}})
		if (err == nil) != isRight {
			t.Errorf("%s: %v", goarch, err)
		}
	}
}

// goPackage is what go list says of a package.
type goPackage struct {
	ImportPath, Dir string
	Standard        bool
	GoFiles         []string
	ImportMap       map[string]string
}

// packagesFor returns all packages of the root module and what they import, what is imported first.
func packagesFor(t *testing.T, goos, goarch string) (all []*goPackage) {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Standard,GoFiles,ImportMap", "./...")
	cmd.Dir, cmd.Env = root(t), append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg goPackage
		switch err := d.Decode(&pkg); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, &pkg)
	}
}

// sources checks packages from their sources, one after the other.
type sources struct {
	fset  *token.FileSet
	sizes types.Sizes
	done  map[string]*types.Package
}

func (s *sources) check(pkg *goPackage) error {
	isOurs := strings.HasPrefix(pkg.ImportPath, module)
	var files []*ast.File
	for _, name := range pkg.GoFiles {
		file, err := parser.ParseFile(s.fset, filepath.Join(pkg.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	config := types.Config{Sizes: s.sizes, IgnoreFuncBodies: !isOurs, Importer: importer(func(path string) (*types.Package, error) {
		return s.imported(pkg, path)
	})}
	if !isOurs {
		config.Error = func(error) {} // an import that only bodies use, which are not read
	}
	checked, err := config.Check(pkg.ImportPath, s.fset, files, nil)
	s.done[pkg.ImportPath] = checked
	if !isOurs {
		return nil
	}
	return err
}

// imported returns the package that a file of another one imports.
func (s *sources) imported(by *goPackage, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if vendored := by.ImportMap[path]; vendored != "" {
		path = vendored
	}
	if done := s.done[path]; done != nil {
		return done, nil
	}
	return nil, fmt.Errorf("%s is not among what go list names", path)
}

type importer func(string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }
