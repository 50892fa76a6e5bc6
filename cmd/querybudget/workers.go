package main

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// workers is what a package says of its workers by the words of its files: types are not known.
// The nil one says nothing.
type workers struct {
	channels map[string]bool // names of fields that are channels, and nothing else
	messages map[string]bool // names of methods that are handed to others as functions
}

var (
	fieldOfChannel = regexp.MustCompile(`(?m)^\s+(\w+(?:\s*,\s*\w+)*)\s+(?:<-\s*)?chan\b`)
	fieldOfSlice   = regexp.MustCompile(`(?m)^\s+(\w+(?:\s*,\s*\w+)*)\s+(?:\[|map\[|iter\.|func\()`)
	methodValue    = regexp.MustCompile(`[(,]\s*(?:\w+\.)+(\w+)\s*[,)]`)
)

// workersOf reads the files of a package.
func workersOf(folder string) *workers {
	w := &workers{map[string]bool{}, map[string]bool{}}
	others := map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		w.read(string(text), others)
	}
	for name := range others {
		delete(w.channels, name)
	}
	return w
}

func (w *workers) read(text string, others map[string]bool) {
	if strings.Contains(text, "chan") {
		addNames(w.channels, fieldOfChannel.FindAllStringSubmatch(text, -1))
	}
	addNames(others, fieldOfSlice.FindAllStringSubmatch(text, -1))
	addNames(w.messages, methodValue.FindAllStringSubmatch(text, -1))
}

func addNames(to map[string]bool, found [][]string) {
	for _, m := range found {
		for name := range strings.SplitSeq(m[1], ",") {
			to[strings.TrimSpace(name)] = true
		}
	}
}

// isOfMessages reports whether a loop goes over a channel in a field.
func (w *workers) isOfMessages(n *ast.RangeStmt) bool {
	s, ok := n.X.(*ast.SelectorExpr)
	return ok && w != nil && n.Value == nil && w.channels[s.Sel.Name]
}

// isCalledBack reports whether a method may be called for each message: it is handed to others
// as a function, and answers nothing but an error.
func (w *workers) isCalledBack(f *ast.FuncDecl) bool {
	if w == nil || f.Recv == nil || f.Body == nil || !w.messages[f.Name.Name] {
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

// isAwait reports whether an expression calls one of them.
func isAwait(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	return ok && awaits[s.Sel.Name]
}
