package main

import "go/ast"

// What a function is given by "..." is a list of the application only if somebody has one for it.

// given begins the name of what a function was given by "...".
const given = "...:"

// calledWith says how functions of a name are called: with a list behind "...", or with those that
// functions of other names were given in that way.
type calledWith struct {
	list   bool
	single bool            // arguments
	givens map[string]bool // of these functions
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
	old.list, old.single = old.list || as.list, old.single || as.single
	for other := range as.givens {
		if old.givens == nil {
			old.givens = map[string]bool{}
		}
		old.givens[other] = true
	}
	l.calls[name] = old
}

// calledName is the name of a function that is called, without its package, receiver and types.
func calledName(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.IndexExpr:
		return calledName(f.X)
	case *ast.IndexListExpr:
		return calledName(f.X)
	}
	return nameOf(f)
}

// readCalls looks at the calls of a function.
func (l fixedLists) readCalls(in *function, body ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := calledName(call.Fun)
		switch {
		case name == "":
		case !call.Ellipsis.IsValid():
			l.call(name, calledWith{single: true})
		case in.given != "" && nameOf(call.Args[len(call.Args)-1]) == in.given && !in.isChanged:
			l.call(name, calledWith{givens: map[string]bool{in.name: true}})
		default:
			l.call(name, calledWith{list: true})
		}
		return true
	})
}

// givenFew returns the functions that are called with single arguments each time, as far as their
// names tell: what gives one of them its own list is one.
func (l fixedLists) givenFew() map[string]bool {
	few := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for name, called := range l.calls {
			isFew := !called.list && (called.single || len(called.givens) > 0)
			for other := range called.givens {
				isFew = isFew && few[other]
			}
			if isFew && !few[name] {
				few[name], changed = true, true
			}
		}
	}
	return few
}
