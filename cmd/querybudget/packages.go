package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// listed is what the command go tells of a package.
type listed struct {
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

// packages are those that are tested, with what they are built from.
type packages []listed

// list asks the command go. Errors of packages are left to go test, which says them.
func list(ctx context.Context, goTool string, env, flags, patterns []string) (packages, error) {
	const fields = "-json=Dir,ImportPath,ForTest,Name,Standard,DepOnly,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,Imports,TestImports,XTestImports,Module"
	folder, flags := cutFolder(flags)
	args := slices.Concat([]string{"list"}, folder, []string{"-e", "-test", "-deps", fields}, flags, patterns)
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
	return all.withPlain(), err
}

func decode(from io.Reader) (all packages, err error) {
	for d := json.NewDecoder(from); ; {
		var p listed
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
func (all packages) withPlain() packages {
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

func (p *listed) isOwn() bool { return p.Module != nil && p.Module.Main }

// modules returns those of the application: the main ones, and those in folders that stand
// for others.
func (all packages) modules() (paths []string) {
	for _, p := range all {
		if m := p.Module; m != nil && (m.Main || m.Replace != nil && m.Replace.Version == "") && !slices.Contains(paths, m.Path) {
			paths = append(paths, m.Path)
		}
	}
	return paths
}

// isVariant reports whether it is a package as it is compiled for a test.
func (p *listed) isVariant() bool { return p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") }

// testOnly returns packages of the repository that serve its tests: nothing but tests
// imports them, and their names or what they import say so. A library's packages, which its
// own tests alone import, are not.
func (all packages) testOnly() []string {
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
			if !all.isImported(p.ImportPath, found) && (tested[p.ImportPath] || imported[p.ImportPath]) && servesTests(p) {
				found, changed = append(found, p.ImportPath), true
			}
		}
	}
	return found
}

// isImported reports whether a package that is none of those imports it.
func (all packages) isImported(importPath string, those []string) bool {
	return slices.ContainsFunc(all, func(p listed) bool {
		return p.isOwn() && !p.isVariant() && slices.Contains(p.Imports, importPath) && !slices.Contains(those, p.ImportPath)
	})
}

// servesTests reports whether a package imports what is for tests, or is called so.
func servesTests(p listed) bool {
	for _, i := range p.Imports {
		if isForTests(i) {
			return true
		}
	}
	name := strings.ToLower(path.Base(p.ImportPath))
	return slices.ContainsFunc([]string{"test", "fixture", "mock", "fake", "seed"}, func(word string) bool { return strings.Contains(name, word) })
}

// folder is where a package lies in its module, empty for the module's own folder.
func (p *listed) folder() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, p.Module.Path), "/")
}

// folders returns where packages lie on this machine.
func (all packages) folders(importPaths []string) (out []string) {
	for _, p := range all {
		if slices.Contains(importPaths, p.ImportPath) {
			out = append(out, filepath.ToSlash(p.Dir))
		}
	}
	return out
}

// testCode names what is test code outside of test files: packages that serve tests, and in
// others the files and functions that do.
func (all packages) testCode() []string {
	names, forTests := all.testOnly(), all.forTests()
	for _, p := range all { // their folders in the module, as call sites have them
		if p.Module == nil {
			continue
		}
		if folder := p.folder(); folder != "" && slices.Contains(names, p.ImportPath) {
			names = append(names, folder)
		}
	}
	for _, p := range all {
		if p.isVariant() || !p.isOwn() || slices.Contains(names, p.ImportPath) {
			continue
		}
		for _, name := range p.GoFiles {
			names = append(names, testCodeOf(p.ImportPath, filepath.Join(p.Dir, name), forTests)...)
		}
	}
	return names
}

// forTests are what only tests need of other modules.
var forTests = []string{"testing", "net/http/httptest", "github.com/stretchr/testify", "github.com/go-testfixtures/testfixtures"}

func isForTests(importPath string) bool {
	return slices.ContainsFunc(forTests, func(p string) bool { return importPath == p || strings.HasPrefix(importPath, p+"/") })
}

// testCodeOf names a file of the application that imports what tests need and is called
// like them, and else the functions in it that use that.
func testCodeOf(importPath, name string, forTests map[string]bool) (names []string) {
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
	return strings.Contains(text, "test") || strings.Contains(text, "ForTest")
}

