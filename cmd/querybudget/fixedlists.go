package main

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// A loop over a list that stands in the source, such as the roles of a new installation, has as
// many rounds in production as in a test: no data makes them more. So has one over the arguments of
// a function with "...", which the application calls with single ones.

// fixedLists are the lists that stand in the source of an application, as "import/path.Name", and
// the loops over lists: those whose list has a name wait for the other files.
type fixedLists struct {
	named map[string]bool // variables, and functions that return one; false for what is changed
	loops map[string][]fixedLoop
	calls map[string]calledWith // functions, by their names alone
}

func newFixedLists() fixedLists {
	return fixedLists{map[string]bool{}, map[string][]fixedLoop{}, map[string]calledWith{}}
}

// fixedLoop is a loop of a file, over a list with a name or, without one, over what stands in it.
type fixedLoop struct {
	lines [2]int
	over  string
}

// read reads a file of a package.
func (l fixedLists) read(of, name string, set *token.FileSet, file *ast.File) {
	imports := importsOf(file)
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			l.readVariables(of, d)
			l.readCode(&function{of: of, imports: imports}, d) // closures in variables
		case *ast.FuncDecl:
			if d.Body == nil {
				continue
			}
			if d.Recv == nil && isListReturned(d.Body) {
				l.add(of+"."+d.Name.Name, true)
			}
			in := &function{of: of, imports: imports, name: d.Name.Name, given: givenTo(d)}
			l.readCode(in, d)
			if found := in.loops(set, d.Body); len(found) > 0 {
				l.loops[name] = append(l.loops[name], found...)
			}
		}
	}
}

// readCode looks at what code declares, changes and calls.
func (l fixedLists) readCode(in *function, code ast.Node) {
	in.names, in.changed = map[string]bool{}, map[string]bool{}
	in.read(code)
	l.readCalls(in, code)
	for changed := range in.changed {
		l.add(changed, false)
	}
}

func (l fixedLists) readVariables(of string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range v.Names {
			l.add(of+"."+name.Name, i < len(v.Values) && (isList(v.Values[i]) || d.Tok == token.CONST && isSmall(v.Values[i])))
		}
	}
}

// add takes note of a name. What is changed once is no fixed list.
func (l fixedLists) add(name string, isFixed bool) {
	was, known := l.named[name]
	l.named[name] = isFixed && (was || !known)
}

// addAll adds what other files have.
func (l fixedLists) addAll(other fixedLists) {
	for name, isFixed := range other.named {
		l.add(name, isFixed)
	}
	for file, loops := range other.loops {
		l.loops[file] = append(l.loops[file], loops...)
	}
	for name, called := range other.calls {
		l.call(name, called)
	}
}

// isFixed reports whether a list with a name is one.
func (l fixedLists) isFixed(name string) bool {
	if of, ok := strings.CutPrefix(name, given); ok {
		return l.isGivenFew(of)
	}
	return name == "" || l.named[name]
}

// spans returns the lines of the loops over fixed lists.
func (l fixedLists) spans() spans {
	found := spans{}
	for file, loops := range l.loops {
		for _, loop := range loops {
			if l.isFixed(loop.over) {
				found[file] = append(found[file], loop.lines)
			}
		}
	}
	return found
}

// importsOf returns the packages that a file imports, by their names in it.
func importsOf(file *ast.File) map[string]string {
	imports := map[string]string{}
	for _, i := range file.Imports {
		of, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		if i.Name != nil {
			imports[i.Name.Name] = of
		} else {
			imports[path.Base(of)] = of
		}
	}
	return imports
}

// function is what a function says of names.
type function struct {
	of      string // the package
	imports map[string]string
	names   map[string]bool // its own variables: whether each is a list that nothing changes
	changed map[string]bool // variables of packages, as "import/path.Name"
	name    string
	given   string // its parameter with "..."
	// isChanged is set if that is another list afterwards.
	isChanged bool
}

// read looks at what is declared and changed. That of a closure is the function's.
func (in *function) read(code ast.Node) {
	declare := func(name string, isFixed bool) {
		_, known := in.names[name]
		in.names[name] = isFixed && !known
	}
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				declare(name.Name, false)
			}
		case *ast.RangeStmt:
			declare(nameOf(n.Key), false)
			declare(nameOf(n.Value), false)
		case *ast.ValueSpec:
			for i, name := range n.Names {
				declare(name.Name, i < len(n.Values) && isList(n.Values[i]))
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if name := nameOf(left); n.Tok == token.DEFINE && name != "" {
					declare(name, len(n.Lhs) == len(n.Rhs) && isList(n.Rhs[i]))
				} else {
					in.change(left)
				}
			}
		case *ast.UnaryExpr:
			if _, isElement := n.X.(*ast.IndexExpr); !isElement && n.Op == token.AND {
				in.change(n.X)
			}
		}
		return true
	})
}

