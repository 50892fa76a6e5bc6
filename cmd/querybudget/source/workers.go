package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// workers is what a package says of its workers: types are not known, but names are.
type workers struct {
	channels map[string]bool // fields that are channels; false for a name of other fields, too
	handed   map[string]bool // names of what is handed to others without being called
	methods  map[string]bool
	bodies   map[string][]*ast.BlockStmt // of functions and methods, by their names
	keepers  map[string]bool             // functions that return a channel which is kept; false for a name of other ones, too
	kept     map[*ast.Ident]bool         // variables with such a channel, where they stand
	forTests map[string]bool             // functions, of the whole application
	parsed   map[string]parsedFile
}

// parsedFile is a file that was parsed: nil for what cannot be.
type parsedFile struct {
	set  *token.FileSet
	file *ast.File
}

// parse parses the text of a file once.
func (w *workers) parse(text string) parsedFile {
	s, ok := w.parsed[text]
	if ok {
		return s
	}
	set := token.NewFileSet()
	if file, err := parser.ParseFile(set, "", text, parser.ParseComments|parser.SkipObjectResolution); err == nil {
		s = parsedFile{set, file}
	}
	w.parsed[text] = s
	return s
}

// workersOf reads the files of a package.
func workersOf(folder string) *workers {
	w := newWorkers()
	files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if s := w.parse(string(text)); s.file != nil {
			w.read(s.file)
		}
	}
	return w
}

func newWorkers() *workers {
	return &workers{channels: map[string]bool{}, handed: map[string]bool{}, methods: map[string]bool{}, bodies: map[string][]*ast.BlockStmt{}, keepers: map[string]bool{}, kept: map[*ast.Ident]bool{}, parsed: map[string]parsedFile{}}
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
			if n.Body != nil {
				w.bodies[n.Name.Name] = append(w.bodies[n.Name.Name], n.Body)
				w.readKeeper(n)
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

// isOfMessages reports whether a loop goes over a channel that is kept, or that of a subscription.
func (w *workers) isOfMessages(n *ast.RangeStmt) bool {
	if n.Value != nil {
		return false
	}
	switch x := n.X.(type) {
	case *ast.Ident:
		return w.kept[x]
	case *ast.SelectorExpr:
		isChannel, known := w.channels[x.Sel.Name]
		return isChannel || !known && messages.MatchString(x.Sel.Name) && hasFields(n.Key, n.Body)
	case *ast.CallExpr:
		if name := called(x.Fun); name != nil && w.keepers[name.Name] {
			return true
		}
		s, ok := x.Fun.(*ast.SelectorExpr)
		return ok && (s.Sel.Name == "Channel" || s.Sel.Name == "Messages") && !w.methods[s.Sel.Name]
	}
	return false
}

// messages is the name of a field of another package that has a channel of messages.
var messages = regexp.MustCompile(`^(?i:c|ch|chan|channel|receiver|recv|incoming|inbox|updates?|messages?|events?|notif(y|ications?)|stream)$`)

// hasFields reports whether code takes a field or a method of a variable. The one variable of a loop over a
// field is a message then, and no index: keys of maps have none, as a rule.
func hasFields(variable ast.Expr, code ast.Node) (found bool) {
	name := nameOf(variable)
	ast.Inspect(code, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		found = found || ok && name != "" && nameOf(s.X) == name
		return !found
	})
	return found
}

// isCalledBack reports whether a method may be called for each message: it is handed to others
// as a function, and answers nothing but an error. A field of that name may be what is handed.
func (w *workers) isCalledBack(f *ast.FuncDecl) bool {
	if f.Recv == nil || f.Body == nil || !w.handed[f.Name.Name] {
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
	return ok && awaits[s.Sel.Name] && !w.methods[s.Sel.Name]
}
