package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// sources is what the sources of an application say about lines of stacks.
type sources struct {
	Loops  spans      `json:"loops,omitempty"`  // that end by themselves
	Ended  spans      `json:"ended,omitempty"`  // endless ones that are left for another reason than an error
	Relays spans      `json:"relays,omitempty"` // functions that send a statement which they are given
	Fixed  fixedLoops `json:"fixed,omitempty"`  // loops over lists that stand in the source
	lists  fixedLists
}

// spans are lines of files, first and last, by file, as "import/path/file.go".
type spans map[string][][2]int

// has reports whether a frame's line is one of them.
func (s spans) has(f callsite.Frame) bool { return s.of(f) != "" }

// of names the lines that a frame's line is one of, the innermost ones, empty for none.
func (s spans) of(f callsite.Frame) (name string) {
	file := s.file(f)
	for _, lines := range s[file] { // what encloses others comes first
		if lines[0] <= f.Line && f.Line <= lines[1] {
			name = fmt.Sprint(file, lines)
		}
	}
	return name
}

// file names the file of a frame. A closure may be in another package than its file: the one of the
// function that it was inlined into, such as a test's. Of two modules that have a file of this name nothing
// is known.
func (s spans) file(f callsite.Frame) string {
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

// sources reads the files of the application.
func (all packages) sources() sources {
	all = all.once()
	of := make([]sources, len(all))
	inParallel(len(all), func(i int) { of[i] = all[i].sources() })
	found := newSources()
	for _, s := range of {
		maps.Copy(found.Loops, s.Loops)
		maps.Copy(found.Ended, s.Ended)
		maps.Copy(found.Relays, s.Relays)
		found.lists.addAll(s.lists)
	}
	found.Fixed = found.lists.spans()
	return found
}

// once returns each package once.
func (all packages) once() (out packages) {
	seen := map[string]bool{}
	for _, p := range all {
		if !seen[p.ImportPath] {
			out = append(out, p)
		}
		seen[p.ImportPath] = true
	}
	return out
}

// sources reads the files of a package, if it is one of the application.
func (p *listed) sources() sources {
	found := newSources()
	if p.isVariant() || !p.isOfApplication() {
		return found
	}
	folder := p.ImportPath
	if p.Name == "main" { // which is what a stack has
		folder = path.Join("main", p.folder())
	}
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		found.read(p.ImportPath, folder+"/"+name, filepath.Join(p.Dir, name), nil)
	}
	return found
}

func newSources() sources {
	return sources{Loops: spans{}, Ended: spans{}, Relays: spans{}, lists: newFixedLists()}
}

// read reads a file of a package, whose text is that of the disk if it is nil.
func (s sources) read(of, file, name string, text any) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return
	}
	for kind, found := range map[*spans][][2]int{
		&s.Loops: loopsOf(set, parsed), &s.Ended: endedLoopsOf(set, parsed), &s.Relays: relaysOf(set, parsed),
	} {
		if len(found) > 0 {
			(*kind)[file] = found
		}
	}
	s.lists.read(of, file, set, parsed)
}

func linesOf(set *token.FileSet, n ast.Node) [2]int {
	return [2]int{set.Position(n.Pos()).Line, set.Position(n.End()).Line}
}