// change takes note of a list that is another one afterwards, or a map with another key.
func (in *function) change(x ast.Expr) {
	if index, ok := x.(*ast.IndexExpr); ok {
		x = index.X
	}
	name := nameOf(x)
	if s, ok := x.(*ast.SelectorExpr); ok {
		if of, imported := in.imports[nameOf(s.X)]; imported {
			in.changed[of+"."+s.Sel.Name] = true
		}
	}
	in.isChanged = in.isChanged || name == in.given
	if _, own := in.names[name]; own {
		in.names[name] = false
	} else if name != "" {
		in.changed[in.of+"."+name] = true
	}
}

// loops returns the loops below a node over lists that may be fixed.
func (in *function) loops(set *token.FileSet, body ast.Node) (found []fixedLoop) {
	ast.Inspect(body, func(n ast.Node) bool {
		var over ast.Expr
		switch n := n.(type) {
		case *ast.RangeStmt:
			over = n.X
		case *ast.ForStmt:
			over = boundOf(n)
		case *ast.CallExpr:
			if loops(n) {
				over = n.Args[0]
			}
		}
		if over == nil {
			return true
		}
		if name, ok := in.list(over); ok {
			found = append(found, fixedLoop{linesOf(set, n), name})
		}
		return true
	})
	return found
}

// boundOf returns the number at which a loop ends that counts to it, nil for another loop.
func boundOf(n *ast.ForStmt) ast.Expr {
	cond, ok := n.Cond.(*ast.BinaryExpr)
	if ok && n.Init != nil && n.Post != nil && (cond.Op == token.LSS || cond.Op == token.LEQ) {
		return cond.Y
	}
	return nil
}

// list reports whether an expression may be a fixed list, and its name if other files tell.
func (in *function) list(x ast.Expr) (name string, ok bool) {
	if call, isCall := x.(*ast.CallExpr); isCall && len(call.Args) == 0 {
		x = call.Fun
	}
	switch x := x.(type) {
	case *ast.CompositeLit:
		return "", isList(x)
	case *ast.BasicLit:
		return "", isSmall(x)
	case *ast.Ident:
		if x.Name == in.given && in.given != "" && !in.isChanged {
			return given + in.name, true
		}
		if isFixed, own := in.names[x.Name]; own {
			return "", isFixed
		}
		return in.of + "." + x.Name, true
	case *ast.SelectorExpr:
		of, imported := in.imports[nameOf(x.X)]
		if _, own := in.names[nameOf(x.X)]; own || !imported {
			return "", false
		}
		return of + "." + x.Sel.Name, true
	}
	return "", false
}

// isList reports whether an expression is a list, or a map, with what stands in it.
func isList(x ast.Expr) bool {
	l, ok := x.(*ast.CompositeLit)
	return ok && len(l.Elts) > 0
}

// isSmall reports whether an expression is a small number. A large one is a guard, behind which the
// data ends.
func isSmall(x ast.Expr) bool {
	number, ok := x.(*ast.BasicLit)
	if !ok || number.Kind != token.INT {
		return false
	}
	n, err := strconv.ParseInt(number.Value, 0, 64)
	return err == nil && n < manyTimes
}

// isListReturned reports whether a function does nothing but return a list.
func isListReturned(body *ast.BlockStmt) bool {
	if len(body.List) != 1 {
		return false
	}
	r, ok := body.List[0].(*ast.ReturnStmt)
	return ok && len(r.Results) == 1 && isList(r.Results[0])
}

// isOfFixedList reports whether all loops of the source around what is sent go over fixed lists,
// and there is one. That of a line which everything passes tries again.
func (s *summary) isOfFixedList(f *seen) bool {
	if !f.isLoop() || f.worst.Count >= manyTimes {
		return false
	}
	n := 0
	for _, frame := range s.passed.own(f.frames, nil) {
		for _, loop := range s.loops.around(frame) {
			if !slices.Contains(s.fixedLists.around(frame), loop) {
				return false
			}
			n++
		}
	}
	return n > 0
}

// around returns the lines around a frame's.
func (s spans) around(f callsite.Frame) [][2]int {
	return slices.DeleteFunc(slices.Clone(s[fileOf(f)]), func(lines [2]int) bool { return f.Line < lines[0] || lines[1] < f.Line })
}
