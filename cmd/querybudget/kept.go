package main

import (
	"go/ast"
	"go/token"
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

// isKept reports whether code reads or sets a field, and puts nothing into a channel itself, starts nothing that
// might, and returns no channel of another function.
func isKept(body *ast.BlockStmt) bool {
	keeps, makes := false, false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.SendStmt:
			makes = true
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			for _, x := range n.Results {
				_, isCall := x.(*ast.CallExpr)
				keeps, makes = keeps || isField(x), makes || isCall
			}
		case *ast.CallExpr:
			makes = makes || nameOf(n.Fun) == "close"
		case *ast.AssignStmt:
			for i, x := range n.Rhs {
				keeps = keeps || isField(x) || i < len(n.Lhs) && isField(n.Lhs[i])
			}
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
	set := map[string]int{}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for i, left := range a.Lhs {
				set[nameOf(left)]++
				if a.Tok != token.DEFINE || len(a.Lhs) != len(a.Rhs) || !w.keeps(a.Rhs[i]) {
					set[nameOf(left)]++ // it may have another one
				}
			}
		}
		return true
	})
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && set[name.Name] == 1 {
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
