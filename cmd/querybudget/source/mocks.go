package source

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// A test may give the application a mock for one of its parts, which writes nothing: two equal reads, before and
// after a call of it, ask for what may have changed in production.

// MockCalls are calls that a mock may stand for in a test, of a method that a field has, with a handle of a
// database: their lines, and the first and last ones of their functions, by file as in [Spans].
type MockCalls map[string][][3]int

// mocks are packages that make mocks.
var mocks = []string{"go.uber.org/mock/gomock", "github.com/golang/mock/gomock", "github.com/stretchr/testify/mock"}

// HasMocks reports whether one of some imports is of a package that makes mocks.
func HasMocks(imports []string) bool {
	return slices.ContainsFunc(imports, func(i string) bool { return slices.Contains(mocks, i) })
}

// Between returns the lines of such calls in the function of a frame, behind a line and before another one; 0
// stands for the function's beginning and end.
func (m MockCalls) Between(f callsite.Frame, after, before int) (lines []int) {
	for _, c := range m[fileOf(f)] {
		if c[1] <= f.Line && f.Line <= c[2] && c[0] > after && (before == 0 || c[0] < before) {
			lines = append(lines, c[0])
		}
	}
	return lines
}

// mockCallsOf returns those of a file.
func mockCallsOf(set *token.FileSet, file *ast.File) (found [][3]int) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		lines := linesOf(set, f)
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isOfField(call) && slices.ContainsFunc(call.Args, isHandle) {
				found = append(found, [3]int{set.Position(call.Pos()).Line, lines[0], lines[1]})
			}
			return true
		})
	}
	return found
}

// isOfField reports whether a call is of a method that a field has, such as b.hosts.Refresh(...), and no handle is.
func isOfField(call *ast.CallExpr) bool {
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && isField(method.X) && !isHandle(method.X)
}

// handles are names of handles of databases.
var handles = []string{"db", "tx", "txn", "conn", "session"}

// isHandle reports whether an expression is called as a handle of a database is.
func isHandle(x ast.Expr) bool {
	if field, ok := x.(*ast.SelectorExpr); ok {
		x = field.Sel
	}
	return slices.Contains(handles, strings.ToLower(nameOf(x)))
}
