package source

import (
	"go/ast"
	"go/token"
	"maps"
)

// A loop over a list that stands in the source, such as the roles of a new installation, has as
// many rounds in production as in a test: no data makes them more. So has one over what a function is
// given, if that is such a list in each call.

// fixedLists are the lists that stand in the source of an application, as "import/path.Name", and
// the loops over lists: those whose list has a name wait for the other files.
type fixedLists struct {
	named map[string]int // lengths of variables, and of what functions return; 0 for what is changed
	loops map[string][]fixedLoop
	calls map[string]calledWith // by parameters
	// values are names that stand for values. A function among them may be called with anything.
	values map[string]bool
}

func newFixedLists() fixedLists {
	return fixedLists{map[string]int{}, map[string][]fixedLoop{}, map[string]calledWith{}, map[string]bool{}}
}

// fixedLoop is a loop of a file, over a list with a name or, without one, over what stands in it.
type fixedLoop struct {
	lines  [2]int
	over   string
	rounds int
}

// read reads a file of a package.
func (l fixedLists) read(of, name string, set *token.FileSet, file *ast.File) {
	imports := importsOf(file)
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, value := range l.readVariables(of, d) {
				l.readCode(&function{of: of, imports: imports}, value) // it may have closures
			}
		case *ast.FuncDecl:
			if d.Body == nil {
				continue
			}
			if n := listReturned(d.Body); d.Recv == nil && n > 0 {
				l.add(of+"."+d.Name.Name, n)
			}
			in := &function{of: of, imports: imports}
			in.parameters, in.mayBeMaps = parametersOf(d)
			l.readCode(in, d)
			if found := in.loops(set, d.Body); len(found) > 0 {
				l.loops[name] = append(l.loops[name], found...)
			}
		}
	}
}

// readCode looks at what code declares, changes and calls.
func (l fixedLists) readCode(in *function, code ast.Node) {
	in.names, in.changed, in.unsure = map[string]int{}, map[string]bool{}, map[string]bool{}
	in.read(code)
	l.readCalls(in, code)
	for changed := range in.changed {
		l.add(changed, 0)
	}
}

// readVariables takes note of variables of a package, and returns their values.
func (l fixedLists) readVariables(of string, d *ast.GenDecl) (values []ast.Expr) {
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range v.Names {
			l.add(of+"."+name.Name, sliceAt(v.Values, i))
		}
		values = append(values, v.Values...)
	}
	return values
}

// add takes note of the length of what has a name. What is changed once is no fixed list.
func (l fixedLists) add(name string, length int) {
	if was, known := l.named[name]; known && was != length {
		length = 0
	}
	l.named[name] = length
}

// addAll adds what other files have.
func (l fixedLists) addAll(other fixedLists) {
	for name, length := range other.named {
		l.add(name, length)
	}
	for file, loops := range other.loops {
		l.loops[file] = append(l.loops[file], loops...)
	}
	for parameter, with := range other.calls {
		l.call(parameter, with)
	}
	maps.Copy(l.values, other.values)
}

// ManyRounds is how often a loop over what a function is given goes around: that is not known, as tests may give
// it more than the application does. What is sent as often is no longer of a fixed list.
const ManyRounds = 20

// rounds returns how often a loop goes around, 0 for one over what is no fixed list.
func (l fixedLists) rounds(loop fixedLoop, lengths map[string]int) int {
	switch {
	case loop.over == "":
		return loop.rounds
	case lengths[loop.over] > 0:
		return ManyRounds
	}
	return l.named[loop.over]
}

// spans returns the loops over fixed lists.
func (l fixedLists) spans() FixedLoops {
	lengths, found := l.lengths(), FixedLoops{}
	for file, loops := range l.loops {
		for _, loop := range loops {
			if n := l.rounds(loop, lengths); n > 0 {
				found[file] = append(found[file], [3]int{loop.lines[0], loop.lines[1], n})
			}
		}
	}
	return found
}

// FixedLoops are loops over fixed lists: their first lines, last lines and rounds, by file, as those of
// [Spans].
type FixedLoops map[string][][3]int

// Rounds returns how often the loop at some lines goes around, 0 if nothing is known of it.
func (s FixedLoops) Rounds(file string, lines [2]int) int64 {
	for _, loop := range s[file] {
		if loop[0] == lines[0] && loop[1] == lines[1] {
			return int64(loop[2])
		}
	}
	return 0
}
