package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// workers is what a package says of its workers: types are not known, but names are. The nil
// one says nothing.
type workers struct {
	channels map[string]bool // fields that are channels; false for a name of other fields, too
	handed   map[string]bool // names of what is handed to others without being called
	methods  map[string]bool
	forTests map[string]bool // functions, of the whole application
}

// workersOf reads the files of a package.
func workersOf(folder string) *workers {
	w := &workers{channels: map[string]bool{}, handed: map[string]bool{}, methods: map[string]bool{}}
	files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution); err == nil {
			w.read(file)
		}
	}
	return w
}

func (w *workers) read(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			w.readFields(n)
		case *ast.FuncDecl:
			if n.Recv != nil {
				w.methods[n.Name.Name] = true
			}
		case *ast.CallExpr:
			for _, arg := range n.Args {
				if s, ok := arg.(*ast.SelectorExpr); ok {
					w.handed[s.Sel.Name] = true
				}
			}
		}
		return true
	})
}

func (w *workers) readFields(s *ast.StructType) {
	for _, field := range s.Fields.List {
		_, isChannel := field.Type.(*ast.ChanType)
		for _, name := range field.Names {
			was, known := w.channels[name.Name]
			w.channels[name.Name] = isChannel && (was || !known)
		}
	}
}

// named returns the functions that are named for tests.
func (w *workers) named() map[string]bool {
	if w == nil {
		return nil
	}
	return w.forTests
}

// isOfMessages reports whether a loop goes over a channel in a field, or that of a
// subscription.
func (w *workers) isOfMessages(n *ast.RangeStmt) bool {
	if w == nil || n.Value != nil {
		return false
	}
	switch x := n.X.(type) {
	case *ast.SelectorExpr:
		return w.channels[x.Sel.Name]
	case *ast.CallExpr:
		s, ok := x.Fun.(*ast.SelectorExpr)
		return ok && (s.Sel.Name == "Channel" || s.Sel.Name == "Messages") && !w.methods[s.Sel.Name]
	}
	return false
}

// isCalledBack reports whether a method may be called for each message: it is handed to others
// as a function, and answers nothing but an error. A field of that name may be what is handed.
func (w *workers) isCalledBack(f *ast.FuncDecl) bool {
	if w == nil || f.Recv == nil || f.Body == nil || !w.handed[f.Name.Name] {
		return false
	}
	if _, isField := w.channels[f.Name.Name]; isField {
		return false
	}
	results := f.Type.Results
	if results == nil {
		return true
	}
	result, ok := results.List[0].Type.(*ast.Ident)
	return ok && results.NumFields() == 1 && result.Name == "error"
}

// awaits are methods of queues and their clients that wait for the next message. Next and Recv
// are none: an iterator has them, too.
var awaits = map[string]bool{
	"Fetch": true, "FetchMessage": true, "ReadMessage": true, "NextMsg": true, "NextMsgWithContext": true, "Receive": true, "ReceiveMessage": true,
	"ReceiveMessages": true, "PollFetches": true, "PollRecords": true, "Dequeue": true, "BLPop": true, "BRPop": true, "XReadGroup": true, "WaitForNotification": true,
}

// isAwait reports whether an expression calls one of them, and not a method of the package,
// such as that of a cursor of its own.
func (w *workers) isAwait(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	return ok && awaits[s.Sel.Name] && (w == nil || !w.methods[s.Sel.Name])
}
