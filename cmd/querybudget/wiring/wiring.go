// Package wiring says what the source of an application tells of how it is wired: which
// tests call budgettest.Doctor, and where a database is opened unwatched or asked without
// a context. It reads syntax and no types: what it names is there, and more may be.
package wiring

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
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Package is a package of the application.
type Package struct {
	ImportPath string
	Dir        string

	// Doctors are the tests that call budgettest.Doctor or DoctorOf.
	Doctors []string
	// Unwatched are calls that open a database without sqlwrap or pgxwrap, NoContext those that
	// ask it without a context, as "file:line what".
	Unwatched, NoContext []string
	// Watches is set where sqlwrap or pgxwrap is imported.
	Watches bool
}

// Look reads packages as go list knows them.
func Look(ctx context.Context, patterns []string) ([]*Package, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-e", "-json=ImportPath,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Error"}, patterns...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	var all []*Package
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var in struct {
			ImportPath, Dir                              string
			GoFiles, CgoFiles, TestGoFiles, XTestGoFiles []string
			Error                                        *struct{ Err string }
		}
		switch err := d.Decode(&in); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("go list: %w", err)
		case in.Error != nil && in.Dir == "":
			return nil, fmt.Errorf("go list: %s", in.Error.Err)
		}
		p := &Package{ImportPath: in.ImportPath, Dir: in.Dir}
		for _, name := range slices.Concat(in.GoFiles, in.CgoFiles) {
			p.file(name, false)
		}
		for _, name := range slices.Concat(in.TestGoFiles, in.XTestGoFiles) {
			p.file(name, true)
		}
		all = append(all, p)
	}
}

const module = "github.com/querybudget/querybudget"

// file looks at one file. One that cannot be parsed does not compile: go says so.
func (p *Package) file(name string, isTest bool) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
	if err != nil {
		return
	}
	imports := importsOf(file)
	if isTest {
		p.tests(file, imports)
		return
	}
	for _, path := range imports {
		p.Watches = p.Watches || slices.Contains([]string{module + "/sqlwrap", module + "/pgxwrap", module + "/exporters/otelbudget"}, path)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		place := fmt.Sprintf("%s:%d", filepath.Join(p.Dir, name), set.Position(call.Pos()).Line)
		if what := cmp.Or(opens(call, imports), opensPgx(call, imports)); what != "" {
			p.Unwatched = append(p.Unwatched, place+" "+what)
		}
		if what := asksWithoutContext(call); what != "" {
			p.NoContext = append(p.NoContext, place+" "+what)
		}
		return true
	})
}

// importsOf are the paths of a file's imports by the names that it uses.
func importsOf(file *ast.File) map[string]string {
	out := map[string]string{}
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if path == pgxImports["pgx"] {
			name = "pgx"
		}
		if i.Name != nil {
			name = i.Name.Name
		}
		out[name] = path
	}
	return out
}

// tests notes the tests that call Doctor.
func (p *Package) tests(file *ast.File, imports map[string]string) {
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Body == nil || !strings.HasPrefix(fn.Name.Name, "Test") {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			isDoctor := ok && (calls(call, imports, module+"/budget/budgettest", "Doctor") || calls(call, imports, module+"/budget/budgettest", "DoctorOf"))
			if isDoctor && !slices.Contains(p.Doctors, fn.Name.Name) {
				p.Doctors = append(p.Doctors, fn.Name.Name)
			}
			return true
		})
	}
}

// calls reports whether a call is of a function of a package.
func calls(call *ast.CallExpr, imports map[string]string, path, function string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != function {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && imports[pkg.Name] == path
}

// pgxImports are the packages of pgx by their names: their paths end in a version.
var pgxImports = map[string]string{"pgx": "github.com/jackc/pgx/v5", "pgxpool": "github.com/jackc/pgx/v5/pgxpool"}

// opensPgx names a call that makes a pool or a connection of pgx. With a configuration it may
// be watched, where the file calls pgxwrap.
func opensPgx(call *ast.CallExpr, imports map[string]string) string {
	for _, open := range []struct {
		pkg, function string
		configured    bool
	}{
		{"pgxpool", "New", false}, {"pgx", "Connect", false}, {"pgxpool", "NewWithConfig", true}, {"pgx", "ConnectConfig", true},
	} {
		_, ours := imports["pgxwrap"]
		if calls(call, imports, pgxImports[open.pkg], open.function) && (!open.configured || !ours) {
			return open.pkg + "." + open.function
		}
	}
	return ""
}

// opens names a call that opens a database without sqlwrap.
func opens(call *ast.CallExpr, imports map[string]string) string {
	for _, open := range []struct{ path, function string }{
		{"database/sql", "Open"}, {"github.com/jmoiron/sqlx", "Open"}, {"github.com/jmoiron/sqlx", "Connect"}, {"github.com/jmoiron/sqlx", "MustConnect"},
		{"github.com/jmoiron/sqlx", "MustOpen"},
	} {
		if calls(call, imports, open.path, open.function) {
			return open.path[strings.LastIndexByte(open.path, '/')+1:] + "." + open.function
		}
	}
	if calls(call, imports, "database/sql", "OpenDB") && len(call.Args) == 1 && !isOurs(call.Args[0], imports) {
		return "sql.OpenDB"
	}
	return ""
}

// isOurs reports whether an argument of OpenDB is a call of ours. One that is a variable
// may be: it is not named.
func isOurs(arg ast.Expr, imports map[string]string) bool {
	call, ok := arg.(*ast.CallExpr)
	if !ok {
		return true
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	pkg, ok := sel.X.(*ast.Ident)
	return !ok || strings.HasPrefix(imports[pkg.Name], module) || imports[pkg.Name] == ""
}

var sqlText = regexp.MustCompile("(?is)^[\"`]\\s*(select|insert|update|delete|with|replace|merge|values)\\b")

// asksWithoutContext names a call such as db.Query("SELECT ..."): the methods that end in
// Context take a context.
func asksWithoutContext(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	at := 0 // of the statement
	switch sel.Sel.Name {
	case "Query", "QueryRow", "Exec", "Queryx", "QueryRowx", "MustExec", "NamedExec", "NamedQuery", "Prepare":
	case "Get", "Select":
		at = 1
	default:
		return ""
	}
	if len(call.Args) <= at {
		return ""
	}
	if text, ok := call.Args[at].(*ast.BasicLit); ok && text.Kind == token.STRING && sqlText.MatchString(text.Value) {
		return sel.Sel.Name
	}
	return ""
}
