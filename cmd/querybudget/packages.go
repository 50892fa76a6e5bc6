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

// list asks the command go about packages, their tests, and all that they are built from.
func list(ctx context.Context, goTool string, env, flags, patterns []string) (packages, error) {
	folder, flags := cutFolder(flags)
	all, err := ask(ctx, goTool, env, slices.Concat(folder, []string{"-test", "-deps"}, flags, patterns))
	return all.withPlain(), err
}

// listModules asks it about all packages of the application, whose modules some packages have told.
func (all packages) listModules(ctx context.Context, goTool string, env, flags []string) (packages, error) {
	var patterns []string
	for _, p := range all {
		if p.isOwn() && !slices.Contains(patterns, p.Module.Path+"/...") {
			patterns = append(patterns, p.Module.Path+"/...")
		}
	}
	if patterns == nil {
		return nil, nil
	}
	folder, flags := cutFolder(flags)
	return ask(ctx, goTool, env, slices.Concat(folder, flags, patterns))
}

// ask runs go list. Errors of packages are left to go test, which says them.
func ask(ctx context.Context, goTool string, env, args []string) (packages, error) {
	const fields = "-json=Dir,ImportPath,ForTest,Name,Standard,DepOnly,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles,Imports,TestImports,XTestImports,Module"
	folder, args := cutFolder(args)
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

// isOfApplication is true of those in folders that stand for other modules, too.
func (p *listed) isOfApplication() bool {
	return p.isOwn() || p.Module != nil && p.Module.Replace != nil && p.Module.Replace.Version == ""
}

// modules returns those of the application: the main ones, and those in folders that stand
// for others.
func (all packages) modules() (paths []string) {
	for _, p := range all {
		if p.isOfApplication() && !slices.Contains(paths, p.Module.Path) {
			paths = append(paths, p.Module.Path)
		}
	}
	return paths
}

// isVariant reports whether it is a package as it is compiled for a test.
func (p *listed) isVariant() bool { return p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") }

// testOnly returns packages of the repository that serve its tests: nothing but tests
// imports them in the whole application, and their names or what they import say so. A
// library's packages, which its own tests alone import, are not.
func (all packages) testOnly(whole packages) []string {
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

// isGenerated reports whether a file says so, in Go's words for it or in others, or by the endings that
// generators without words use.
func isGenerated(dir, name string) bool {
	for _, ending := range []string{".gen.go", "_gen.go", ".generated.go", "_generated.go"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
	return err == nil && (ast.IsGenerated(file) || saysGenerated(file))
}

// saysGenerated reports whether a line of the comments before the package clause says that a file was
// generated, and that line or the next ends with not to edit it.
func saysGenerated(file *ast.File) bool {
	isSaid := false
	for _, c := range file.Comments {
		if c.End() >= file.Package {
			break
		}
		for line := range strings.Lines(strings.ToLower(c.Text())) {
			says := strings.Contains(line, "generated")
			if (says || isSaid) && strings.HasSuffix(strings.Trim(line, ". \n"), "do not edit") {
				return true
			}
			isSaid = says
		}
	}
	return false
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
	{"go.mongodb.org/mongo-driver/mongo", "MongoDB's driver has no database/sql: it was not seen"},
	{"go.mongodb.org/mongo-driver/v2/mongo", "MongoDB's driver has no database/sql: it was not seen"},
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
