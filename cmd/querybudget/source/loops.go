package source

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
)

// loopsOf returns the lines of the loops of a file that end by themselves. An endless loop is how
// a goroutine takes one piece of work after the other.
func loopsOf(set *token.FileSet, file *ast.File) (found [][2]int) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt:
			if n.Cond == nil {
				return true
			}
		case *ast.RangeStmt:
			if isTicks(n) {
				return true
			}
		case *ast.CallExpr:
			if !loops(n) {
				return true
			}
		default:
			return true
		}
		found = append(found, linesOf(set, n))
		return true
	})
	return found
}

// loLoops are functions of github.com/samber/lo that call a closure for each item.
var loLoops = []string{
	"Map", "MapErr", "ForEach", "ForEachWhile", "Filter", "FilterMap", "FlatMap", "Reject", "Reduce", "ReduceRight", "Times", "GroupBy", "KeyBy", "Associate", "SliceToMap", "UniqBy",
	"CountBy", "SumBy", "Find", "ContainsBy", "EveryBy", "SomeBy", "NoneBy", "MapValues", "MapKeys", "MapToSlice",
}

// loops reports whether a call hands a closure to a function that calls it for each item, as
// slices.DeleteFunc and lo.Map do.
func loops(call *ast.CallExpr) bool {
	return takesItems(call) || isCountedFor(call)
}

// isCountedFor reports whether a closure is given the number of an item by the function that it is handed
// to: parallel.Do(workers, len(items), func(i int) { ... }). A number with another name may be that of a try.
func isCountedFor(call *ast.CallExpr) bool {
	if name := called(call.Fun); name == nil || tries.MatchString(name.Name) {
		return false
	}
	if s, ok := call.Fun.(*ast.SelectorExpr); ok && tries.MatchString(nameOf(s.X)) {
		return false
	}
	return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
		f, ok := arg.(*ast.FuncLit)
		return ok && slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
			return nameOf(p.Type) == "int" && len(p.Names) == 1 && slices.Contains([]string{"i", "j", "k", "idx", "index"}, p.Names[0].Name)
		})
	})
}

// tries is a word in the name of what calls a function until it succeeds, or looks for something.
var tries = regexp.MustCompile(`(?i)retr|try|attempt|backoff|search`)

// takesItems reports whether it is one of package slices or lo.
func takesItems(call *ast.CallExpr) bool {
	fun := call.Fun
	switch of := fun.(type) { // with its types
	case *ast.IndexExpr:
		fun = of.X
	case *ast.IndexListExpr:
		fun = of.X
	}
	method, ok := fun.(*ast.SelectorExpr)
	return ok && (nameOf(method.X) == "slices" || nameOf(method.X) == "lo" && slices.Contains(loLoops, method.Sel.Name)) &&
		slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { _, ok := arg.(*ast.FuncLit); return ok })
}

// endedLoopsOf returns the lines of the endless loops of a file that are left for another reason than an
// error or what a select waits for: when all is read, or done.
func endedLoopsOf(set *token.FileSet, file *ast.File) (found [][2]int) {
	ast.Inspect(file, func(n ast.Node) bool {
		if loop, ok := n.(*ast.ForStmt); ok && loop.Cond == nil && hasExit(loop.Body) && endsWithoutError(loop.Body) {
			found = append(found, linesOf(set, loop))
		}
		return true
	})
	return found
}
