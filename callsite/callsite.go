package callsite

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/querybudget/querybudget/internal/oneline"
)

// Frame is one function call on a stack.
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
// its last element. It is one line: what does not print is escaped, as in Go's strings.
func (f Frame) String() string {
	if f.File == "" {
		return oneline.Text(f.Function)
	}
	return oneline.Text(fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Function[strings.LastIndexByte(f.Function, '/')+1:]))
}

// CallSite is where a call came from: the innermost frame of application code
// and the application's frames above it. The zero CallSite means that the stack
// was not kept.
type CallSite struct {
	Frame
	// Outer are the application frames around the innermost one, from the
	// inside out.
	Outer []Frame `json:"outer,omitempty"`
	// Library is set when there was no application frame on the stack and Frame
	// is the nearest one outside of the standard library and this module.
	Library bool `json:"library,omitempty"`
	// Cut is set when the stack was deeper than the 48 frames that are looked at:
	// the outermost frames are missing.
	Cut bool `json:"cut,omitempty"`
}

// IsZero reports whether nothing is known of the call site.
func (s CallSite) IsZero() bool { return s.Function == "" }

// Frames returns all frames, from the inside out.
func (s CallSite) Frames() []Frame {
	if s.IsZero() {
		return nil
	}
	return append([]Frame{s.Frame}, s.Outer...)
}

// bottom is the outermost frame.
func (s CallSite) bottom() Frame {
	if len(s.Outer) == 0 {
		return s.Frame
	}
	return s.Outer[len(s.Outer)-1]
}

func (s CallSite) passes(function string) bool {
	if s.Function == function {
		return true
	}
	for _, f := range s.Outer {
		if f.Function == function {
			return true
		}
	}
	return false
}

// Below reports whether s was reached through the outermost function that is known
// of other: a handler, or what a goroutine began with. Of two stacks of one
// goroutine that were cut, one reaches less far than the other.
func (s CallSite) Below(other CallSite) bool {
	function := other.bottom().Function
	if other.Cut {
		return s.passes(function)
	}
	return s.bottom().Function == function
}

// hash is the same for equal call sites, in every process.
func (s CallSite) hash() uint64 {
	h := hashString(fnvOffset, s.String())
	for _, f := range s.Outer {
		h = hashString(h, f.String())
	}
	return h
}

// FNV-1a: keys that are the same in every process.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return (h ^ 0xff) * fnvPrime // 0xff ends a string: no valid UTF-8 holds it
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
	isCut := len(pcs) >= maxFrames
	if len(application) == 0 {
		return CallSite{Frame: newFrame(nearest, ""), Library: nearest.Function != "", Cut: isCut}
	}
	root := moduleRoot(application)
	site := CallSite{Frame: newFrame(application[0], root), Cut: isCut}
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
