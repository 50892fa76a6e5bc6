package main

import (
	"go/ast"
	"go/token"
	"slices"
)

// A function that is given a statement and sends it, such as the Get of a wrapper around a
// handle, says nothing about who asks: its caller does.

// relaysOf returns the lines of such functions of a file.
func relaysOf(set *token.FileSet, file *ast.File) (found [][2]int) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && isRelay(f) {
			found = append(found, linesOf(set, f))
		}
	}
	return found
}

// isRelay reports whether a function hands on a text with its arguments, as in
// Get(to, query, args...), or makes the text of a builder that it is given, as in q.ToSql().
func isRelay(f *ast.FuncDecl) (found bool) {
	given := map[string]ast.Expr{} // types by the names of parameters
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			given[name.Name] = field.Type
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			found = found || handsOn(call, given) || makesText(call, given)
		}
		return !found
	})
	return found
}

// handsOn reports whether a call has a text and arguments that are both parameters.
func handsOn(call *ast.CallExpr, given map[string]ast.Expr) bool {
	last := len(call.Args) - 1
	if !call.Ellipsis.IsValid() || last < 1 {
		return false
	}
	args, ok := call.Args[last].(*ast.Ident)
	return ok && isListOfAny(given[args.Name]) && slices.ContainsFunc(call.Args[:last], func(arg ast.Expr) bool { return mentionsText(arg, given) })
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
	i, ok := x.(*ast.Ident)
	return ok && i.Name == "any"
}

// mentionsText reports whether an argument is a string that the function was given, perhaps
// rebound.
func mentionsText(arg ast.Expr, given map[string]ast.Expr) (found bool) {
	ast.Inspect(arg, func(n ast.Node) bool {
		if i, ok := n.(*ast.Ident); ok {
			t, isText := given[i.Name].(*ast.Ident)
			found = found || isText && t.Name == "string"
		}
		return !found
	})
	return found
}

// makesText reports whether a call makes the SQL of a builder that the function was given.
func makesText(call *ast.CallExpr, given map[string]ast.Expr) bool {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"ToSql", "MustSql", "ToSQL"}, method.Sel.Name) {
		return false
	}
	builder, ok := method.X.(*ast.Ident)
	return ok && given[builder.Name] != nil
}
