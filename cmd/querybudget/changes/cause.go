package changes

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Finder finds the change that an entry comes from.
type Finder struct {
	byFile map[string][]Hunk
	root   string
	parsed map[string][]function
}

// NewFinder returns a finder for changes of the repository in the folder root. The files of
// entries have to be relative to it: see [result.Locator].
func NewFinder(root string, hunks []Hunk) *Finder {
	f := &Finder{byFile: map[string][]Hunk{}, root: root, parsed: map[string][]function{}}
	for _, h := range hunks {
		f.byFile[h.File] = append(f.byFile[h.File], h)
	}
	return f
}

// Explain sets the cause of each entry that fails.
func (f *Finder) Explain(r *result.Result) {
	for _, e := range r.Failing() {
		e.Cause = f.Cause(e)
	}
}

// Cause says which change leads to an entry: one of its line, of a caller's line, of a
// function on the way, or of the test. Empty if none does.
func (f *Finder) Cause(e *result.Entry) string {
	frames := append([]callsite.Frame{{File: e.File, Line: e.Line}}, e.Callers...)
	var code, tests []callsite.Frame
	for _, frame := range frames {
		switch {
		case frame.File == "":
		case strings.HasSuffix(frame.File, "_test.go"):
			tests = append(tests, frame)
		default:
			code = append(code, frame)
		}
	}
	for _, try := range []struct {
		frames []callsite.Frame
		find   func(callsite.Frame) (Hunk, bool)
		words  string
	}{
		{code, f.line, "introduced in"}, {code, f.function, "perhaps by the change in"},
		{tests, f.line, "no line of it changed, but the test did, in"}, {tests, f.function, "no line of it changed, but the test did, in"},
	} {
		for i, frame := range try.frames {
			h, ok := try.find(frame)
			if !ok {
				continue
			}
			text := fmt.Sprintf("%s %s", try.words, h)
			if i > 0 {
				inner := try.frames[i-1]
				text += fmt.Sprintf(", the caller of %s:%d", inner.File, inner.Line)
			}
			return text
		}
	}
	return ""
}

// line finds a change of a frame's own line.
func (f *Finder) line(frame callsite.Frame) (Hunk, bool) {
	for _, h := range f.byFile[frame.File] {
		if h.From <= frame.Line && frame.Line <= h.To {
			return h, true
		}
	}
	return Hunk{}, false
}

// function finds a change elsewhere in the function that a frame's line is in.
func (f *Finder) function(frame callsite.Frame) (Hunk, bool) {
	hunks := f.byFile[frame.File]
	if len(hunks) == 0 {
		return Hunk{}, false
	}
	for _, fn := range f.functions(frame.File) {
		if frame.Line < fn.from || frame.Line > fn.to {
			continue
		}
		for _, h := range hunks {
			if h.From <= fn.to && fn.from <= h.To {
				return h, true
			}
		}
	}
	return Hunk{}, false
}

// function is where a declared function is.
type function struct{ from, to int }

// functions reads a file. One that cannot be read has none.
func (f *Finder) functions(name string) []function {
	if known, ok := f.parsed[name]; ok {
		return known
	}
	var out []function
	set := token.NewFileSet()
	if file, err := parser.ParseFile(set, filepath.Join(f.root, filepath.FromSlash(name)), nil, parser.SkipObjectResolution); err == nil {
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				out = append(out, function{set.Position(fn.Pos()).Line, set.Position(fn.End()).Line})
			}
		}
	}
	f.parsed[name] = out
	return out
}
