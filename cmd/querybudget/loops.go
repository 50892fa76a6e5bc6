package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"

	"github.com/querybudget/querybudget/budget"
)

// What a goroutine sends that no test waits for may be many pieces of work: a server of SSH
// has one for each connection, and a library reads one command after the other. That it sends
// a statement often is a loop only if the application's source has one around a line of the
// stack.

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

// isOneWork reports whether what a goroutine sent repeatedly belongs to one piece of its work:
// a loop of the source has it, or one function asks on two of its lines.
func (s *summary) isOneWork(f *budget.Finding) bool {
	frames := s.code.application(f.CallSite())
	if slices.ContainsFunc(frames, s.loops.has) {
		return true
	}
	if f.Before == nil {
		return f.Kind != budget.NPlusOne && f.Kind != budget.WriteLoop && f.Kind != budget.Duplicate
	}
	before, again := s.code.application(f.Before.CallSite()), frames
	for len(before) > 0 && len(again) > 0 && before[len(before)-1] == again[len(again)-1] {
		before, again = before[:len(before)-1], again[:len(again)-1]
	}
	return len(before) > 0 && len(again) > 0 && before[len(before)-1].Function == again[len(again)-1].Function
}

// joinLoops makes one finding of the statements that one loop of the source sends, called from the
// same lines: in one call they take turns, and in another one only some of them are sent. What a loop
// reads comes first, and then what it writes.
func (s *summary) joinLoops() {
	first := map[string][]*seen{}
	for _, kind := range []budget.FindingKind{budget.NPlusOne, budget.WriteLoop} {
		s.joinLoopsOf(kind, first)
	}
}

// joinLoopsOf adds the loops of a kind to the first finding of each loop.
func (s *summary) joinLoopsOf(kind budget.FindingKind, first map[string][]*seen) {
	for key, f := range s.inOrder() {
		if f.worst.Kind != kind || f.isLeftOut() || f.toLoop == 0 {
			continue
		}
		loop := s.loops.of(f.own[f.toLoop-1])
		i := slices.IndexFunc(first[loop], func(old *seen) bool { return old.isCalledLike(f) })
		if i < 0 {
			first[loop] = append(first[loop], f)
			continue
		}
		old := first[loop][i]
		old.with = append(old.with, f)
		old.inside = append(append(old.inside, f.inner()...), f.inside...)
		old.saved += f.saved
		delete(s.findings, key)
	}
}

// outside names the lines that call the function with the loop of a finding.
func (f *seen) outside() string {
	callers := f.own[f.toLoop:]
	return lines(callers[:min(len(callers), framesMax)])
}

// isCalledLike reports whether two loops are called from the same lines, or some of the same where
// they are findings of several callers.
func (f *seen) isCalledLike(other *seen) bool {
	for _, one := range append([]string{f.outside()}, f.callers...) {
		if one == other.outside() || slices.Contains(other.callers, one) {
			return true
		}
	}
	return false
}

// joinRepeats adds to a loop what it is called where its keys happen to be equal, or come in
// another order: a read of the same line that is sent again.
func (s *summary) joinRepeats() {
	loops := slices.DeleteFunc(s.sorted(), func(f *seen) bool { return f.worst.Kind != budget.NPlusOne || f.isLeftOut() })
	for key, f := range s.inOrder() {
		if f.worst.Kind != budget.Duplicate || f.worst.Before != nil && s.lineOf(f.worst.Before.CallSite()) != f.own[0] {
			continue
		}
		at := slices.IndexFunc(loops, func(loop *seen) bool { return loop.worst.Shape == f.worst.Shape && loop.isSame(f) })
		if at >= 0 {
			loops[at].isIn(f)
			loops[at].saved += f.saved
			delete(s.findings, key)
		}
	}
}
