package source

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// forTests are what only tests need of other modules.
var forTests = []string{"testing", "net/http/httptest", "github.com/stretchr/testify", "github.com/go-testfixtures/testfixtures"}

// IsForTests reports whether only tests need a package.
func IsForTests(importPath string) bool {
	return slices.ContainsFunc(forTests, func(p string) bool { return importPath == p || strings.HasPrefix(importPath, p+"/") })
}

// TestCodeOf names a file of the application that imports what tests need and is called
// like them, and else the functions in it that use that.
func TestCodeOf(importPath, name string, forTests map[string]bool) (names []string) {
	text, err := os.ReadFile(name)
	if err != nil || !mayServeTests(string(text)) {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	if base := strings.ToLower(filepath.Base(name)); len(testImports(file)) > 0 && (strings.Contains(base, "test") || strings.Contains(base, "fixture")) {
		return []string{importPath + "/" + filepath.Base(name)}
	}
	for _, f := range testFunctions(file, forTests) {
		names = append(names, importPath+"."+nameOfFunc(f))
	}
	return names
}

// mayServeTests is quick to say that nothing in a file is for tests.
func mayServeTests(text string) bool {
	return strings.Contains(text, "test") || mayBeNamedForTests(text)
}

func mayBeNamedForTests(text string) bool {
	return strings.Contains(text, "ForTest") || strings.Contains(text, "Testing")
}

// isNamedForTests reports whether a function has a name as those for tests have:
// "CreateUsersForTest", "TestingGetAllSegments".
func isNamedForTests(name string) bool {
	rest, ok := strings.CutPrefix(name, "Testing")
	return strings.Contains(name, "ForTest") || ok && strings.TrimLeftFunc(rest, unicode.IsUpper) != rest
}

// NamesForTests are the names of functions that are named for tests, and which of them the application
// mentions elsewhere: a laboratory has reagents for a test.
type NamesForTests struct{ names, used map[string]bool }

// NewNamesForTests returns those of no file.
func NewNamesForTests() NamesForTests { return NamesForTests{map[string]bool{}, map[string]bool{}} }

// Read reads a file of the application. One that cannot be parsed says nothing.
func (n NamesForTests) Read(name string) {
	text, err := os.ReadFile(name)
	if err != nil || !mayBeNamedForTests(string(text)) {
		return
	}
	if file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution); err == nil {
		n.read(file)
	}
}

// Unused returns the names that nothing else mentions.
func (n NamesForTests) Unused() map[string]bool {
	maps.DeleteFunc(n.names, func(name string, _ bool) bool { return n.used[name] })
	return n.names
}

func (n NamesForTests) read(file *ast.File) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && isNamedForTests(f.Name.Name) {
			n.names[f.Name.Name] = true
			continue
		}
		ast.Inspect(d, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.InterfaceType:
				return false // it only says that there is one
			case *ast.Ident:
				n.used[x.Name] = n.used[x.Name] || isNamedForTests(x.Name)
			}
			return true
		})
	}
}

// testFunctions returns the functions of a file that use what only tests need, or are named for
// them.
func testFunctions(file *ast.File, forTests map[string]bool) (functions []*ast.FuncDecl) {
	used := testImports(file)
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && (forTests[f.Name.Name] || uses(f, used)) {
			functions = append(functions, f)
		}
	}
	return functions
}

// testImports returns the names by which a file imports what only tests need.
func testImports(file *ast.File) map[string]bool {
	used := map[string]bool{}
	for _, i := range file.Imports {
		if p := strings.Trim(i.Path.Value, `"`); IsForTests(p) {
			used[cmp.Or(nameOfImport(i), path.Base(strings.TrimSuffix(p, "/v3")))] = true
		}
	}
	return used
}

func nameOfImport(i *ast.ImportSpec) string {
	if i.Name == nil {
		return ""
	}
	return i.Name.Name
}

// uses reports whether a function mentions one of some packages.
func uses(f *ast.FuncDecl, packages map[string]bool) (found bool) {
	if len(packages) == 0 {
		return false
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && packages[x.Name] {
				found = true
			}
		}
		return !found
	})
	return found
}

// nameOfFunc is the name that a function has on a stack, behind its package.
func nameOfFunc(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
		return "(*" + nameOfType(star.X) + ")." + f.Name.Name
	}
	return nameOfType(f.Recv.List[0].Type) + "." + f.Name.Name
}

// nameOfType is the name of a receiver's type on a stack: "Store", or "Store[...]" with parameters.
func nameOfType(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.IndexExpr:
		return nameOfType(x.X) + "[...]"
	case *ast.IndexListExpr:
		return nameOfType(x.X) + "[...]"
	case *ast.ParenExpr:
		return nameOfType(x.X)
	}
	return ""
}
