package main

import (
	"go/ast"
	"go/token"
	"slices"
)

// A function that is given a statement and sends it, such as the Get of a wrapper around a
// handle, says nothing about who asks: its caller does. One that makes a statement of what it is
// given, or sends others too, is the place of those.

// relaysOf returns the lines of the calls in a file that hand on a statement, from those that a
// closure with such a call is handed to, such as a helper that tries again.
func relaysOf(set *token.FileSet, file *ast.File) (found [][2]int) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			r := relay{text: map[string]bool{}, args: map[string]bool{}, given: map[string]bool{}}
			r.parameters(f.Type.Params)
			for _, call := range r.calls(f.Body) {
				found = append(found, linesOf(set, call))
			}
		}
	}
	return found
}

// relay is what a function was given, by name: texts, lists of arguments, and anything.
type relay struct{ text, args, given map[string]bool }

func (r relay) parameters(list *ast.FieldList) {
	for _, field := range list.List {
		t, isName := field.Type.(*ast.Ident)
		for _, name := range field.Names {
			r.given[name.Name] = true
			r.text[name.Name] = isName && t.Name == "string"
			r.args[name.Name] = isListOfAny(field.Type)
		}
	}
}

// calls returns the outermost calls below a node that hand on a statement.
func (r relay) calls(body ast.Node) (found []ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			r.assigned(n)
		case *ast.CallExpr:
			if r.handsOn(n) || r.handsClosureOn(n) {
				found = append(found, n)
				return false
			}
		}
		return true
	})
	return found
}

// assigned takes note of the text and the arguments of a builder that the function was given, as
// in text, args, err := q.ToSql().
func (r relay) assigned(a *ast.AssignStmt) {
	call, ok := a.Rhs[0].(*ast.CallExpr)
	if !ok || len(a.Lhs) < 2 {
		return
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"ToSql", "MustSql", "ToSQL"}, method.Sel.Name) {
		return
	}
	if builder, ok := method.X.(*ast.Ident); ok && r.given[builder.Name] {
		r.text[nameOf(a.Lhs[0])], r.args[nameOf(a.Lhs[1])] = true, true
	}
}

// handsOn reports whether a call has a text and arguments that the function was given, as in
// Get(to, query, args...).
func (r relay) handsOn(call *ast.CallExpr) bool {
	last := len(call.Args) - 1
	return call.Ellipsis.IsValid() && last > 0 && r.args[nameOf(call.Args[last])] && slices.ContainsFunc(call.Args[:last], r.isText)
}

// handsClosureOn reports whether an argument of a call is a closure that hands on a statement.
func (r relay) handsClosureOn(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
		f, ok := arg.(*ast.FuncLit)
		return ok && len(r.calls(f.Body)) > 0
	})
}

// isText reports whether an argument is a text that the function was given, perhaps rebound.
func (r relay) isText(arg ast.Expr) bool {
	if call, ok := arg.(*ast.CallExpr); ok {
		method, isMethod := call.Fun.(*ast.SelectorExpr)
		return isMethod && method.Sel.Name == "Rebind" && slices.ContainsFunc(call.Args, r.isText)
	}
	return r.text[nameOf(arg)]
}

func nameOf(x ast.Expr) string {
	if i, ok := x.(*ast.Ident); ok {
		return i.Name
	}
	return ""
}

// isListOfAny reports whether a type is ...any or []any.
func isListOfAny(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ellipsis:
		return isAny(x.Elt)
	case *ast.ArrayType:
		return x.Len == nil && isAny(x.Elt)
	}
	return false
}

func isAny(x ast.Expr) bool {
	if i, ok := x.(*ast.InterfaceType); ok {
		return len(i.Methods.List) == 0
	}
	return nameOf(x) == "any"
}
