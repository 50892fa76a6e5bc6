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
	h := s.Frame.hash(fnvOffset)
	for _, f := range s.Outer {
		h = f.hash(h)
	}
	return h
}

// hash adds a frame to a hash.
func (f Frame) hash(h uint64) uint64 { return hashString(h, f.String()) }

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

// site picks the application's frames out of a stack, and names the package that they
// called.
func (r *skipRule) site(pcs []uintptr) (site CallSite, via string) {
	site, via = r.siteOf(framesOf(&r.symbols, pcs))
	site.Cut = len(pcs) >= maxFrames
	return site, via
}

func (r *skipRule) siteOf(frames []runtime.Frame) (site CallSite, via string) {
	calls, sources := r.calls(frames)
	for i := range calls {
		switch c := &calls[i]; {
		case c.class != applicationFrame:
		case site.IsZero():
			site.Frame, via = sources.frame(c), sources.via(calls[:i])
		default:
			site.Outer = append(site.Outer, sources.frame(c))
		}
	}
	for i := range calls {
		if site.IsZero() && calls[i].class == libraryFrame {
			site = CallSite{Frame: sources.frame(&calls[i]), Library: true}
		}
	}
	return site, via
}

// via returns the package that a call site called, of the frames inside of it: not one of
// its own module, which a tool wrote or Options names.
func (s sources) via(inside []call) string {
	for i := len(inside) - 1; i >= 0; i-- {
		c := &inside[i]
		if c.pkg == "database/sql" || c.class == libraryFrame && !s.isApplication(c.pkg, c.File) {
			return c.pkg
		}
	}
	return ""
}
