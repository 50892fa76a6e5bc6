package source

import (
	"go/ast"
	"go/token"
	"slices"
)

// An endless loop may leave a round of its work to a function, which also waits for the next one.

// callsWait reports whether code calls a function of its package that waits.
func (w *workers) callsWait(code ast.Node) (found bool) {
	inspectOnce(code, func(n ast.Node) {
		call := doesWork(n)
		if call == nil || found {
			return
		}
		if name := called(call.Fun); name != nil {
			bodies := w.bodies[name.Name]
			found = len(bodies) > 0 && !slices.ContainsFunc(bodies, func(b *ast.BlockStmt) bool { return !w.isWaiting(b) })
		}
	})
	return found
}

// doesWork returns the call of a statement that takes nothing from it but an error: who waits for a row
// takes the row. It is nil for all others.
func doesWork(n ast.Node) *ast.CallExpr {
	var x ast.Expr
	switch n := n.(type) {
	case *ast.ExprStmt:
		x = n.X
	case *ast.AssignStmt:
		if len(n.Lhs) == 1 && len(n.Rhs) == 1 && nameOf(n.Lhs[0]) == "err" {
			x = n.Rhs[0]
		}
	}
	call, _ := x.(*ast.CallExpr)
	return call
}

// isWaiting reports whether code sleeps, or waits for a channel that outlives the call.
func (w *workers) isWaiting(code ast.Node) (found bool) {
	inspectOnce(code, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || isSleep(n)
		case *ast.ExprStmt, *ast.AssignStmt:
			found = found || w.isWait(n.(ast.Stmt))
		case *ast.SelectStmt:
			found = found || len(w.branches(n, false)) > 0
		}
	})
	return found
}

// inspectOnce looks at what code does once each time it runs. What a select waits for is a matter of the
// select.
func inspectOnce(code ast.Node, look func(ast.Node)) {
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit, *ast.GoStmt, *ast.DeferStmt:
			return false
		case *ast.SelectStmt:
			look(n)
			for _, c := range n.Body.List {
				for _, s := range c.(*ast.CommClause).Body {
					inspectOnce(s, look)
				}
			}
			return false
		case nil:
			return true
		default:
			look(n)
			return true
		}
	})
}

// endsWithoutError reports whether an endless loop ends for another reason than an error: a try that
// succeeds, or pages that are all read.
func endsWithoutError(body *ast.BlockStmt) bool {
	return exits(body, func(n ast.Node) bool {
		s, ok := n.(*ast.IfStmt)
		return ok && isError(s.Cond) && s.Else == nil && !hasCondition(s.Body)
	})
}

// hasCondition reports whether code has a condition: which error it is, for instance.
func hasCondition(code ast.Node) (found bool) {
	ast.Inspect(code, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.IfStmt, *ast.SwitchStmt:
			found = true
		}
		return !found
	})
	return found
}

// isError reports whether a condition is that of an error: err != nil.
func isError(cond ast.Expr) bool {
	c, ok := cond.(*ast.BinaryExpr)
	return ok && c.Op == token.NEQ && nameOf(c.X) == "err" && nameOf(c.Y) == "nil"
}
