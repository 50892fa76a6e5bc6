package source

import (
	"go/ast"
	"strconv"
	"strings"
)

// What a function is given is a fixed list if the application gives it nothing else: a literal, a list
// that stands in the source, or single values by "...". Functions are told apart by their names alone.

// given begins the name of what a function was given by "...", place stands before the number of any
// other parameter in its name.
const (
	given = "...:"
	place = "#"
)

// calledWith is what functions of a name are given in one place.
type calledWith struct {
	unknown bool
	most    int             // values, of what stands in a call
	lists   map[string]bool // with names
}

func (l fixedLists) call(parameter string, as calledWith) {
	old := l.calls[parameter]
	old.unknown, old.most = old.unknown || as.unknown, max(old.most, as.most)
	if as.unknown {
		old.lists = nil
	}
	for list := range as.lists {
		if old.lists == nil {
			old.lists = map[string]bool{}
		}
		old.lists[list] = true
	}
	l.calls[parameter] = old
}

// parametersOf returns the names of what a function is given, by those of its parameters, and which of
// these may be maps.
func parametersOf(f *ast.FuncDecl) (parameters map[string]string, mayBeMaps map[string]bool) {
	parameters, mayBeMaps = map[string]string{}, map[string]bool{}
	n := 0
	for _, field := range f.Type.Params.List {
		_, isGiven := field.Type.(*ast.Ellipsis)
		_, isSlice := field.Type.(*ast.ArrayType)
		for _, name := range field.Names {
			mayBeMaps[name.Name] = !isGiven && !isSlice
			parameters[name.Name] = f.Name.Name + place + strconv.Itoa(n)
			if isGiven {
				parameters[name.Name] = given + f.Name.Name
			}
			n++
		}
		if len(field.Names) == 0 {
			n++
		}
	}
	return parameters, mayBeMaps
}

// functionOf returns the name of the function that is given what has a name.
func functionOf(parameter string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(parameter, given), place)
	return name
}

// called is the identifier of a function that is called, without its package, receiver and types; nil
// for what has none.
func called(f ast.Expr) *ast.Ident {
	switch f := f.(type) {
	case *ast.Ident:
		return f
	case *ast.SelectorExpr:
		return f.Sel
	case *ast.IndexExpr:
		return called(f.X)
	case *ast.IndexListExpr:
		return called(f.X)
	}
	return nil
}

// readCalls looks at the calls of a function, and at what it hands on or keeps and does not call: that
// may be a function which somebody calls later.
func (l fixedLists) readCalls(in *function, code ast.Node) {
	isCalled := map[*ast.Ident]bool{}
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name := called(n.Fun); name != nil {
				isCalled[name] = true
				l.readCall(in, name.Name, n)
			}
		case *ast.FuncDecl:
			isCalled[n.Name] = true
		case *ast.SelectorExpr:
			if !isCalled[n.Sel] { // a variable of that name says nothing
				l.values[n.Sel.Name], isCalled[n.Sel] = true, true
			}
		case *ast.Ident:
			if _, own := in.names[n.Name]; !own && !isCalled[n] {
				l.values[n.Name] = true
			}
		}
		return true
	})
}

// anywhere stands for the places of all parameters of a function.
const anywhere = "*"

// isOfPlaces reports whether the arguments of a call say what the parameters are given, one by one: not
// what a call returns, which may be several values, nor those of a method expression, whose first is
// the receiver.
func isOfPlaces(call *ast.CallExpr) bool {
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		if _, isMethodExpression := s.X.(*ast.ParenExpr); isMethodExpression {
			return false
		}
	}
	if len(call.Args) != 1 {
		return true
	}
	_, isCall := call.Args[0].(*ast.CallExpr)
	return !isCall
}

// readCall takes note of what a call gives.
func (l fixedLists) readCall(in *function, name string, call *ast.CallExpr) {
	if !isOfPlaces(call) {
		l.call(name+place+anywhere, calledWith{unknown: true})
		l.call(given+name, calledWith{unknown: true})
		return
	}
	for i, arg := range call.Args {
		list, ok := in.list(arg)
		as := calledWith{unknown: !ok, most: list.rounds}
		if list.over != "" {
			as.lists = map[string]bool{list.over: true}
		}
		if call.Ellipsis.IsValid() && i == len(call.Args)-1 {
			l.call(given+name, as)
		} else {
			l.call(name+place+strconv.Itoa(i), as)
		}
	}
	if !call.Ellipsis.IsValid() {
		l.call(given+name, calledWith{most: ManyRounds}) // single values
	}
}

// lengths returns how long the fixed lists are that functions are given, by the names of these.
func (l fixedLists) lengths() map[string]int {
	lengths := map[string]int{}
	for changed := true; changed; {
		changed = false
		for parameter, with := range l.calls {
			function := functionOf(parameter)
			if lengths[parameter] > 0 || with.unknown || l.values[function] || l.calls[function+place+anywhere].unknown {
				continue
			}
			if n := l.longest(parameter, with, lengths); n > 0 {
				lengths[parameter], changed = n, true
			}
		}
	}
	return lengths
}

// longest returns the length of the longest list that is given, 0 if one of them is not known to be
// fixed. What gives its own list on to itself gives none.
func (l fixedLists) longest(parameter string, with calledWith, lengths map[string]int) int {
	n := with.most
	for list := range with.lists {
		length := max(l.named[list], lengths[list])
		if length == 0 && list != parameter {
			return 0
		}
		n = max(n, length)
	}
	return n
}
