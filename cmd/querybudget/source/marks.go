package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Loops of a test and goroutines that it starts are no waste of the application: each
// round is a unit of its own. Test files are compiled with marks at the beginning of loops
// and functions, on the same lines, by way of an overlay.

// rounds is how the package zerocode is called in a marked file.
const rounds = "querybudgetRounds"

// insertion is a text that is put at an offset.
type insertion struct {
	at   int
	text string
}

// MarkTests marks the files of tests of a folder: see [Overlay.Mark].
func MarkTests(string) func(text string) (string, bool) { return mark }

// mark returns a test file with marks, false if it needs none or cannot be parsed.
func mark(text string) (string, bool) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", false
	}
	return withMarks(text, set, file, roundsIn(set, file))
}

// roundsIn returns the marks of loops and functions below a node, but for those in which nothing
// is called: a test may fill a buffer of ten million bytes.
func roundsIn(set *token.FileSet, node ast.Node) (marks []insertion) {
	add := func(body *ast.BlockStmt, call string, in ...ast.Node) {
		if body != nil && slices.ContainsFunc(append(in, body), calls) {
			marks = append(marks, insertion{set.Position(body.Lbrace).Offset + 1, rounds + "." + call + "();"})
		}
	}
	steps := map[*ast.FuncLit]bool{}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f := calledAgain(n); f != nil {
				steps[f] = true
			}
		case *ast.DeferStmt:
			if mayQuery(n.Call) { // what is deferred begins on the last line of its function, all of it
				marks = append(marks, insertion{set.Position(n.Pos()).Offset, "defer " + rounds + ".Deferred();"})
			}
		case *ast.ForStmt:
			add(n.Body, "Round", n)
		case *ast.RangeStmt:
			if _, ok := n.X.(*ast.CallExpr); ok {
				add(n.Body, "Step") // it may be an iterator
			} else {
				add(n.Body, "Round")
			}
		case *ast.FuncLit:
			if steps[n] {
				add(n.Body, "Step")
			} else {
				add(n.Body, "Func")
			}
		case *ast.FuncDecl:
			if isDirective(n) {
				return false
			}
			add(n.Body, "Func")
		}
		return true
	})
	return marks
}

// calledAgain returns the function that a call hands to package testing for the end of a test, which calls those of
// a test one after the other, or to sync.Map for each of its keys; nil for none.
func calledAgain(call *ast.CallExpr) *ast.FuncLit {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || method.Sel.Name != "Cleanup" && method.Sel.Name != "Range" || len(call.Args) != 1 {
		return nil
	}
	f, _ := call.Args[0].(*ast.FuncLit)
	return f
}

// mayQuery reports whether a deferred call may send a query: the usual ones for a lock, a file or a
// context do not.
func mayQuery(call *ast.CallExpr) bool {
	name := called(call.Fun)
	return len(call.Args) > 0 || name == nil || !slices.Contains([]string{"Close", "Unlock", "RUnlock", "Done", "Stop", "cancel", "Cancel"}, name.Name)
}

// calls reports whether code calls a function that could send a query, or lets another goroutine
// go on: what is built into the language, and conversions to its types, do not.
func calls(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || !isBuiltIn(n.Fun)
		case *ast.GoStmt, *ast.DeferStmt, *ast.SendStmt, *ast.SelectStmt:
			found = true
		case *ast.RangeStmt: // it may go over a function, or a channel
			_, isNumber := n.X.(*ast.BasicLit)
			_, isList := n.X.(*ast.CompositeLit)
			found = found || !isNumber && !isList
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

// isBuiltIn reports whether what is called belongs to the language. A test that gives one of
// these names to a function of its own is not looked into.
func isBuiltIn(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name != "close" && types.Universe.Lookup(f.Name) != nil
	case *ast.ArrayType:
		return true // []byte(s)
	}
	return false
}

// withMarks puts marks into a file, and an import of what they call.
func withMarks(text string, set *token.FileSet, file *ast.File, marks []insertion) (string, bool) {
	if len(marks) == 0 {
		return "", false
	}
	marks = append(marks, insertion{set.Position(file.Name.End()).Offset, `; import ` + rounds + ` "querybudget/zerocode"`})
	slices.SortFunc(marks, func(a, b insertion) int { return a.at - b.at })
	return insert(text, marks), true
}

func insert(text string, marks []insertion) string {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		b.WriteString(text[at:m.at])
		b.WriteString(m.text)
		at = m.at
	}
	return b.String() + text[at:]
}

// isDirective reports whether the compiler is told something about a function, which a
// call in it could break: go:nosplit.
func isDirective(f *ast.FuncDecl) bool {
	if f.Doc == nil {
		return false
	}
	return slices.ContainsFunc(f.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:") })
}

// MarkApplication returns what marks files of the application, given the functions that are named for tests:
// see [Overlay.Mark].
func MarkApplication(forTests map[string]bool) func(folder string) func(text string) (string, bool) {
	return func(folder string) func(text string) (string, bool) {
		w := workersOf(folder)
		w.forTests = forTests
		return func(text string) (string, bool) { return markApplication(text, w) }
	}
}
