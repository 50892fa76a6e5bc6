package source

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
)

// What a function says of lists: which it declares, which it changes, and over which it loops. Types
// are not known, names are.

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
	names   map[string]int  // its own variables: the length of a list that nothing changes
	changed map[string]bool // variables of packages, as "import/path.Name"
	// parameters are the names of what it is given, by those of its parameters. It is unsure of those
	// that are another list afterwards, or share their name with a variable.
	parameters map[string]string
	unsure     map[string]bool
	mayBeMaps  map[string]bool // of the parameters: whoever is given one may put keys into it
}

// read looks at what is declared and changed. That of a closure is the function's.
func (in *function) read(code ast.Node) {
	declare := func(name string, length int) {
		if _, known := in.names[name]; known {
			in.unsure[name], length = true, 0
		}
		in.names[name] = length
	}
	var around []ast.Node
	jumps := hasGoto(code)
	ast.Inspect(code, func(n ast.Node) bool {
		if n == nil {
			around = around[:len(around)-1]
			return true
		}
		around = append(around, n)
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				declare(name.Name, 0)
			}
		case *ast.Ident:
			if in.mayBeMaps[n.Name] && !isLook(n, around[:len(around)-1]) {
				in.unsure[n.Name] = true
			}
		case *ast.RangeStmt:
			for _, x := range []ast.Expr{n.Key, n.Value} {
				if n.Tok == token.ASSIGN {
					in.change(x)
				} else if nameOf(x) != "" && nameOf(x) != "_" {
					declare(nameOf(x), 0)
				}
			}
		case *ast.IncDecStmt:
			in.change(n.X)
		case *ast.ValueSpec:
			for i, name := range n.Names {
				length := sliceAt(n.Values, i)
				if _, isSlice := n.Type.(*ast.ArrayType); isSlice && len(n.Values) == 0 {
					length = empty
				}
				declare(name.Name, length)
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				switch name := nameOf(left); {
				case n.Tok == token.DEFINE && name != "":
					declare(name, sliceAt(n.Rhs, i))
				case in.names[name] != 0 && added(n, name) > 0 && !jumps && !slices.ContainsFunc(around, isRepeated):
					in.names[name] = max(in.names[name], 0) + added(n, name)
				default:
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

// added returns how many values are added to a list one by one, as in list = append(list, a, b); 0 for
// anything else.
func added(n *ast.AssignStmt, list string) int {
	if len(n.Rhs) != 1 || len(n.Lhs) != 1 || n.Tok != token.ASSIGN {
		return 0
	}
	call, ok := n.Rhs[0].(*ast.CallExpr)
	if !ok || nameOf(call.Fun) != "append" || call.Ellipsis.IsValid() || len(call.Args) == 0 || nameOf(call.Args[0]) != list {
		return 0
	}
	return len(call.Args) - 1
}

// hasGoto reports whether code may go back.
func hasGoto(code ast.Node) (found bool) {
	ast.Inspect(code, func(n ast.Node) bool {
		b, ok := n.(*ast.BranchStmt)
		found = found || ok && b.Tok == token.GOTO
		return !found
	})
	return found
}

// isLook reports whether a name stands where nothing can put keys into what has it: in a range, before an
// index, in len(x), or where it is declared.
func isLook(name *ast.Ident, around []ast.Node) bool {
	if len(around) == 0 {
		return false
	}
	switch in := around[len(around)-1].(type) {
	case *ast.RangeStmt:
		return in.X == name
	case *ast.IndexExpr:
		return in.X == name
	case *ast.CallExpr:
		return nameOf(in.Fun) == "len"
	case *ast.Field:
		return true
	}
	return false
}

// isRepeated reports whether a node may run what is in it several times.
func isRepeated(n ast.Node) bool {
	switch n.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit:
		return true
	}
	return false
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
	in.unsure[name] = true
	if _, own := in.names[name]; own {
		in.names[name] = 0
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
		case *ast.CallExpr:
			if takesItems(n) {
				over = n.Args[0]
			}
		}
		if over == nil {
			return true
		}
		if loop, ok := in.list(over); ok {
			loop.lines = linesOf(set, n)
			found = append(found, loop)
		}
		return true
	})
	return found
}

// list reports whether an expression may be a fixed list: how long it is, or its name if other files
// tell.
func (in *function) list(x ast.Expr) (loop fixedLoop, ok bool) {
	if call, isCall := x.(*ast.CallExpr); isCall && len(call.Args) == 0 {
		x = call.Fun
	}
	switch x := x.(type) {
	case *ast.CompositeLit:
		return fixedLoop{rounds: len(x.Elts)}, len(x.Elts) > 0
	case *ast.Ident:
		if parameter, ok := in.parameters[x.Name]; ok && !in.unsure[x.Name] {
			return fixedLoop{over: parameter}, true
		}
		if length, own := in.names[x.Name]; own {
			return fixedLoop{rounds: length}, length > 0
		}
		return fixedLoop{over: in.of + "." + x.Name}, true
	case *ast.SelectorExpr:
		of, imported := in.imports[nameOf(x.X)]
		if _, own := in.names[nameOf(x.X)]; own || !imported {
			return loop, false
		}
		return fixedLoop{over: of + "." + x.Sel.Name}, true
	}
	return loop, false
}

// empty is the length of a slice that nothing was put into yet.
const empty = -1

// sliceAt returns the length of a slice with what stands in it, 0 for anything else. A map may be
// given other keys by whoever has it.
func sliceAt(values []ast.Expr, i int) int {
	if i >= len(values) {
		return 0
	}
	l, ok := values[i].(*ast.CompositeLit)
	if !ok {
		return 0
	}
	if _, isSlice := l.Type.(*ast.ArrayType); !isSlice {
		return 0
	}
	if len(l.Elts) == 0 {
		return empty
	}
	return len(l.Elts)
}

// listReturned returns the length of the list that a function returns, and does nothing else.
func listReturned(body *ast.BlockStmt) int {
	if len(body.List) != 1 {
		return 0
	}
	r, ok := body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return 0
	}
	l, ok := r.Results[0].(*ast.CompositeLit)
	if !ok {
		return 0
	}
	return len(l.Elts)
}
