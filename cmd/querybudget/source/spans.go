package source

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// Spans are lines of files, first and last, by file, as "import/path/file.go".
type Spans map[string][][2]int

// Has reports whether a frame's line is one of them.
func (s Spans) Has(f callsite.Frame) bool { return s.Of(f) != "" }

// Of names the lines that a frame's line is one of, the innermost ones, empty for none.
func (s Spans) Of(f callsite.Frame) (name string) {
	file := s.File(f)
	for _, lines := range s[file] { // what encloses others comes first
		if lines[0] <= f.Line && f.Line <= lines[1] {
			name = fmt.Sprint(file, lines)
		}
	}
	return name
}

// File names the file of a frame. A closure may be in another package than its file: the one of the
// function that it was inlined into, such as a test's. Of two modules that have a file of this name nothing
// is known.
func (s Spans) File(f callsite.Frame) string {
	file, folder := fileOf(f), path.Dir(f.File)
	if _, known := s[file]; known || folder == "." || f.Package() == "main" || strings.HasSuffix(f.Package(), folder) {
		return file
	}
	found := ""
	for name := range s {
		if strings.HasSuffix(name, "/"+f.File) {
			if found != "" {
				return file
			}
			found = name
		}
	}
	return cmp.Or(found, file)
}

// fileOf is a frame's file as it is called here.
func fileOf(f callsite.Frame) string {
	if f.Package() == "main" {
		return "main/" + f.File // of one of several commands
	}
	return f.Package() + "/" + path.Base(f.File)
}

// Around returns the lines around a frame's.
func (s Spans) Around(f callsite.Frame) [][2]int {
	return slices.DeleteFunc(slices.Clone(s[s.File(f)]), func(lines [2]int) bool { return f.Line < lines[0] || lines[1] < f.Line })
}

func linesOf(set *token.FileSet, n ast.Node) [2]int {
	return [2]int{set.Position(n.Pos()).Line, set.Position(n.End()).Line}
}
