package main

import (
	"go/ast"
	"go/token"
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
		default:
			return true
		}
		found = append(found, linesOf(set, n))
		return true
	})
	return found
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
