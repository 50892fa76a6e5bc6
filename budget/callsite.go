package budget

import (
	"fmt"
	"runtime"
	"slices"
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
	// inside out. It may be cut at 48 frames of the whole stack.
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
const maxFrames = 48

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

// reaches reports whether s goes down to the function at the bottom of other. Of
// two stacks that were cut at maxFrames, one reaches less far than the other;
// those that are whole have the same bottom, or nothing in common.
func (s *Stack) reaches(other *Stack) bool {
	function := bottom(other.CallSite()).Function
	if len(other.pcs) < maxFrames {
		return bottom(s.CallSite()).Function == function
	}
	site := s.CallSite()
	return site.Function == function || slices.ContainsFunc(site.Outer, func(f Frame) bool { return f.Function == function })
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
	var application []runtime.Frame
	var nearest runtime.Frame
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function != "" {
			switch r.look(f.Function, f.File) {
			case applicationFrame:
				application = append(application, f)
			case libraryFrame:
				if nearest.Function == "" {
					nearest = f
				}
			case internalFrame:
			}
		}
		if !more {
			break
		}
	}
	if len(application) == 0 {
		return CallSite{Frame: newFrame(nearest, ""), Library: nearest.Function != ""}
	}
	root := moduleRoot(application)
	site := CallSite{Frame: newFrame(application[0], root)}
	for _, f := range application[1:] {
		site.Outer = append(site.Outer, newFrame(f, root))
	}
	return site
}

// newFrame names a frame. Root is the folder of the program's module.
func newFrame(f runtime.Frame, root string) Frame {
	file := moduleFile(f.Function, f.File)
	if rel, ok := strings.CutPrefix(f.File, root+"/"); ok && root != "" {
		file = rel
	}
	return Frame{Function: f.Function, File: file, Line: f.Line}
}
