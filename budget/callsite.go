package budget

import (
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
)

// Frame is one function call on the stack of a query.
type Frame struct {
	// Function is the full name: "example.com/shop/store.(*Books).List".
	Function string `json:"function,omitempty"`
	// File is the source file, relative to the module of the program
	// ("store/books.go"); a file of another module starts with its import path.
	// It never holds a directory of the machine that built the program.
	File string `json:"file,omitempty"`
	// Line is the line in File.
	Line int `json:"line,omitempty"`
}

// String returns "file:line function", with the function's name shortened to
// its last element.
func (f Frame) String() string {
	if f.File == "" {
		return f.Function
	}
	return fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Function[strings.LastIndexByte(f.Function, '/')+1:])
}

// CallSite is where a query came from: the innermost frame of application code
// and the application's frames above it. The zero CallSite means that the stack
// was not kept.
type CallSite struct {
	Frame
	// Outer are the application frames around the innermost one, from the
	// inside out. It may be cut at 32 frames of the whole stack.
	Outer []Frame `json:"outer,omitempty"`
	// Library is set when there was no application frame on the stack and Frame
	// is the nearest one outside of the standard library and this module.
	Library bool `json:"library,omitempty"`
}

// IsZero reports whether nothing is known of the call site.
func (s CallSite) IsZero() bool { return s.Function == "" }

// maxFrames is the number of frames that are looked at. The first application
// frame was measured at index 7 to 17, at 17 under GORM's Preload and bun's
// relations.
const maxFrames = 32

// Stack is the stack of a query, kept as program counters: it costs nothing to
// read until somebody does. All methods are safe for concurrent use, and on a
// nil Stack, which knows nothing.
type Stack struct {
	pcs  []uintptr
	hash uint64
	skip *skipRule

	once sync.Once
	site CallSite
	key  uint64
}

// CallSite symbolises the stack, the first time it is called.
func (s *Stack) CallSite() CallSite {
	if s == nil {
		return CallSite{}
	}
	s.resolve()
	return s.site
}

// siteKey is the same for stacks with the same application frames. Stacks that
// differ in library frames only, as a first attempt and its retry do, are one
// call site.
func (s *Stack) siteKey() uint64 {
	if s == nil {
		return 0
	}
	s.resolve()
	return s.key
}

func (s *Stack) resolve() {
	s.once.Do(func() {
		s.site = s.skip.site(s.pcs)
		s.key = hashSite(s.site)
	})
}

func hashSite(site CallSite) uint64 {
	h := hashString(fnvOffset, site.String())
	for _, f := range site.Outer {
		h = hashString(h, f.String())
	}
	return h
}

// site picks the application's frames out of a stack.
func (r *skipRule) site(pcs []uintptr) CallSite {
	var application []Frame
	var nearest Frame
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function != "" {
			switch r.look(f.Function, f.File) {
			case applicationFrame:
				application = append(application, newFrame(f))
			case libraryFrame:
				if nearest.Function == "" {
					nearest = newFrame(f)
				}
			case internalFrame:
			}
		}
		if !more {
			break
		}
	}
	if len(application) > 0 {
		return CallSite{Frame: application[0], Outer: application[1:]}
	}
	return CallSite{Frame: nearest, Library: nearest.Function != ""}
}

func newFrame(f runtime.Frame) Frame {
	return Frame{Function: f.Function, File: moduleFile(f.Function, f.File), Line: f.Line}
}

// moduleFile names a source file without the directory it was built in: the
// import path comes from the function's name, which is the same on every
// machine, and only the base name from the file.
func moduleFile(function, file string) string {
	// Either separator: the path is one of the machine that built the program.
	base := file[strings.LastIndexAny(file, `/\`)+1:]
	program := program()
	pkg := importPath(function)
	if strings.HasSuffix(base, "_test.go") {
		pkg = strings.TrimSuffix(pkg, "_test")
	}
	if pkg == "main" {
		pkg = program.main
	}
	if rel, ok := strings.CutPrefix(pkg, program.module); ok && program.module != "" && (rel == "" || rel[0] == '/') {
		return strings.TrimPrefix(rel+"/"+base, "/")
	}
	return path.Join(pkg, base)
}

// importPath returns the import path in a function's full name.
func importPath(function string) string {
	slash := strings.LastIndexByte(function, '/') + 1
	dot := strings.IndexByte(function[slash:], '.')
	if dot < 0 {
		return function
	}
	// The linker writes dots in the last element as %2e.
	return strings.ReplaceAll(function[:slash+dot], "%2e", ".")
}

type programInfo struct{ module, main string }

// program says which module the running program is of, and the import path of
// its main package. Both are empty for "go run file.go".
var program = sync.OnceValue(func() programInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return programInfo{}
	}
	p := programInfo{module: info.Main.Path, main: info.Path}
	if p.main == "command-line-arguments" {
		p.main = ""
	}
	return p
})
