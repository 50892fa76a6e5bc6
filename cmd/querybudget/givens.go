package main

import (
	"go/ast"
	"slices"
)

// What a function is given by "..." is a list of the application only if somebody has one for it.

// given begins the name of what a function was given by "...".
const given = "...:"

// calledWith says how functions of a name are called: with a list behind "...", or with those that
// functions of other names were given in that way.
type calledWith struct {
	list   bool
	givens []string
}

// givenTo is the name of a function's parameter with "...", empty for none.
func givenTo(f *ast.FuncDecl) string {
	if n := len(f.Type.Params.List); n > 0 {
		last := f.Type.Params.List[n-1]
		if _, ok := last.Type.(*ast.Ellipsis); ok && len(last.Names) == 1 {
			return last.Names[0].Name
		}
	}
	return ""
}

func (l fixedLists) call(name string, as calledWith) {
	old := l.calls[name]
	l.calls[name] = calledWith{old.list || as.list, append(old.givens, as.givens...)}
}

// readCalls looks at the calls of a function.
func (l fixedLists) readCalls(in *function, body ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := nameOf(call.Fun)
		if method, ok := call.Fun.(*ast.SelectorExpr); ok {
			name = method.Sel.Name
		}
		switch {
		case name == "":
		case !call.Ellipsis.IsValid():
			l.call(name, calledWith{})
		case in.given != "" && nameOf(call.Args[len(call.Args)-1]) == in.given:
			l.call(name, calledWith{givens: []string{in.name}})
		default:
			l.call(name, calledWith{list: true})
		}
		return true
	})
}

// isGivenFew reports whether functions of a name are called, and with single arguments each time.
func (l fixedLists) isGivenFew(name string, asked ...string) bool {
	called, ok := l.calls[name]
	if !ok || called.list || slices.Contains(asked, name) {
		return false
	}
	return !slices.ContainsFunc(called.givens, func(other string) bool { return !l.isGivenFew(other, append(asked, name)...) })
}
