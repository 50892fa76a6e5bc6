package source

import (
	"go/ast"
	"go/token"
	"slices"
)

// A channel that a field, or a map in one, keeps outlives the call of the function that returns it: what
// comes from it are messages. One that a function makes for its caller, and fills, has the items of one
// call.

// readKeeper takes note of whether a function returns a channel that is kept.
func (w *workers) readKeeper(f *ast.FuncDecl) {
	was, known := w.keepers[f.Name.Name]
	w.keepers[f.Name.Name] = returnsChannel(f.Type) && isKept(f.Body) && (was || !known)
}

func returnsChannel(f *ast.FuncType) bool {
	if f.Results.NumFields() != 1 {
		return false
	}
	_, ok := f.Results.List[0].Type.(*ast.ChanType)
	return ok
}

// isKept reports whether what code returns is a field, or a variable that has the value of one or becomes
// it, and nothing is put into a channel there, or started or called that might.
func isKept(body *ast.BlockStmt) bool {
	kept := map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) >= len(a.Rhs) {
			for i, x := range a.Rhs {
				kept[nameOf(a.Lhs[i])] = kept[nameOf(a.Lhs[i])] || isField(x)
				kept[nameOf(x)] = kept[nameOf(x)] || isField(a.Lhs[i])
			}
		}
		return true
	})
	keeps, makes := false, false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.SendStmt:
			makes = true
		case *ast.ReturnStmt:
			for _, x := range n.Results {
				keeps = isField(x) || kept[nameOf(x)]
				makes = makes || !keeps
			}
		case *ast.CallExpr:
			makes = makes || nameOf(n.Fun) == "close" || slices.ContainsFunc(n.Args, func(x ast.Expr) bool { _, isFunc := x.(*ast.FuncLit); return isFunc || kept[nameOf(x)] })
		}
		return true
	})
	return keeps && !makes
}

// isField reports whether an expression is a field, or one of many in it.
func isField(x ast.Expr) bool {
	if index, ok := x.(*ast.IndexExpr); ok {
		x = index.X
	}
	_, ok := x.(*ast.SelectorExpr)
	return ok
}

// readKept takes note of the variables of a function that have a channel which is kept, and no other.
func (w *workers) readKept(f *ast.FuncDecl) {
	if f.Body == nil {
		return
	}
	kept, others := map[string]bool{}, map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				others[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				others[name.Name] = true
			}
		case *ast.RangeStmt:
			others[nameOf(n.Key)], others[nameOf(n.Value)] = true, true
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				isKept := n.Tok == token.DEFINE && len(n.Lhs) == len(n.Rhs) && w.keeps(n.Rhs[i])
				others[nameOf(left)] = others[nameOf(left)] || !isKept || kept[nameOf(left)]
				kept[nameOf(left)] = kept[nameOf(left)] || isKept
			}
		}
		return true
	})
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && kept[name.Name] && !others[name.Name] {
			w.kept[name] = true
		}
		return true
	})
}

// keeps reports whether an expression calls a function that returns a channel which is kept.
func (w *workers) keeps(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	name := called(call.Fun)
	return name != nil && w.keepers[name.Name]
}