// forTests returns the names of functions that are named for tests, such as "CreateUsersForTest",
// and that nothing else of the application mentions: a laboratory has reagents for a test.
func (all packages) forTests() map[string]bool {
	names, used := map[string]bool{}, map[string]bool{}
	for _, p := range all {
		if p.isVariant() || !p.isOwn() {
			continue
		}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil || !strings.Contains(string(text), "ForTest") {
				continue
			}
			if file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution); err == nil {
				readForTests(file, names, used)
			}
		}
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool { return used[name] })
	return names
}

// readForTests reads which such functions a file has, and which it mentions elsewhere.
func readForTests(file *ast.File, names, used map[string]bool) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && strings.Contains(f.Name.Name, "ForTest") {
			names[f.Name.Name] = true
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if x, ok := n.(*ast.Ident); ok && strings.Contains(x.Name, "ForTest") {
				used[x.Name] = true
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
		if p := strings.Trim(i.Path.Value, `"`); isForTests(p) {
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

// files returns the files of test code, which are those of the packages that are tested and
// those that serve tests, and the other ones of the application.
func (all packages) files(testCode []string) (tests, application []string) {
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

// generated returns the files that a generator wrote, as "import/path/file.go": a line in
// them says little about who asks.
func (all packages) generated() (files []string) {
	for _, p := range all {
		if p.isVariant() || !p.isOwn() {
			continue
		}
		for _, name := range p.GoFiles {
			if isGenerated(p.Dir, name) {
				files = append(files, p.ImportPath+"/"+name)
			}
		}
	}
	return files
}

// isGenerated reports whether a file says so, in Go's words for it or by the endings that
// generators without these words use.
func isGenerated(dir, name string) bool {
	for _, ending := range []string{".gen.go", "_gen.go", ".generated.go", "_generated.go"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
	return err == nil && ast.IsGenerated(file)
}

// servers are drivers of database/sql for database servers.
var servers = []string{
	"github.com/lib/pq", "github.com/jackc/pgx", "github.com/uptrace/bun/driver/pgdriver", "github.com/go-sql-driver/mysql",
	"github.com/microsoft/go-mssqldb", "github.com/denisenkom/go-mssqldb", "github.com/godror/godror", "github.com/sijms/go-ora",
	"github.com/ClickHouse/clickhouse-go", "github.com/snowflakedb/gosnowflake",
}

// server returns the driver for a server that the packages are built with, empty if there is
// none.
func (all packages) server() string {
	for _, p := range all {
		for _, driver := range servers {
			if rest, ok := strings.CutPrefix(p.ImportPath, driver); ok && (rest == "" || rest[0] == '/') {
				return driver
			}
		}
	}
	return ""
}

// unseen are packages that speak to a database without database/sql, and what to do.
var unseen = []struct{ path, say string }{
	{"github.com/jackc/pgx/v5/pgxpool", "what goes through pgx's own pool was not seen: see docs/pgx.md"},
	{"github.com/jackc/pgx/v4/pgxpool", "what goes through pgx's own pool was not seen"},
	{"github.com/go-pg/pg", "go-pg speaks to PostgreSQL without database/sql: it was not seen"},
	{"github.com/gocql/gocql", "gocql has no database/sql: it was not seen"},
	{"go.mongodb.org/mongo-driver", "MongoDB's driver has no database/sql: it was not seen"},
	{"zombiezen.com/go/sqlite", "zombiezen's SQLite has no database/sql: it was not seen"},
	{"crawshaw.io/sqlite", "crawshaw's SQLite has no database/sql: it was not seen"},
	{"cloud.google.com/go/spanner", "Spanner's own client was not seen"},
}

// notSeen says which of them the tests are built from. What the library of one imports by
// itself, such as pgx's own driver for database/sql its pool, need not be used.
func (all packages) notSeen() (say []string) {
	for _, u := range unseen {
		isIt := func(path string) bool { return path == u.path || strings.HasPrefix(path, u.path+"/") }
		if slices.ContainsFunc(all, func(p listed) bool {
			return root(p.ImportPath) != root(u.path) && slices.ContainsFunc(slices.Concat(p.Imports, p.TestImports, p.XTestImports), isIt)
		}) {
			say = append(say, u.say)
		}
	}
	return say
}

// root is the part of an import path that names a repository, as a rule.
func root(path string) string {
	parts := strings.SplitN(path, "/", 4)
	return strings.Join(parts[:min(3, len(parts))], "/")
}

// exists reports whether a command can be found.
func exists(command string) bool {
	_, err := exec.LookPath(command)
	return err == nil || !errors.Is(err, exec.ErrNotFound) && !os.IsNotExist(err)
}
