package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// What a goroutine sends that no test waits for may be many pieces of work: a server of SSH
// has one for each connection, and a library reads one command after the other. That it sends
// a statement often is a loop only if the application's source has one around a line of the
// stack.

// loops are the lines of an application's loops that end by themselves, first and last, by
// file, as "import/path/file.go".
type loops map[string][][2]int

// loops reads the sources of the application.
func (all packages) loops() loops {
	found := loops{}
	for _, p := range all {
		if p.isVariant() || !p.isOwn() {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			if lines := loopsOf(filepath.Join(p.Dir, name), nil); len(lines) > 0 {
				found[p.ImportPath+"/"+name] = lines
			}
		}
	}
	return found
}

// loopsOf returns the loops of a file, whose text is that of the disk if it is nil. An endless
// loop is how a goroutine takes one piece of work after the other.
func loopsOf(name string, text any) (lines [][2]int) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
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
		lines = append(lines, [2]int{set.Position(n.Pos()).Line, set.Position(n.End()).Line})
		return true
	})
	return lines
}

// has reports whether a frame's line is in a loop.
func (l loops) has(f callsite.Frame) bool {
	return slices.ContainsFunc(l[f.Package()+"/"+path.Base(f.File)], func(lines [2]int) bool {
		return lines[0] <= f.Line && f.Line <= lines[1]
	})
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
